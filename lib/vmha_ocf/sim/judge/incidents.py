"""What happened to each host, as an operator tells it: from its failure to its return, in phases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vmha_ocf.model import FlagState, NovaHost
from vmha_ocf.sim.base.journal import (
    ComputeStarted,
    EvacuateAccepted,
    Evacuated,
    Fact,
    FlagCleared,
    FlagWritten,
    HostFact,
    HostFailed,
    NodeJoined,
    NodeLost,
    ProvenOff,
    ServiceUndone,
)

_FLAGGED = {
    FlagState.NEEDED: "flagged",
    FlagState.CLAIMED: "claimed by NovaEvacuate",
    FlagState.DONE: "evacuation is over",
}


@dataclass(frozen=True, slots=True)
class Phase:
    time: float
    what: str


@dataclass
class Incident:
    host: NovaHost
    phases: list[Phase] = field(default_factory=list)
    evacuated_at: float | None = None
    """When the last instance was active elsewhere."""
    over: bool = False

    @property
    def began(self) -> float:
        return self.phases[0].time

    @property
    def recovery(self) -> float | None:
        """Seconds from the failure to the last instance active; None if nothing was evacuated."""
        return None if self.evacuated_at is None else self.evacuated_at - self.began


def incidents(facts: Iterable[Fact]) -> Sequence[Incident]:
    """In the order in which they began."""
    found: list[Incident] = []
    open_ones: dict[NovaHost, Incident] = {}
    for fact in facts:
        if not isinstance(fact, HostFact):
            continue
        told = _told(fact)
        incident = open_ones.get(fact.host)
        if not told or (incident is None and not _begins(fact)):
            continue
        if incident is None:
            incident = open_ones[fact.host] = Incident(fact.host)
            found.append(incident)
        _add(incident, fact, told)
        if isinstance(fact, FlagCleared):
            del open_ones[fact.host]
    return found


def _begins(fact: HostFact) -> bool:
    flagged = isinstance(fact, FlagWritten) and fact.state is FlagState.NEEDED
    return flagged or isinstance(fact, HostFailed | NodeLost)


def _add(incident: Incident, fact: HostFact, told: str) -> None:
    """What is told twice is told once: a read-back of the same OFF, a second request."""
    if isinstance(fact, Evacuated):
        incident.evacuated_at = fact.time
    incident.over = incident.over or isinstance(fact, FlagCleared)
    if told not in {phase.what for phase in incident.phases}:
        incident.phases.append(Phase(fact.time, told))


def _told(fact: HostFact) -> str:
    tell = _PHASES.get(type(fact))
    return tell(fact) if tell else ""


_PHASES: Mapping[type[HostFact], Callable[[Any], str]] = {
    HostFailed: lambda fact: fact.how,
    NodeLost: lambda _: "Pacemaker notices",
    ProvenOff: lambda fact: "its BMC answers off" if fact.by == "bmc" else "fenced",
    FlagWritten: lambda fact: _FLAGGED[fact.state],
    EvacuateAccepted: lambda _: "first request",
    Evacuated: lambda fact: f"{fact.name} is on {fact.dest}",
    NodeJoined: lambda _: "host is back",
    ComputeStarted: lambda _: "nova-compute starts",
    ServiceUndone: lambda fact: f"service {fact.what}",
    FlagCleared: lambda _: "back in service",
}
