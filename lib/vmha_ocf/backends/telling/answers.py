"""What is answered at each path: the page's files, the API, metrics, and the parts that pages follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vmha_ocf.incidents.status import Picture, answer

EVENTS = "/v1/events"
FOLLOWED = ("status", "hosts", "incidents", "policy")
"""What open pages are told, each as its own path has it."""

Body = tuple[str, bytes]
"""Its content type, and itself."""
Metrics = Callable[[Picture], Body]

_FOLDER = Path(__file__).with_name("page")
_FILES = {
    "/": ("text/html; charset=utf-8", "index.html"),
    "/page.css": ("text/css; charset=utf-8", "page.css"),
    "/page.js": ("text/javascript; charset=utf-8", "page.js"),
    "/icon.svg": ("image/svg+xml", "icon.svg"),
    "/openapi.json": ("application/json", "openapi.json"),
}


def _read() -> Mapping[str, Body]:
    """All at once: an upgrade must not mix them."""
    return {path: (kind, (_FOLDER / name).read_bytes()) for path, (kind, name) in _FILES.items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """``picture`` is asked once for each request, and once in a while for all open pages."""

    picture: Callable[[], Picture]
    metrics: Metrics | None = None
    files: Mapping[str, Body] = field(default_factory=_read)

    def at(self, path: str, *, names: bool) -> Body | None:
        if path in self.files:
            return self.files[path]
        if path == "/metrics":
            return self.metrics(self.picture()) if self.metrics else None
        found = answer(path, self.picture(), names=names)
        return ("application/json", json.dumps(found).encode() + b"\n") if found else None

    def parts(self, names: bool) -> Mapping[str, bytes]:
        """As server-sent events. What the time is comes with each, so that nothing else need change with
        it."""
        picture = self.picture()
        told = {name: answer(f"/v1/{name}", picture, names=names) for name in FOLLOWED}
        told["status"].pop("at")
        told = {"now": {"at": picture.at}, **told}
        return {name: _event(name, data) for name, data in told.items()}


def _event(name: str, data: object) -> bytes:
    """In few bytes: it goes to many."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
