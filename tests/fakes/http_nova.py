"""Keystone, Nova and Glance on a port of 127.0.0.1: pages, filters and answers as the real ones.

A test changes the lists and names, and tells with ``on`` what is to go wrong instead.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from vmha_ocf.backends.openstack.credentials import credentials_from
from vmha_ocf.backends.openstack.nova import OpenStackNova

Body = dict[str, Any]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]

    @property
    def microversion(self) -> str:
        return self.headers.get("OpenStack-API-Version", "").removeprefix("compute ")


@dataclass(frozen=True)
class Answer:
    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""


DROP = Answer(0)
"""The connection ends after the request was read, without an answer."""
UNAUTHORIZED = Answer(
    401,
    {"error": {"code": 401, "message": "The request you have made requires authentication."}},
    {"WWW-Authenticate": 'Keystone uri="http://keystone:5000/"'},
)
"""Of keystonemiddleware, which stands before the service."""
Responder = Callable[[Request], Answer]


def refusal(status: int, name: str, message: str) -> Answer:
    """In the form of Nova: ``{"conflictingRequest": {"code": 409, "message": ...}}``."""
    return Answer(status, {name: {"code": status, "message": message}})


class HttpCloud:
    """Start it with ``with``. Everything it was asked is in ``received``."""

    def __init__(self, certificate: str = "") -> None:
        """``certificate`` is a file with key and certificate: the cloud then speaks TLS."""
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
        self.received: list[Request] = []
        self._faults: list[tuple[str, str, list[Answer | Responder]]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.cloud = self
        self._scheme = "http"
        if certificate:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, method: str, path: str, *answers: Answer | Responder) -> None:
        """The next requests that match the pattern get these, in turn; the last one stays."""
        self._faults.insert(0, (method, path, list(answers)))

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def asked(self, method: str, path: str) -> list[Request]:
        return [one for one in self.received if one.method == method and re.search(path, one.path)]

    def respond(self, request: Request) -> Answer:
        self.received.append(request)
        for method, path, answers in self._faults:
            if method == request.method and re.search(path, request.path):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                return answer if isinstance(answer, Answer) else answer(request)
        return self.usual(request)

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    cloud: HttpCloud

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise an answer in several segments waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        form = self.headers.get("Content-Type", "").endswith("urlencoded")
        body = json.loads(text) if text and not form else None
        request = Request(self.command, parts.path, query, body, dict(self.headers))
        answer = self.server.cloud.respond(request)
        if answer is DROP:
            self.close_connection = True
            return
        if answer.delay:
            # A real clock: what is tested is the client's.
            threading.Event().wait(answer.delay)
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        plain = isinstance(answer.body, str)
        text = str(answer.body) if plain else json.dumps(answer.body)
        data = text.encode() if answer.body is not None else b""
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html" if plain else "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = _handle

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked is in ``received``."""
