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
``{"failed": KIND, "detail": TEXT}``; the parent knows the kinds and words the sentences. Stdin's
end is the order to log out and leave.

pyghmi may hang, so the parent kills this process at a deadline of its own. Should the parent die
first, SIGALRM ends it a second after ``seconds``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any, TextIO

CHASSIS, APPLICATION = 0, 6  # network functions
GET_STATUS, CONTROL = 1, 2
GET_DEVICE_ID = 1
UNAVAILABLE = 0x80  # in the third byte of its answer: "device firmware, SDR repository update or
# self-initialization in progress"
NOT_IN_PRESENT_STATE = 0xD5
CONTROL_OFF, CONTROL_ON = 0, 1

try:
    from pyghmi.exceptions import IpmiException
    from pyghmi.ipmi.private import session as pyghmi_session
except ImportError as error:
    sys.stdout.write(json.dumps({"failed": "not-installed", "detail": str(error)}) + "\n")
    sys.exit(1)

# An answer that arrives between pyghmi's look at its queue and its wait is not seen until the wait
# is over: up to a second for nothing. All its waits are in loops that look again.
LONGEST_WAIT = 0.02  # seconds

SHA1, SHA256 = 1, 256  # pyghmi's own numbers, in Session.attemptedhash
HASH_OF_SUITE = {3: SHA1, 17: SHA256}
# Authentication, integrity and confidentiality as the Open Session Response names them.
ALGORITHMS = {SHA1: (1, 1, 1), SHA256: (3, 4, 1)}
NO_SESSION_LEFT, NO_SESSION_LEFT_FOR_ROLE = 1, 0xB  # its status byte

KIND_OF_TEXT = (
    ("incorrect password", "password"),
    ("unauthorized name", "user"),
    ("insufficient resources", "busy"),
    ("rakp4", "kg"),
    ("role", "privilege"),
    ("privilege", "privilege"),
    ("privelege", "privilege"),
    ("cipher suite", "suite"),
    ("algorithm", "suite"),
    ("integrity payload", "suite"),
    ("session no longer connected", "silent"),
    ("unable to transmit", "name"),
    ("timeout", "silent"),
)


class Failed(Exception):
    """The answer to a request is no. ``args`` are the kind and the detail."""


class StrictSession(pyghmi_session.Session):  # type: ignore[misc]
    """pyghmi's session, without the four liberties that it takes.

    It has no way to choose the cipher suite, does not look which algorithms the BMC answered
    with, falls back to IPMI 1.5, and repeats a login for ever when the BMC opens a session and
    then keeps silent. The overridden methods are private ones: the contract tests run them on
    pyghmi as installed.
    """

    suite: int | None = None
    fallen_back = False

    def _initsession(self) -> None:
        super()._initsession()
        if self.suite is not None:
            self.attemptedhash = HASH_OF_SUITE[self.suite]
        elif self.fallen_back:
            self.attemptedhash = SHA1

    def _got_rmcp_response(self, data: bytearray) -> object:
        if data[0] != self.rmcptag:
            return -9  # an answer to an earlier try
        if data[1] in (NO_SESSION_LEFT, NO_SESSION_LEFT_FOR_ROLE):
            return self.onlogon({"error": "insufficient resources"})
        if data[1] == 0 and (data[16], data[24], data[32]) == ALGORITHMS[self.attemptedhash]:
            return super()._got_rmcp_response(data)
        return self._fall_back()

    def _fall_back(self) -> object:
        """The BMC does not speak the proposed suite: propose suite 3, if that is allowed."""
        if self.suite is not None or self.fallen_back:
            return self.onlogon({"error": "no cipher suite in common"})
        self.fallen_back = True
        self.attemptedhash = SHA1
        return self._open_rmcpplus_request()

    def _get_session_challenge(self) -> None:
        self.onlogon({"error": "IPMI 1.5 only"})

    def _relog(self) -> object:
        if self.logontries <= 0:
            self.onlogon({"error": "timeout during login"})
            return None
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
    if code == 0xFFFF:  # pyghmi's own number for silence
        raise Failed("silent", "no answer")
    if code == NOT_IN_PRESENT_STATE and (function, number) == (CHASSIS, CONTROL):
        raise Failed("already", f"completion code {code:#04x}")
    if code == 0xD4:
        raise Failed("privilege", f"completion code {code:#04x}")
    if code or "error" in response:
        raise Failed("refused", f"completion code {code:#04x}, {response.get('error', '')}")
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
    if "1.5 only" in text:
        return "old", text
    if "during login" in text:
        return "half-open", text
    if text == "None":
        return "silent", "no answer"
    kind = next((kind for part, kind in KIND_OF_TEXT if part in text.lower()), "garbled")
    return kind, text


def serve(requests: TextIO, answers: TextIO) -> None:
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
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
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
