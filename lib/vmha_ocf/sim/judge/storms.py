"""What was evacuated in a storm that nobody had released, told from the facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf

from vmha_ocf.model import FlagState, NovaHost
from vmha_ocf.sim.base.journal import (
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

    def rages(self) -> frozenset[str] | None:
        """The hosts of a storm that goes on and that nobody has released."""
        flagged = {self.machine(host) for host in self.flagged}
        for at, hosts in self.storms:
            if hosts & flagged and at > self.released + self.window:
                return hosts
        return None


def evacuated_in_a_storm(
    facts: Iterable[Fact],
    limit: int,
    window: float,
    machine: Callable[[NovaHost], str] = str,
) -> Iterator[tuple[EvacuateAccepted, str]]:
    """``limit`` 0 is none; ``window`` in seconds."""
    sky = _Sky(limit, window, machine)
    for fact in facts if limit else ():
        match fact:
            case FlagWritten(state=FlagState.DONE) | FlagCleared():
                sky.flagged.discard(fact.host)
            case FlagWritten(state=FlagState.NEEDED):
                sky.fails(fact.host, fact.time)
            case HostFailed() | NodeJoined() | ComputeStarted():
                sky.moves(fact.host)
            case StormRelease(released=True):
                sky.released = fact.time
            case EvacuateAccepted(by="us") if hosts := sky.rages():
                told = ", ".join(sorted(hosts))
                yield fact, f"{fact.instance} evacuated, too many had failed: {told}"
            case _:
                pass
