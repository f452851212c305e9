"""A Redfish BMC on a port of 127.0.0.1, over TLS, that answers as one of ``tests/recorded/redfish``.

A test has a hand on its host, and tells with ``on`` what is to go wrong instead.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.fakes.web_server import Answer, Body, Request, WebServer

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "redfish"
ROOT = "/redfish/v1"
USER, PASSWORD = "fencing", "a password that IPMI has no room for"


def recorded(name: str) -> Body:
    found: Body = json.loads((RECORDED / f"{name}.json").read_text())
    return found


def answer_of(record: Mapping[str, Any]) -> Answer:
    return Answer(record["status"], record.get("body"), record.get("headers", {}))


class RedfishBmcFake(WebServer):
    power = "On"

    def __init__(
        self,
        vendor: str,
        certificate: Path,
        address: tuple[str, int] = ("127.0.0.1", 0),
        login: tuple[str, str] = (USER, PASSWORD),
    ) -> None:
        super().__init__(str(certificate), address)
        self.vendor = recorded(vendor)
        self.login = dict(zip(("UserName", "Password"), login, strict=True))
        self.watched: Callable[[Request], None] = lambda _request: None
        self.manager_state: str | None = "Enabled"
        self.systems = [self.vendor["system"]]
        self.sessions: dict[str, str] = {}
        self.etag = self.vendor.get("etag")
        self.chassis: dict[str, Body] = {}
        """By their paths."""
        self.certificate = certificate
        self._opened = 0

    def respond(self, request: Request) -> Answer:
        self.watched(request)
        return super().respond(request)

    def usual(self, request: Request) -> Answer:
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
        if path.endswith(("/Actions/ComputerSystem.Reset", "/Actions/Chassis.Reset")):
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
        if path in self.chassis:
            return Answer(200, {"@odata.id": path, **self.chassis[path]})
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
            "Links": {
                "ManagedBy": [{"@odata.id": self.vendor["manager"]}],
                "Chassis": [{"@odata.id": each} for each in self.chassis],
            },
            "Actions": {"#ComputerSystem.Reset": action},
        }
