"""What was evacuated in a storm that nobody had released, told from the facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from vmha_ocf.model import FlagState, NovaHost
from vmha_ocf.sim.base.journal import (
    US,
    ComputeStarted,
    EvacuateAccepted,
    Fact,
    FlagCleared,
    FlagWritten,
    HostFailed,
    NodeJoined,
    StormRelease,
)

TWICE = 60.0
"""Seconds within which a host that is fenced twice has failed once."""


@dataclass
class _Sky:
    """Entered by failures within a time, whatever became of them; over when none of them is flagged. A
    release is good for what was entered until a window after it."""

    limit: int
    window: float
    machine: Callable[[NovaHost], str]
    """Of a host by any of its names."""
    flagged: set[NovaHost] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    """Whose failure is counted, and that have given no sign since: a flag that is written again for them,
    where somebody has restored it away, is of that failure."""
    failed: list[tuple[float, str]] = field(default_factory=list)
    storms: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    released: float = -inf

    def pass_over(self, fact: Fact) -> None:
        match fact:
            case FlagWritten(state=FlagState.DONE) | FlagCleared():
                self.flagged.discard(fact.host)
            case FlagWritten(state=FlagState.NEEDED):
                self.fails(fact.host, fact.time)
            case HostFailed() | NodeJoined() | ComputeStarted():
                self.moves(fact.host)
            case StormRelease(released=True):
                self.released = fact.time
            case _:
                pass

    def fails(self, host: NovaHost, now: float) -> None:
        self.flagged.add(host)
        machine = self.machine(host)
        twice = any(now - at < TWICE for at, known in self.failed if known == machine)
        if twice or machine in self.down:
            return
        self.down.add(machine)
        self.failed.append((now, machine))
        recent = frozenset(known for at, known in self.failed if now - at < self.window)
        if len(recent) > self.limit:
            self.storms.append((now, recent))

    def moves(self, host: NovaHost) -> None:
        """It was on: what is flagged from now on is another failure."""
        self.down.discard(self.machine(host))

    def rages(self) -> Iterator[frozenset[str]]:
        """The machines of each storm that goes on and that nobody has released."""
        flagged = {self.machine(host) for host in self.flagged}
        for at, machines in self.storms:
            if machines & flagged and at > self.released + self.window:
                yield machines


def evacuated_in_a_storm(
    facts: Iterable[Fact],
    limit: int,
    window: float,
    machine: Callable[[NovaHost], str] = str,
) -> Iterator[tuple[EvacuateAccepted, str]]:
    """``limit`` 0 is none; ``window`` in seconds."""
    sky = _Sky(limit, window, machine)
    for fact in facts if limit else ():
        sky.pass_over(fact)
        if (
            isinstance(fact, EvacuateAccepted)
            and fact.by == US
            and (storm := next(sky.rages(), None))
        ):
            told = ", ".join(sorted(storm))
            yield fact, f"{fact.instance} evacuated, too many had failed: {told}"


def raging(
    facts: Iterable[Fact], limit: int, window: float, machine: Callable[[NovaHost], str] = str
) -> frozenset[str]:
    """The machines that wait for a person after all of these: those of storms that nobody has released."""
    sky = _Sky(limit, window, machine)
    for fact in facts if limit else ():
        sky.pass_over(fact)
    return frozenset(machine for storm in sky.rages() for machine in storm)
