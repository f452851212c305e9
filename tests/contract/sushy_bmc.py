"""Run sushy-tools' emulator on the loopback: PORT POWER_FILE USER PASSWORD CERTIFICATE. A program.

Its fake driver keeps a host in memory, and takes 1 to 11 s at random to switch it; here the host is a
file, and switches at once. It has no sessions: ``Sessions`` stands before it, as DSP0266 has them,
unless the file beside POWER_FILE exists that is called power.sessionless. While there is power.restarted
it does as a BMC does that has just restarted: its host is off whatever it has, and its manager starts.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import bcrypt
from sushy_tools import error as sushy_error
from sushy_tools.emulator import main as emulator
from sushy_tools.emulator.resources.systems import fakedriver

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ROOT = "/redfish/v1"
SESSIONS = f"{ROOT}/SessionService/Sessions"


class FileDriver(fakedriver.FakeDriver):  # type: ignore[misc]
    power_file = Path()

    @property
    def restarted(self) -> bool:
        return self.power_file.with_suffix(".restarted").exists()

    def get_power_state(self, identity: str) -> str:
        super().get_power_state(identity)
        on = self.power_file.read_text().strip() == "1" and not self.restarted
        return "On" if on else "Off"

    def set_power_state(self, identity: str, state: str) -> None:
        self._get(identity)
        if self.restarted:
            raise sushy_error.Conflict("not in this state")
        if state not in ("On", "ForceOff"):
            raise sushy_error.NotSupportedError(f"Power state {state} is not supported")
        self.power_file.write_text("1\n" if state == "On" else "0\n")


class Sessions:
    """Sessions before an application that knows Basic authentication only."""

    def __init__(self, inner: Wsgi, user: str, password: str, power_file: Path) -> None:
        self._inner = inner
        self._sessionless = power_file.with_suffix(".sessionless")
        self._restarted = power_file.with_suffix(".restarted")
        self._login = {"UserName": user, "Password": password}
        self._basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._tokens: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"].rstrip("/"), environ["REQUEST_METHOD"]
        if self._sessionless.exists():
            return self._inner(environ, start)
        if path == ROOT:
            return self._root(environ, start)
        if method == "POST" and path == SESSIONS:
            return self._open(environ, start)
        if "HTTP_X_AUTH_TOKEN" in environ:
            place = self._tokens.get(environ["HTTP_X_AUTH_TOKEN"])
            if place is None:
                return _say(start, "401 Unauthorized", {"error": {"message": "no such session"}})
            if method == "DELETE" and path == place:
                del self._tokens[environ["HTTP_X_AUTH_TOKEN"]]
                return _say(start, "204 No Content", None)
            environ["HTTP_AUTHORIZATION"] = f"Basic {self._basic}"
        if path.startswith(f"{ROOT}/Managers/") and self._restarted.exists():
            return _say(start, "200 OK", {"Status": {"State": "Starting"}})
        return self._inner(environ, start)

    def _root(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        document = json.loads(b"".join(self._inner(environ, lambda *_: None)))
        document["SessionService"] = {"@odata.id": f"{ROOT}/SessionService"}
        document["Links"] = {"Sessions": {"@odata.id": SESSIONS}}
        document["Oem"] = {"Sessions": len(self._tokens)}
        return _say(start, "200 OK", document)

    def _open(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        told = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        if told != self._login:
            return _say(start, "401 Unauthorized", {"error": {"message": "wrong"}})
        token, place = secrets.token_hex(16), f"{SESSIONS}/{len(self._tokens) + 1}"
        self._tokens[token] = place
        headers = [("X-Auth-Token", token), ("Location", place)]
        return _say(start, "201 Created", {"@odata.id": place}, headers)


def _say(
    start: Callable[..., Any],
    status: str,
    body: object,
    headers: list[tuple[str, str]] | None = None,
) -> Iterable[bytes]:
    text = b"" if body is None else json.dumps(body).encode()
    kind = [("Content-Type", "application/json"), ("Content-Length", str(len(text)))]
    start(status, [*kind, *(headers or [])])
    return [text]


def main(port: str, power_file: str, user: str, password: str, certificate: str) -> None:
    FileDriver.power_file = Path(power_file)
    emulator.fakedriver.FakeDriver = FileDriver
    with tempfile.NamedTemporaryFile("w", suffix=".htpasswd") as accounts:
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
        accounts.write(f"{user}:{hashed}\n")
        accounts.flush()
        app = emulator.app
        app.configure(
            extra_config={
                "SUSHY_EMULATOR_FAKE_DRIVER": True,
                "SUSHY_EMULATOR_AUTH_FILE": accounts.name,
            }
        )
        app.wsgi_app = Sessions(app.wsgi_app, user, password, Path(power_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        app.run("127.0.0.1", int(port), ssl_context=context, threaded=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
