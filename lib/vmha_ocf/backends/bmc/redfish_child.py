"""The child process that speaks Redfish (DSP0266). Run by ``redfish.py``.

Not a module of ours to import but a program, run by its path, that knows nothing of the rest but its way
to a BMC, ``redfish_http.py``, and how that switches, ``redfish_reset.py``. One child holds one session
with one BMC. Requests are lines of JSON on stdin, answers on stdout::

    {"do": "login", "seconds": 10, "address": "192.0.2.7", "port": 443, "username": "admin",
     "password": "...", "root": "/redfish/v1", "system": "", "verify": true}
    {"do": "power", "seconds": 5}
    {"do": "set", "seconds": 5, "power": "off"}
    {"do": "service", "seconds": 5}

``system`` is the path of one ComputerSystem, needed where the BMC has several; ``verify`` is true, false
or the path of a file of CAs. The answers are those of ``ipmi_child.py``, with kinds of our own. Stdin's
end is the order to delete the session and leave.

Where the BMC has no session for us it is asked with Basic authentication. Then nothing shows that it
has restarted since it was told to switch, so its next answer is withheld once.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any, NoReturn, TextIO

if __name__ == "__main__":
    # Our own lib before another that is installed, and Python's before both.
    _sites = [at for at, each in enumerate(sys.path) if each.endswith("-packages")]
    sys.path.insert(min(_sites, default=len(sys.path)), os.path.abspath(f"{__file__}/../../../.."))
try:
    from vmha_ocf.backends.bmc.redfish_http import (
        Login,
        StrictConnector,
        exceptions,
        requests,
        sushy,
    )
    from vmha_ocf.backends.bmc.redfish_reset import NoAction, Way, way
except ImportError as error:
    sys.stdout.write(json.dumps({"failed": "not-installed", "detail": str(error)}) + "\n")
    sys.exit(1)

LEAVE = 3.0  # seconds for the session to be deleted
STATES = {"Off": "off", "On": "on", "PoweringOn": "on", "PoweringOff": "on", "Paused": "on"}
NOT_NOW = (
    "InvalidOperationForSystemState",  # iLO: also for an off host that is told off
    "SYS518",  # iDRAC: a job or the firmware is not ready
    "ResourceInUse",
    "ResourceInStandby",
    "ServiceInUnknownState",
    "ServiceShuttingDown",
    "ServiceTemporarilyUnavailable",
)
"""Message identifiers, of the Base registry (DSP8011) and of vendors: in a 400, "not in this state"."""


Document = dict[str, Any]


class Failed(Exception):
    """The answer to a request is no. ``args`` are the kind and the detail."""


class TooSlow(BaseException):
    """The time of a request is over. Not an Exception: libraries swallow those."""


class Session:
    """With one BMC, about one of its systems.

    Resources are read as they are: sushy's classes of them refuse a system that lacks what we need not."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        address = request["address"]
        host = f"[{address}]" if ":" in address else address
        url = f"https://{host}:{request['port']}"
        self.login = Login(request["username"], request["password"])
        self._http = StrictConnector(url, request["verify"])
        self._path = request["system"]
        self._system: Document | None = None
        """As it was last read."""
        self._told = False
        try:
            self._root = sushy.Sushy(
                url,
                auth=self.login,
                connector=self._http,
                root_prefix=request["root"].rstrip("/") + "/",
            )
        except BaseException:
            self._http.close()
            raise

    def power(self) -> str:
        if self._told and self.login.sessionless:
            self._told = False
            raise Failed("sessionless", "")
        return self._read_power()

    def set_power(self, wanted: str) -> None:
        found = self._way(wanted)
        try:
            self._reset(found)
        except exceptions.HTTPError as error:
            self._explain_refusal(error, wanted)
        self._told = True

    def in_service(self) -> bool:
        """By its managers. One that says nothing of its state is there: it is optional."""
        system = self._system or self._look()
        managers = (system.get("Links") or {}).get("ManagedBy") or ()
        states = [
            (self._read(one["@odata.id"]).get("Status") or {}).get("State") for one in managers
        ]
        return all(state in (None, "Enabled") for state in states)

    def close(self) -> None:
        try:
            self.login.close()
        finally:
            self._http.close()

    def _read_power(self) -> str:
        state = self._look().get("PowerState")
        if state not in STATES:
            raise Failed("garbled", f"PowerState {state}")
        return STATES[str(state)]

    def _look(self) -> Document:
        """The system, read now."""
        self._path = self._path or self._only_system()
        self._system = self._read(self._path)
        return self._system

    def _only_system(self) -> str:
        systems = self._read(self._root.json["Systems"]["@odata.id"])
        members = [str(one["@odata.id"]) for one in systems["Members"]]
        if not members:
            raise Failed("no-system", "it lists none")
        if len(members) > 1:
            raise Failed("several", ", ".join(members[:8]))
        return members[0]

    def _read(self, path: str) -> Document:
        found = self._http.get(path).json()
        if not isinstance(found, dict):
            raise Failed("garbled", f"{path} is no resource")
        return found

    def _way(self, wanted: str) -> Way:
        system = self._system or self._look()
        found = way(self._path, system, wanted, self._read_chassis)
        if isinstance(found, Way):
            return found
        allowed = ", ".join(found)
        if self._read_power() == wanted:
            raise Failed("already", f"it would take only {allowed}")
        raise Failed("no-off" if wanted == "off" else "no-on", allowed)

    def _read_chassis(self, path: str) -> Document:
        """Empty where it is not shown to us."""
        try:
            return self._read(path)
        except exceptions.HTTPError as error:
            if error.status_code in (403, 404):
                return {}
            raise

    def _reset(self, way: Way) -> None:
        """Some want to know which state of the resource the request is about (428, 412)."""
        data = {"ResetType": way.value}
        try:
            self._http.post(way.target, data=data)
        except exceptions.HTTPError as error:
            if error.status_code not in (412, 428):
                raise
            tag = self._http.get(way.path).headers.get("ETag", "*")
            self._http.post(way.target, data=data, headers={"If-Match": tag})

    def _explain_refusal(self, error: Any, wanted: str) -> NoReturn:
        detail = told_by(error)
        if error.status_code == 409 or (
            error.status_code == 400 and any(word in str(error) for word in NOT_NOW)
        ):
            raise Failed("already", detail) from None
        if error.status_code == 400 and self._read_power() == wanted:
            raise Failed("already", detail) from None
        raise error


