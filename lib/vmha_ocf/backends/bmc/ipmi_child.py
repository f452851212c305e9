"""The child process that speaks IPMI 2.0: the only importer of pyghmi. Run by ``ipmi.py``.

Not a module of ours to import but a program, run by its path, that knows nothing of the rest. One
child holds one session with one BMC. Requests are lines of JSON on stdin, answers on stdout::

    {"do": "login", "seconds": 10, "address": "192.0.2.7", "port": 623, "username": "admin",
     "password": "...", "kg": null, "suite": null, "privilege": null}
    {"do": "power", "seconds": 5}
    {"do": "set", "seconds": 5, "power": "off"}
    {"do": "service", "seconds": 5}

``kg`` is hexadecimal, ``suite`` 3 or 17 (null: the best that the BMC speaks), ``privilege`` 1 to
4 (null: administrator, or else operator). The answer is ``{"ok": true}``, ``{"power": "on"}``,
``{"service": "yes"}`` (whether the BMC is in service: "no" while it starts or is updated) or
``{"failed": KIND, "detail": TEXT}``; the parent knows the kinds and words the sentences. Before the
answer to a login come ``{"step": N}`` lines, one for each thing that the BMC has answered and had not
before: so a slow BMC is told from one that does not go on. Stdin's end is the order to log out and
leave.

pyghmi may hang, so the parent kills this process at a deadline of its own. Should the parent die
first, SIGALRM ends it a second after ``seconds``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

CHASSIS, APPLICATION = 0, 6  # network functions
GET_STATUS, CONTROL = 1, 2
GET_DEVICE_ID = 1
UNAVAILABLE = 0x80  # in the third byte of its answer: "device firmware, SDR repository update or
# self-initialization in progress"
SET_PRIVILEGE_LEVEL = 0x3B
CONTROL_OFF, CONTROL_ON = 0, 1

try:
    from pyghmi.exceptions import IpmiException
    from pyghmi.ipmi.private import constants
    from pyghmi.ipmi.private import session as pyghmi_session
except ImportError as error:
    sys.stdout.write(json.dumps({"failed": "not-installed", "detail": str(error)}) + "\n")
    sys.exit(1)

OPEN_SESSION = constants.payload_types["rmcpplusopenreq"]

# An answer that arrives between pyghmi's look at its queue and its wait is not seen until the wait
# is over: up to a second for nothing. All its waits are in loops that look again.
LONGEST_WAIT = 0.02  # seconds

SHA1, SHA256 = 1, 256  # pyghmi's own numbers, in Session.attemptedhash
HASH_OF_SUITE = {3: SHA1, 17: SHA256}
# Authentication, integrity and confidentiality as the Open Session Response names them.
ALGORITHMS = {SHA1: (1, 1, 1), SHA256: (3, 4, 1)}

# Status codes of RMCP+ (IPMI 2.0, table 13-15): in the Open Session Response, RAKP 2 and RAKP 4.
NO_SESSION_LEFT, NO_SESSION_LEFT_FOR_ROLE = 1, 0xB
LOST = (2, 8)  # it has forgotten this login, or has done with it: begin anew
UNKNOWN_NAME, WRONG_INTEGRITY = 0xD, 0xF
LEVEL_REFUSED = (9, 0xA, NO_SESSION_LEFT_FOR_ROLE)
KIND_OF_STATUS = {
    NO_SESSION_LEFT: "busy",
    NO_SESSION_LEFT_FOR_ROLE: "busy",
    9: "privilege",
    0xA: "privilege",
    0xC: "user",
    UNKNOWN_NAME: "user",
    0xE: "user",
    # In RAKP 4: it has another password. Repeated, it would lock the account.
    WRONG_INTEGRITY: "password",
}
ADMINISTRATOR, OPERATOR = 4, 3
NOT_NOW = (0xC0, 0xC3, 0xD0, 0xD1, 0xD2)  # completion codes that say nothing of the level
SILENT = 0xFFFF  # pyghmi's own number
MOST_PATIENCE = 5.0  # seconds between two sendings of one request

OWN = "kind:"  # before a kind of ours in an error that pyghmi hands on
KIND_OF_TEXT = (
    ("incorrect password", "password"),
    ("rakp4", "kg"),
    ("session no longer connected", "silent"),
    ("unable to transmit", "name"),
    ("timeout", "silent"),
)


class Failed(Exception):
    """The answer to a request is no. ``args`` are the kind and the detail."""


class StrictSession(pyghmi_session.Session):  # type: ignore[misc]
    """pyghmi's session, without the liberties that it takes.

    It has no way to choose the cipher suite, does not look which algorithms the BMC answered
    with, falls back to IPMI 1.5, and repeats a login for ever when the BMC opens a session and
    then keeps silent. It knows two of the many answers to a privilege level that is too high, tries
    a password again that was refused, sends again before a slow BMC could have answered, and takes
    a late answer to one login for an answer to the next. The overridden methods are private ones: the
    contract tests run them on pyghmi as installed.
    """

    suite: int | None = None
    fallen_back = False
    privlevel: int
    patience = 0.0
    """Seconds before a request is sent again: twice what the slowest answer took."""
    sent: float | None = None
    """When the request that is waited for was sent first."""
    step = 0
    tell_step: Callable[[int], None] = staticmethod(lambda _: None)

    def _initsession(self) -> None:
        super()._initsession()
        self.localsid = random.randrange(1, 2**31)
        self.rmcptag = random.randrange(1, 200)
        if self.suite is not None:
            self.attemptedhash = HASH_OF_SUITE[self.suite]
        elif self.fallen_back:
            self.attemptedhash = SHA1

    def _xmit_packet(
        self, retry: bool = True, delay_xmit: float | None = None, timeout: float | None = None
    ) -> None:
        if retry and delay_xmit is None and timeout is None:
            timeout = max(self.timeout, self.patience)
            self.sent = self.sent or pyghmi_session._monotonic_time()
        super()._xmit_packet(retry, delay_xmit=delay_xmit, timeout=timeout)

    def _answered(self, step: int) -> None:
        if self.sent is not None:
            took = pyghmi_session._monotonic_time() - self.sent
            self.patience = min(max(self.patience, 2 * took), MOST_PATIENCE)
            self.sent = None
        if step > self.step:
            self.step = step
            self.tell_step(step)

    def _parse_payload(self, payload: bytearray) -> None:
        self._answered(1)
        super()._parse_payload(payload)

    def _got_rmcp_response(self, data: bytearray) -> object:
        if data[0] != self.rmcptag:
            return -9  # an answer to an earlier try
        self._answered(2)
        if data[1] == 0 and (data[16], data[24], data[32]) == ALGORITHMS[self.attemptedhash]:
            return super()._got_rmcp_response(data)
        if data[1] in LEVEL_REFUSED and self._lower():
            return self._open_rmcpplus_request()
        if data[1] in KIND_OF_STATUS:
            return self._fail_by(data[1], "Open Session Response")
        return self._fall_back()

    def _fall_back(self) -> object:
        """The BMC does not speak the proposed suite: propose suite 3, if that is allowed."""
        if self.suite is not None or self.fallen_back:
            return self._fail("suite", "no cipher suite in common")
        self.fallen_back = True
        self.attemptedhash = SHA1
        return self._open_rmcpplus_request()

    def send_payload(
        self, payload: Sequence[int] = (), payload_type: object = None, **how: object
    ) -> None:
        """An Open Session Request asks for the most there is; after a refusal, for what we take."""
        if payload_type == OPEN_SESSION and self.privlevel != ADMINISTRATOR:
            asked = bytearray(payload)
            asked[1] = self.privlevel
            payload = asked
        super().send_payload(payload, payload_type, **how)

    def _got_rakp2(self, data: bytearray) -> object:
        if self.sessioncontext != "EXPECTINGRAKP2" or data[0] != self.rmcptag:
            return -9
        return self._got_rakp(data, 3, "RAKP 2", super()._got_rakp2)

    def _got_rakp4(self, data: bytearray) -> object:
        if self.sessioncontext != "EXPECTINGRAKP4" or data[0] != self.rmcptag:
            return -9
        return self._got_rakp(data, 4, "RAKP 4", super()._got_rakp4)

    def _got_rakp(
        self, data: bytearray, step: int, name: str, go_on: Callable[[bytearray], object]
    ) -> object:
        status = data[1]
        if status in LOST:
            return None  # the timer begins anew
        self._answered(step)
        if status == 0:
            return go_on(data)
        if status in (*LEVEL_REFUSED, UNKNOWN_NAME) and self._lower():
            # Some look for a user of that name *and* level, and so do not know it.
            return self.login()
        return self._fail_by(status, name)

    def _lower(self) -> bool:
        """Whether a lower level than the refused one may be asked for, which is done next."""
        if not self.autopriv or self.privlevel <= OPERATOR:
            return False
        self.privlevel = OPERATOR
        return True

    def _req_priv_level(self) -> None:
        """Set Session Privilege Level (22.18). The overridden one lowers the level for 80h and 81h."""
        self.logged, self.logoutexpiry = 1, None
        code = self._set_level()
        if code not in (0, SILENT, *NOT_NOW) and self._lower():
            code = self._set_level()
        self.logging = False
        if code:
            self.logged = 0
            self._fail("silent" if code == SILENT else "code", str(code))
        else:
            self.onlogon({"success": True})

    def _set_level(self) -> int:
        answer = self.raw_command(
            netfn=APPLICATION, command=SET_PRIVILEGE_LEVEL, data=[self.privlevel]
        )
        return int(answer["code"])

    def _fail_by(self, status: int, name: str) -> object:
        return self._fail(KIND_OF_STATUS.get(status, "garbled"), f"status {status:#04x} in {name}")

    def _fail(self, kind: str, detail: str) -> object:
        self.onlogon({"error": f"{OWN}{kind}:{detail}"})
        return -9

    def _get_session_challenge(self) -> None:
        self._fail("old", "IPMI 1.5 only")

    def _relog(self) -> object:
        if self.logontries <= 0:
            return self._fail("half-open", "timeout during login")
        self.sent = None
        return super()._relog()


def log_in(request: Mapping[str, Any]) -> StrictSession:
    kg = request["kg"]
    StrictSession.suite = request["suite"]  # the constructor logs in at once
    session = StrictSession(
        request["address"],
        request["username"],
        request["password"],
        port=request["port"],
        kg=None if kg is None else bytes.fromhex(kg),
        privlevel=request["privilege"],
    )
    if request["privilege"] not in (None, session.privlevel):
        session.logout()
        raise Failed("privilege", "the BMC grants a lower privilege only")
    return session


def command(
    session: StrictSession, number: int, data: tuple[int, ...] = (), *, function: int = CHASSIS
) -> bytes:
    response = session.raw_command(netfn=function, command=number, data=data)
    code = response.get("code", 0)
    if code:
        raise Failed("silent" if code == SILENT else "code", str(code))
    return bytes(response["data"])


def perform(session: StrictSession, request: Mapping[str, Any]) -> dict[str, object]:
    if request["do"] == "set":
        wanted = CONTROL_ON if request["power"] == "on" else CONTROL_OFF
        command(session, CONTROL, (wanted,))
        return {"ok": True}
    if request["do"] == "service":
        device = command(session, GET_DEVICE_ID, function=APPLICATION)
        if len(device) < 3:
            raise Failed("garbled", "half a device id")
        return {"service": "no" if device[2] & UNAVAILABLE else "yes"}
    status = command(session, GET_STATUS)
    if not status:
        raise Failed("garbled", "an empty chassis status")
    return {"power": "on" if status[0] & 1 else "off"}


def explain(error: Exception) -> tuple[str, str]:
    """What an exception of pyghmi means: a kind, and a detail without secrets."""
    if isinstance(error, Failed):
        return str(error.args[0]), str(error.args[1])
    if isinstance(error, socket.gaierror):
        return "name", str(error.strerror)
    if not isinstance(error, IpmiException):
        return "garbled", f"pyghmi raised {type(error).__name__}"
    text = str(error)
    if text.startswith(OWN):
        kind, _, detail = text.removeprefix(OWN).partition(":")
        return kind, detail
    if text == "None":
        return "silent", "no answer"
    kind = next((kind for part, kind in KIND_OF_TEXT if part in text.lower()), "garbled")
    return kind, text


def serve(requests: TextIO, answers: TextIO) -> None:
    def tell(answer: Mapping[str, object]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    StrictSession.tell_step = staticmethod(lambda step: tell({"step": step}))
    session: StrictSession | None = None
    for line in requests:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1)
        try:
            if request["do"] == "login":
                session = log_in(request)
                answer: dict[str, object] = {"ok": True}
            elif session is None:
                raise Failed("garbled", "not logged in")
            else:
                answer = perform(session, request)
        except Exception as error:  # noqa: BLE001 pyghmi lets anything escape
            kind, detail = explain(error)
            answer = {"failed": kind, "detail": detail}
        signal.setitimer(signal.ITIMER_REAL, 0)
        tell(answer)
    if session is not None:
        signal.setitimer(signal.ITIMER_REAL, 2)
        session.logout()


def wait_in_slices() -> None:
    wait = pyghmi_session._io_wait

    def slice_of(timeout: float, *addressed: object) -> object:
        return wait(min(timeout, LONGEST_WAIT), *addressed)

    pyghmi_session._io_wait = slice_of


def main() -> None:
    wait_in_slices()
    # pyghmi prints to stdout: what it finds there is stderr, ours is a copy of the real one.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        serve(sys.stdin, answers)
        sys.stdin.close()
    os._exit(0)  # pyghmi's thread is not worth waiting for


if __name__ == "__main__":
    main()
