"""Keystone, Nova and Glance on a port of 127.0.0.1: pages, filters and answers as the real ones.

A test changes the lists and names, and tells with ``on`` what is to go wrong instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.fakes.web_server import Answer, Body, Request, WebServer
from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.openstack.nova import OpenStackNova

UNAUTHORIZED = Answer(
    401,
    {"error": {"code": 401, "message": "The request you have made requires authentication."}},
    {"WWW-Authenticate": 'Keystone uri="http://keystone:5000/"'},
)
"""Of keystonemiddleware, which stands before the service."""


def refusal(status: int, name: str, message: str) -> Answer:
    """In the form of Nova: ``{"conflictingRequest": {"code": 409, "message": ...}}``."""
    return Answer(status, {name: {"code": status, "message": message}})


class HttpCloud(WebServer):
    def __init__(self, certificate: str = "") -> None:
        super().__init__(certificate)
        self.password = "right"
        self.projects = ["admin"]
        self.regions = ["RegionOne"]
        self.path_of_region = self.path_of_interface = False
        """Whether Nova's path in the catalog is the name of the region, of the interface."""
        self.services_offered = ["compute", "image", "identity"]
        self.versions = ("2.1", "2.104")
        self.page = 1000
        self.services: list[Body] = []
        self.servers: list[Body] = []
        self.migrations: list[Body] = []
        self.groups: list[Body] = []
        self.flavors: list[Body] = []
        self.images: list[Body] = []
        self.filters_ignored = False
        self.tokens = 0

    def usual(self, request: Request) -> Answer:
        """What a healthy cloud answers."""
        service, _, path = request.path.lstrip("/").partition("/")
        if service == "identity":
            return self._identity(request)
        if request.headers.get("X-Auth-Token") != f"token-{self.tokens}":
            return UNAUTHORIZED
        if service == "image":
            return self._image(path.removeprefix("v2/"), request)
        return self._compute(path.removeprefix("v2.1/"), request)

    def _identity(self, request: Request) -> Answer:
        auth = request.body["auth"]
        user = auth["identity"].get("password", {}).get("user", {})
        project = auth.get("scope", {})
        known = project == "unscoped" or project["project"]["name"] in self.projects
        if user.get("password") != self.password or not known:
            message = "The request you have made requires authentication."
            return Answer(401, {"error": {"code": 401, "message": message}})
        self.tokens += 1
        token = {
            "methods": ["password"],
            "user": {"id": "1", "name": user.get("name"), "domain": {"id": "default"}},
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "catalog": [self._catalog_entry(name) for name in self.services_offered],
        }
        return Answer(201, {"token": token}, {"X-Subject-Token": f"token-{self.tokens}"})

    def _catalog_entry(self, service: str) -> Body:
        endpoints = [
            {
                "interface": interface,
                "region_id": region,
                "region": region,
                "url": self.url + self._path(service, region, interface),
            }
            for region in self.regions
            for interface in ("public", "internal")
        ]
        return {"type": service, "name": service, "endpoints": endpoints}

    def _path(self, service: str, region: str, interface: str) -> str:
        if service == "compute" and self.path_of_region:
            return f"/{region}"
        if service == "compute" and self.path_of_interface:
            return f"/{interface}"
        return {"compute": "/compute/v2.1"}.get(service, f"/{service}")

    def _image(self, path: str, request: Request) -> Answer:
        if path != "images":
            wanted = path.removeprefix("images/")
            found = [image for image in self.images if image["id"] == wanted]
            return Answer(200, found[0]) if found else Answer(404, f"No image with ID {wanted}")
        hidden = request.query.get("os_hidden") == "true"
        images = [
            image
            for image in self.images
            if image.get("os_hidden", False) == hidden and _has(image, request.query)
        ]
        return Answer(200, {"images": images[: int(request.query.get("limit", "25"))]})

    def _compute(self, path: str, request: Request) -> Answer:
        if path == "":
            oldest, newest = self.versions
            return Answer(
                200, {"version": {"id": "v2.1", "version": newest, "min_version": oldest}}
            )
        if request.method == "POST":
            return Answer(200)
        if request.method == "PUT":
            return self._update(path.removeprefix("os-services/"), request.body)
        if path == "os-services":
            return Answer(200, {"services": self._filtered(self.services, request, "host")})
        if path == "os-server-groups":
            first = int(request.query.get("offset", "0"))
            return Answer(200, {"server_groups": self.groups[first : first + self.page]})
        return self._listed(path, request)

    def _listed(self, path: str, request: Request) -> Answer:
        if path == "servers/detail":
            items = self._filtered(self.servers, request, "OS-EXT-SRV-ATTR:host", "host")
            wanted = set(request.query.get("tags-any", "").split(",")) - {""}
            if wanted and not self.filters_ignored:
                items = [one for one in items if wanted & set(one["tags"])]
            return self._page("servers", items, request)
        if path == "os-migrations":
            items = self._filtered(self.migrations, request, "source_compute")
            if "instance_uuid" in request.query:
                items = self._filtered(self.migrations, request, "instance_uuid")
            return self._page("migrations", items, request, "uuid")
        if path == "flavors/detail":
            return self._page("flavors", self.flavors, request)
        return refusal(404, "itemNotFound", f"no {path}")

    def _filtered(
        self, items: list[Body], request: Request, key: str, parameter: str = ""
    ) -> list[Body]:
        wanted = request.query.get(parameter or key)
        if wanted is None or self.filters_ignored:
            return items
        return [one for one in items if one.get(key) == wanted]

    def _page(self, name: str, items: list[Body], request: Request, marker: str = "id") -> Answer:
        limit = min(self.page, int(request.query.get("limit", str(self.page))))
        ids = [one[marker] for one in items]
        first = ids.index(request.query["marker"]) + 1 if "marker" in request.query else 0
        page = items[first : first + limit]
        body: Body = {name: page}
        if len(page) == limit:
            body[f"{name}_links"] = [{"rel": "next", "href": "http://elsewhere/next"}]
        return Answer(200, body)

    def _update(self, service_id: str, changes: Body) -> Answer:
        for service in self.services:
            if service["id"] == service_id:
                service.update(changes)
                return Answer(200, {"service": service})
        return refusal(404, "itemNotFound", f"Service {service_id} could not be found.")


def connect(cloud: HttpCloud, timeout: float = 5.0, **changes: str) -> OpenStackNova:
    """The backend, logged in as its admin; ``changes`` are NovaEvacuate's parameters."""
    usual = {
        "auth_url": f"{cloud.url}/identity",
        "username": "admin",
        "password": cloud.password,
        "project_name": "admin",
    }
    return OpenStackNova(credentials_from(usual | changes), timeout)


def _has(image: Body, query: Mapping[str, str]) -> bool:
    rest = {key: value for key, value in query.items() if key not in ("limit", "os_hidden")}
    tag = rest.pop("tag", None)
    return (tag is None or tag in image["tags"]) and rest.items() <= image.items()