def told_by(error: Any) -> str:
    """``HTTP 400 iLO.2.14.InvalidOperationForSystemState: ...``, short and on one line."""
    infos = (error.body or {}).get("@Message.ExtendedInfo") or []
    first = next((one for one in infos if isinstance(one, dict)), {}) if infos else {}
    named = first.get("MessageId") or first.get("MessageID")
    words = [named, first.get("Message") or error.detail]
    text = ": ".join(str(word) for word in words if word)
    return " ".join(f"HTTP {error.status_code} {text}".split())[:200]


def perform(session: Session, request: Mapping[str, Any]) -> dict[str, object]:
    match request["do"]:
        case "set":
            session.set_power(request["power"])
            return {"ok": True}
        case "service":
            return {"service": "yes" if session.in_service() else "no"}
        case _:
            return {"power": session.power()}


def explain(error: BaseException, session: Session | None) -> tuple[str, str]:
    """What an exception means: a kind, and a detail without secrets."""
    match error:
        case Failed():
            return str(error.args[0]), str(error.args[1])
        case NoAction():
            return "no-action", str(error)
        case TooSlow():
            return "deadline", str(error)
        case exceptions.HTTPError():
            return _of_status(error, session)
        case requests.exceptions.RequestException():
            return _of_transport(error)
        case exceptions.SushyError():
            return "garbled", " ".join(str(error).split())[:200]
        case OSError():  # requests' word for a CA file that is none
            return "ca", " ".join(str(error).split())[:200]
        case _:
            return "garbled", f"sushy raised {type(error).__name__}"


def _of_status(error: Any, session: Session | None) -> tuple[str, str]:
    status, detail = error.status_code, told_by(error)
    if status == 401:
        return ("password" if session is None or session.login.sessionless else "session"), detail
    if status == 403:
        return "privilege", detail
    if status == 404:
        return "no-system", detail
    if status in (408, 425, 429) or status >= 500:
        return "busy", detail
    return "refused", detail


def _of_transport(error: BaseException) -> tuple[str, str]:
    causes = list(chain(error))
    text = " ".join(str(causes[-1]).split())[:200]
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "name", text
    if any(word in str(error) for word in ("CERTIFICATE_VERIFY_FAILED", "CertificateError")):
        return "certificate", text
    if isinstance(error, requests.exceptions.SSLError):
        return "tls", text
    if isinstance(error, requests.exceptions.Timeout | requests.exceptions.ConnectionError):
        return "silent", text
    return "garbled", text


def chain(error: BaseException | None) -> list[BaseException]:
    """It and what it came from: libraries pack errors into errors, as causes and as arguments."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        packed = [one for one in error.args if isinstance(one, BaseException)]
        error = getattr(error, "reason", None) or (packed[0] if packed else error.__cause__)
        error = error if isinstance(error, BaseException) else found[-1].__context__
    return found


def serve(inputs: TextIO, answers: TextIO) -> None:
    session: Session | None = None
    for line in inputs:
        request = json.loads(line)
        try:
            limit(request["seconds"])
            if request["do"] == "login":
                session = Session(request)
                answer: dict[str, object] = {"ok": True}
            elif session is None:
                raise Failed("garbled", "not logged in")
            else:
                answer = perform(session, request)
        except (Exception, TooSlow) as error:  # noqa: BLE001 BMCs answer anything
            kind, detail = explain(error, session)
            answer = {"failed": kind, "detail": detail}
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    if session is not None:
        limit(LEAVE)
        session.close()


def limit(seconds: float) -> None:
    """Ends what is done now a little before the parent would kill us: a session is then still to be
    deleted. Should that not help, and the parent be gone, the second alarm ends us."""

    def over(_signal: int, _frame: object) -> NoReturn:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, LEAVE + 1)
        raise TooSlow(f"{seconds:.0f}")

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(0.6 * seconds, seconds - 0.3))


def main() -> None:
    # What a library prints to stdout goes to stderr: ours is a copy of the real one.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        try:
            serve(sys.stdin, answers)
        except (Exception, TooSlow):  # noqa: BLE001 the session stays: the BMC's to time out
            os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
