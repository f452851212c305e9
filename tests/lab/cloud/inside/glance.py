"""A Glance of records. Its images are a file that tests may write at any time; data has only what is
below images/, by id, which is what real guests boot."""

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests.lab.cloud.inside.stub import Query, serve

Image = dict[str, Any]
PAGE = 25
_RESERVED = ("limit", "marker", "sort_key", "sort_dir", "sort", "member_status")

# Clients take from an image only what the schema names or permits.
_BASE = {name: {"type": ["null", "string"]} for name in (
    "id", "name", "status", "visibility", "container_format", "disk_format", "owner",
    "checksum", "created_at", "updated_at", "file", "self", "schema",
)} | {
    name: {"type": ["null", "integer"]} for name in ("size", "min_disk", "min_ram")
} | {
    "protected": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
}  # fmt: skip
_SCHEMA = {"properties": _BASE, "additionalProperties": {"type": "string"}}


class Images:
    def __init__(self, file: Path, url: str) -> None:
        self._file = file
        self._url = url

    def all(self) -> list[Image]:
        images: list[Image] = json.loads(self._file.read_text())
        return images

    def find(self, image_id: str) -> Image | None:
        return next((image for image in self.all() if image["id"] == image_id), None)

    def put(self, image: Image) -> None:
        others = [other for other in self.all() if other["id"] != image["id"]]
        self._write([*others, image])

    def drop(self, image_id: str) -> None:
        self._write([image for image in self.all() if image["id"] != image_id])

    def _write(self, images: list[Image]) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(images, indent=1))
        fresh.replace(self._file)

    def respond(self, method: str, path: str, query: Query, body: bytes) -> tuple[int, object]:
        parts = path.strip("/").split("/")
        if parts[:2] == ["v2", "schemas"]:
            return 200, {"name": parts[-1], **_SCHEMA}
        if parts[:2] != ["v2", "images"]:
            links = [{"rel": "self", "href": f"{self._url}/v2/"}]
            return 300, {"versions": [{"id": "v2.16", "status": "CURRENT", "links": links}]}
        if len(parts) == 2:
            return self._create(body) if method == "POST" else (200, self._page(query))
        return self._one(method, parts[2], parts[3:], body)

    def _page(self, query: Query) -> object:
        images = [image for image in self.all() if _matches(image, query)]
        marker = query.get("marker", [""])[0]
        ids = [image["id"] for image in images]
        first = ids.index(marker) + 1 if marker in ids else 0
        limit = int(query.get("limit", [str(PAGE)])[0])
        page = images[first : first + limit]
        answer: dict[str, object] = {"images": page, "first": "/v2/images"}
        answer["schema"] = "/v2/schemas/images"
        if first + limit < len(images):
            answer["next"] = f"/v2/images?marker={page[-1]['id']}&limit={limit}"
        return answer

    def _create(self, body: bytes) -> tuple[int, object]:
        image = {"id": str(uuid.uuid4()), "tags": [], "status": "queued", **json.loads(body)}
        image["created_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.put(image)
        return 201, image

    def _one(self, method: str, name: str, more: list[str], body: bytes) -> tuple[int, object]:
        image = self.find(name)
        if image is None:
            return 404, f"No image found with ID {name}"
        if method == "DELETE":
            self.drop(name)
            return 204, None
        if more == ["file"] and method == "GET":
            return self._data(name)
        if more == ["file"]:
            self.put({**image, "status": "active", "size": len(body)})
            return 204, None
        if method == "PATCH":
            changes = json.loads(body)
            changed = {step["path"][1:]: step["value"] for step in changes if "value" in step}
            self.put({**image, **changed})
        return 200, self.find(name)

    def _data(self, name: str) -> tuple[int, object]:
        data = self._file.parent / "images" / name
        return (200, data.read_bytes()) if data.exists() else (204, None)


def _matches(image: Image, query: Query) -> bool:
    for key, values in query.items():
        if key == "tag":
            if not set(values) <= set(image["tags"]):
                return False
        elif key not in _RESERVED and str(image.get(key)) != values[0]:
            return False
    return True


if __name__ == "__main__":
    address, port, home = sys.argv[1:]
    images = Images(Path(home) / "images.json", f"http://{address}:{port}")
    serve(address, int(port), images.respond)
