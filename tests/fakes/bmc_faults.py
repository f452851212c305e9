"""What BMCs of the field do, by name: each is one thing that a healthy one does not do.

``HEALTHY`` has the hooks that ``ipmi_bmc.py`` asks; a fault answers one of them otherwise. It is told
nothing of who asks. No pyghmi here: the tests read the names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

ADMINISTRATOR, OPERATOR = 4, 3
CONTROL, STATUS, DEVICE_ID = "control", "status", "device id"


@dataclass(frozen=True)
class Answer:
    """To one command. ``code`` 0 is what the host has to say; ``done``: it is carried out."""

    code: int = 0
    done: bool = True
    silent: bool = False


def _obey(_: str, __: int, ___: float) -> Answer:
    return Answer()


@dataclass(frozen=True)
class Fault:
    """Times in seconds. ``answer`` gets the command, how often it came before, and how long ago the BMC
    was asked something for the first time."""

    says: str = "a healthy BMC"
    suites: frozenset[int] = frozenset({3, 17})
    open_status: Callable[[int, float], int] = lambda level, age: 0
    rakp2_status: Callable[[int], int] = lambda level: 0
    rakp4_status: Callable[[int], int] = lambda level: 0
    level_code: Callable[[int], int] = lambda level: 0
    answer: Callable[[str, int, float], Answer] = _obey
    delay: float = 0.0
    """Before each answer; one does not wait for another."""
    in_line: float = 0.0
    """For each request: one waits for another."""
    copies: int = 1
    loses: float = 0.0
    """Of the datagrams that come in, that share, by the same dice in each run."""
    switching: float = 0.05
    """Between the request and the host's new state."""
    silent_after_off: float = 0.0
    forgets_after_off: bool = False
    ignores_names: bool = False
    """Of users, in RAKP 1."""
    always_off: bool = False
    """It says so, whatever its host has."""
    unavailable: float = 0.0
    """Says so in Get Device ID for that long after the first question."""
    lock_after: int = 0
    """Logins by a wrong password, after which the right one is not let in either."""


def _at_first(
    code: int, *commands: str, seconds: float = 0.0, times: int = 1, done: bool = False
) -> Fault:
    """That code in place of an answer, for the first ``times`` or the first ``seconds``."""

    def answer(command: str, before: int, age: float) -> Answer:
        early = age < seconds if seconds else before < times
        return Answer(code, done) if early and command in (commands or (CONTROL,)) else Answer()

    return Fault(answer=answer)


def _refuses_administrators(code: int) -> Callable[[int], int]:
    return lambda level: code if level > OPERATOR else 0


def _restarts(command: str, before: int, _: float) -> Answer:
    """One look at a host that it has not looked at itself, one request that it takes for done."""
    if command == CONTROL and before == 0:
        return Answer(0xD5, done=False)
    return Answer()


def _silent_once(command: str, before: int, _: float) -> Answer:
    return Answer(silent=command == CONTROL and before == 0)


def _refuses_off(command: str, _: int, __: float) -> Answer:
    return Answer(0xD6, done=False) if command == CONTROL else Answer()


def _no_session_before(seconds: float) -> Callable[[int, float], int]:
    return lambda _, age: 1 if age < seconds else 0


