"""A Redfish BMC on a port of 127.0.0.1, over TLS, that answers as one of ``tests/recorded/redfish``.

A test has a hand on its host, and tells with ``on`` what is to go wrong instead.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]
RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "redfish"
ROOT = "/redfish/v1"
USER, PASSWORD = "fencing", "a password that IPMI has no room for"


@dataclass(frozen=True)
class Answer:
    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    headers: Mapping[str, str]


def recorded(name: str) -> Body:
    found: Body = json.loads((RECORDED / f"{name}.json").read_text())
    return found


def answer_of(record: Mapping[str, Any]) -> Answer:
    return Answer(record["status"], record.get("body"), record.get("headers", {}))


class RedfishBmcFake:
    """Start it with ``with``. Everything it was asked is in ``received``."""

    power = "On"

    def __init__(
        self,
        vendor: str,
        certificate: Path,
        address: tuple[str, int] = ("127.0.0.1", 0),
        login: tuple[str, str] = (USER, PASSWORD),
    ) -> None:
        self.vendor = recorded(vendor)
        self.login = dict(zip(("UserName", "Password"), login, strict=True))
        self.watched: Callable[[Request], None] = lambda _request: None
        self.manager_state: str | None = "Enabled"
        self.systems = [self.vendor["system"]]
        self.sessions: dict[str, str] = {}
        self.received: list[Request] = []
        self.etag = self.vendor.get("etag")
        self.certificate = certificate
        self._faults: list[tuple[str, str, list[Answer]]] = []
        self._opened = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = _Server(address, _Handler)
        self._server.bmc = self
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

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

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """The next requests that match the pattern get these, in turn; the last one stays."""
        self._faults.insert(0, (method, path, list(answers)))

    def calm(self) -> None:
        self._faults.clear()

    def asked(self, method: str, path: str = "") -> list[Request]:
        return [one for one in self.received if one.method == method and re.search(path, one.path)]

    def respond(self, request: Request) -> Answer:
        self.received.append(request)
        self.watched(request)
        for method, path, answers in self._faults:
            if method == request.method and re.search(path, request.path):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return self._usual(request)

    def _usual(self, request: Request) -> Answer:
        path = request.path.rstrip("/")
        if path == ROOT:
            return Answer(200, self._root())
        if request.method == "POST" and path == self.vendor["sessions"]:
            return self._open(request.body)
        if not self._knows(request):
            return answer_of(self.vendor.get("denied") or recorded("common")["denied"])
        if request.method == "DELETE":
            self.sessions = {key: at for key, at in self.sessions.items() if at != path}
            return Answer(204)
        if path.endswith("/Actions/ComputerSystem.Reset"):
            return self._reset(request)
        if self.vendor.get("slash") and request.path == path and path in self.systems:
            return Answer(308, None, {"Location": f"{self.vendor['own_name']}{path}/"})
        return self._document(path)

    def _root(self) -> Body:
        return {
            "@odata.id": f"{ROOT}/",
            "Id": "RootService",
            "RedfishVersion": "1.6.0",
            "Systems": {"@odata.id": f"{ROOT}/Systems"},
            "Links": {"Sessions": {"@odata.id": self.vendor["sessions"]}},
        }

    def _open(self, body: Body) -> Answer:
        if body != self.login:
            return answer_of(self.vendor.get("denied") or recorded("common")["denied"])
        self._opened += 1
        place, token = f"{self.vendor['sessions']}/{self._opened}", f"token-{self._opened}"
        self.sessions[token] = place
        headers = {"X-Auth-Token": token}
        if not self.vendor.get("no_location"):
            headers["Location"] = self.vendor.get("own_name", "") + place
        return Answer(201, {"@odata.id": place, "Id": str(self._opened)}, headers)

    def _knows(self, request: Request) -> bool:
        return request.headers.get("X-Auth-Token") in self.sessions or request.headers.get(
            "Authorization", ""
        ).startswith("Basic ")

    def _reset(self, request: Request) -> Answer:
        if self.etag and request.headers.get("If-Match") != self.etag:
            missing = "If-Match" not in request.headers
            return answer_of(self.vendor["no_precondition" if missing else "wrong_precondition"])
        wanted = "Off" if request.body["ResetType"] == "ForceOff" else "On"
        if wanted == self.power:
            return answer_of(self.vendor["already"])
        threading.Timer(self.vendor.get("slow", 0.0), setattr, (self, "power", wanted)).start()
        return answer_of(self.vendor["accepted"])

    def _document(self, path: str) -> Answer:
        if path == f"{ROOT}/Systems":
            members = [{"@odata.id": each} for each in self.systems]
            body: Body = {
                "Name": "Systems",
                "Members": members,
                "Members@odata.count": len(members),
            }
            return Answer(200, {"@odata.id": path, **body})
        if path == self.vendor["manager"]:
            status = {"Status": {"State": self.manager_state}} if self.manager_state else {}
            return Answer(200, {"@odata.id": path, "Id": "1", "Name": "Manager", **status})
        if path in self.systems:
            return Answer(200, self._system(path), {"ETag": self.etag} if self.etag else {})
        return Answer(404, {"error": {"code": "Base.1.4.ResourceMissingAtURI", "message": path}})

    def _system(self, path: str) -> Body:
        action: Body = {"target": f"{path}/Actions/ComputerSystem.Reset"}
        if self.vendor["reset_types"]:
            action["ResetType@Redfish.AllowableValues"] = self.vendor["reset_types"]
        return {
            "@odata.id": path,
            "Id": path.rpartition("/")[2],
            "Name": "System",
            "PowerState": self.power,
            "Links": {"ManagedBy": [{"@odata.id": self.vendor["manager"]}]},
            "Actions": {"#ComputerSystem.Reset": action},
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    bmc: RedfishBmcFake

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust us says so by leaving."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        request = Request(self.command, self.path, body, dict(self.headers.items()))
        answer = self.server.bmc.respond(request)
        time.sleep(answer.delay)
        text = answer.body if isinstance(answer.body, bytes) else _json(answer.body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()
