"""Faults, injected by name: where it happens, and what goes wrong there.

    world.fault("nova", "down", until=300)                    an outage of the whole API
    world.fault("nova.evacuate", "lost-answer", times=1)      the next POST works and says nothing
    world.fault("bmc", "silent", host="compute-1")

``where`` of a port is its name or one of its methods. ``times`` is how often it strikes, ``skip``
how often not before that, ``since`` and ``until`` seconds of the world, ``host`` the one host that
it is about, ``seconds`` how long where something is slow. A name that is not here is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TypedDict

NAMES: Mapping[str, Mapping[str, str]] = {
    "nova": {
        "down": "no connection: nothing happens, NovaUnreached",
        "lost-answer": "it happens, the answer is lost: NovaUnavailable",
        "slow": "the answer takes `seconds` (10)",
        "timeout": "it happens; after `seconds` (10) the client gives up: NovaUnavailable",
        "late": "no answer, NovaUnavailable; it happens `seconds` (10) after that",
        "busy": "429 from a proxy: nothing happens, NovaBusy",
        "denied": "401 or 403: NovaDenied",
    },
    "nova.cell": {"down": "its services are unknown, its instances missing without a word"},
    "nova.conductor": {
        "lost": "an accepted evacuation is never worked on: its record stays accepted",
        "slow": "choosing a destination takes `seconds` (10) more",
        "no-host": "no valid host, whatever room there is",
    },
    "nova.destination": {
        "spawn-fails": "the destination (`host`) cannot start the guest: record failed, ERROR",
        "late-claim": "the destination refuses late: record failed, the vm_state is restored",
        "slow": "a spawn takes `seconds` (10) more",
    },
    "nova.host": {"reboot-fails": "a hard reboot on it (`host`) ends in ERROR, its guest off"},
    "attrd": {
        "down": "no answer: FlagsUnavailable",
        "slow": "the answer takes `seconds` (10)",
        "lost-answer": "it happens, the answer is lost: FlagsUnavailable",
        "lost": "an update is accepted and never applied",
        "late": "an update is applied `seconds` (10) later",
    },
    "cib": {
        "down": "no answer: FlagsUnavailable",
        "slow": "the answer takes `seconds` (10)",
        "no-quorum": "this partition has no quorum: writes are not allowed",
        "lost-answer": "it happens, the answer is lost: FlagsUnavailable",
    },
    "history": {
        "down": "no answer: FlagsUnavailable",
        "lost-answer": "it happens, the answer is lost: FlagsUnavailable",
    },
    "clock": {
        "ahead": "the controllers' time is `seconds` (10) ahead of Nova's, and so is Pacemaker's; with "
        "`host`, a controller, only that of our programs there",
        "behind": "it is `seconds` (10) behind",
    },
    "cluster": {"down": "no answer: ClusterUnavailable", "slow": "it takes `seconds` (10)"},
    "bmc": {
        "silent": "no answer (or half a login): BmcUnavailable",
        "slow": "an answer takes `seconds` (10)",
        "denied": "wrong credentials or privilege: BmcRefused",
        "lost-answer": "the request has its effect, the answer is lost: BmcUnavailable",
        "busy": "it cannot now, and does nothing: BmcBusy",
        "unclear": "the request has its effect, and it says that it cannot now: BmcBusy",
        "ignored": "a power change is accepted and never happens",
        "says-on": "it answers on, whatever is true",
        "says-off": "it answers off, whatever is true",
        "already": "a power change is refused as one that has happened: BmcAlready",
        "not-in-service": "it says of itself that it is not",
    },
    "units": {
        "slow": "it takes `seconds` (10)",
        "start-fails": "nova-compute does not start: UnitFailed",
        "stop-fails": "nova-compute does not stop: UnitFailed",
        "start-then-dies": "it starts and is dead a second later",
        "silent": "no answer: UnitUnavailable",
        "missing": "not installed: NotInstalled",
    },
}

METHODS: Mapping[str, frozenset[str]] = {
    "nova": frozenset(
        {
            "services", "update_service", "instances_on", "evacuations_from", "evacuate",
            "reset_to_error", "stop", "reboot", "image_marks", "anything_marked", "server_groups",
            "moves_of", "moves_since", "evacuations_since", "actions_of", "start", "migrate", "confirm",
            "live_migrate",
        }
    ),
    "attrd": frozenset({"query", "update"}),
    "cib": frozenset({"query", "update", "quorum"}),
    "history": frozenset({"query", "update"}),
    "cluster": frozenset({"nodes", "configuration", "evacuators", "quorate", "fence"}),
    "bmc": frozenset({"power", "set_power", "in_service"}),
    "units": frozenset({"is_active", "start", "stop"}),
}  # fmt: skip


class UnknownFault(ValueError):
    """The test is wrong, not the suite."""


class Limits(TypedDict, total=False):
    times: int
    skip: int
    since: float
    until: float
    host: str
    seconds: float


@dataclass
class Fault:
    where: str
    what: str
    times: float = inf
    skip: int = 0
    since: float = 0.0
    until: float = inf
    host: str | None = None
    seconds: float = 10.0
    struck: int = 0

    def covers(self, where: str, what: str) -> bool:
        here = self.where == where or (where.startswith(self.where + ".") and where not in NAMES)
        return here and self.what == what

    def strikes(self, now: float, host: str | None) -> bool:
        """There, then, and at whom it is about."""
        return self.times > 0 and self.since <= now < self.until and self.host in (None, host)


@dataclass
class Faults:
    active: list[Fault] = field(default_factory=list)
    _there: dict[tuple[str, str], list[Fault]] = field(default_factory=dict)
    """Those of a place and a kind: looked up far more often than they change."""
    _spared: dict[str, bool] = field(default_factory=dict)

    def add(self, fault: Fault) -> Fault:
        _verify(fault.where, fault.what)
        self.active.append(fault)
        self._forget()
        return fault

    def end(self, where: str, what: str | None = None) -> None:
        """No fault of this place any more."""
        self.active = [
            one for one in self.active if one.where != where or what not in (None, one.what)
        ]
        self._forget()

    def spares(self, port: str) -> bool:
        """Whether none is about this port, ever: most ports of most worlds."""
        spared = self._spared.get(port)
        if spared is None:
            spared = not any(one.where.partition(".")[0] == port for one in self.active)
            self._spared[port] = spared
        return spared

    def _forget(self) -> None:
        self._there.clear()
        self._spared.clear()

    def strike(self, now: float, where: str, what: str, host: str | None = None) -> Fault | None:
        """The fault that strikes here and now, if any; striking uses it up."""
        for fault in self._of(where, what):
            if fault.strikes(now, host):
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                fault.struck += 1
                return fault
        return None

    def _of(self, where: str, what: str) -> list[Fault]:
        found = self._there.get((where, what))
        if found is None:
            found = [one for one in self.active if one.covers(where, what)]
            self._there[where, what] = found
        return found


def _verify(where: str, what: str) -> None:
    port, _, method = where.partition(".")
    known = NAMES.get(where)
    if known is None and method in METHODS.get(port, frozenset()):
        known = NAMES[port]
    if known is None:
        raise UnknownFault(f"nothing can fail at {where!r}; known: {', '.join(sorted(NAMES))}")
    if what not in known:
        raise UnknownFault(f"{where} cannot be {what!r}; it can be {', '.join(sorted(known))}")