_OF_CODES: Mapping[str, tuple[Fault, str]] = {
    "busy": (_at_first(0xC0, seconds=2.0), "C0h to the request for 2 s"),
    "busy-status": (_at_first(0xC0, STATUS, seconds=2.0), "C0h to the power state for 2 s"),
    "timeout-done": (_at_first(0xC3, done=True), "does it and answers C3h"),
    "timeout-not-done": (_at_first(0xC3), "answers C3h and has not done it"),
    "out-of-space": (_at_first(0xC4), "C4h to the first request"),
    "no-response": (_at_first(0xCE, done=True), "does it and answers CEh"),
    "updating": (_at_first(0xD1, CONTROL, STATUS, seconds=2.0), "D1h to all for 2 s"),
    "initialising": (_at_first(0xD2, CONTROL, STATUS, seconds=2.0), "D2h to all for 2 s"),
    "unspecified-done": (_at_first(0xFF, done=True), "does it and answers FFh"),
    "unspecified-not-done": (_at_first(0xFF), "answers FFh and has not done it"),
    "vendor-s-code": (_at_first(0x90, times=2), "90h to two requests"),
    "refuses": (Fault(answer=_refuses_off), "D6h to each request: no user may switch power"),
}
_OF_LOGINS: Mapping[str, tuple[Fault, str]] = {
    **{
        f"operator-rakp2-{code:02x}": (
            Fault(rakp2_status=_refuses_administrators(code)),
            f"an operator's account: {code:02X}h in RAKP 2 to an administrator",
        )
        for code in (0x09, 0x0A, 0x0B, 0x0D)
    },
    **{
        f"operator-level-{code:02x}": (
            Fault(level_code=_refuses_administrators(code)),
            f"an operator's account: {code:02X}h to Set Session Privilege Level",
        )
        for code in (0x80, 0x81, 0xCC, 0xD4)
    },
    "operator-open-0a": (
        Fault(open_status=lambda level, _: 0x0A if level != OPERATOR else 0),
        "an operator's account: 0Ah in the Open Session Response",
    ),
    "operator-rakp4-0a": (
        Fault(rakp4_status=_refuses_administrators(0x0A)),
        "an operator's account: 0Ah in RAKP 4",
    ),
    "suite-3-alone": (Fault(suites=frozenset({3})), "speaks cipher suite 3 alone"),
    "suite-17-alone": (Fault(suites=frozenset({17})), "speaks cipher suite 17 alone"),
    "sessions-used-up": (
        Fault(open_status=_no_session_before(3.0)),
        "has no session left for 3 s",
    ),
    "half-login": (Fault(ignores_names=True), "opens a session and goes on with no login"),
    "locks": (Fault(lock_after=3), "locks an account after three wrong passwords"),
}
_OF_THE_WIRE: Mapping[str, tuple[Fault, str]] = {
    "slow": (Fault(delay=1.5), "1.5 s for each answer"),
    "slow-in-line": (Fault(in_line=0.6), "0.6 s for each request, one after the other"),
    "loses-datagrams": (Fault(loses=0.2), "every fifth datagram is lost"),
    "says-all-twice": (Fault(copies=2), "each answer comes twice"),
    "silent-once": (Fault(answer=_silent_once), "does it and answers nothing, once"),
    "silent-with-its-host": (Fault(silent_after_off=3.0), "no answer for 3 s after the off"),
    "forgets-with-its-host": (Fault(forgets_after_off=True), "forgets all sessions with the off"),
}
_OF_THE_HOST: Mapping[str, tuple[Fault, str]] = {
    "switches-slowly": (Fault(switching=4.0), "the host is off 4 s after the request"),
    "restarted": (
        Fault(answer=_restarts, unavailable=1.5),
        "has restarted: D5h to the first request, the host runs, not in service for 1.5 s",
    ),
    "lies": (
        Fault(always_off=True, unavailable=1e9),
        "says off for ever, and that it is not in service",
    ),
}
FAULTS: Mapping[str, Fault] = {
    "healthy": Fault(),
    **{
        name: replace(fault, says=says)
        for group in (_OF_CODES, _OF_LOGINS, _OF_THE_WIRE, _OF_THE_HOST)
        for name, (fault, says) in group.items()
    },
}


@dataclass
class Memory:
    """What one BMC has seen."""

    since: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    silent_until: float = 0.0
    open_logins: int = 0

    def age(self) -> float:
        self.since = self.since or time.monotonic()
        return time.monotonic() - self.since

    def count(self, what: str) -> int:
        """How often it came before."""
        before = self.counts.get(what, 0)
        self.counts[what] = before + 1
        return before
