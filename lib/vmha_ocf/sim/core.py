"""What every part of the simulated cluster shares, and the wire that a port call goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from vmha_ocf.errors import VmhaError
from vmha_ocf.sim.faults import Fault, Faults
from vmha_ocf.sim.journal import Journal
from vmha_ocf.sim.timeline import SimClock, Timeline
from vmha_ocf.sim.timing import Timing

T = TypeVar("T")
Failure = Callable[[str], VmhaError]
"""Makes the error that a fault means, from the name of the call."""


@dataclass(frozen=True)
class Core:
    timeline: Timeline
    journal: Journal
    faults: Faults
    timing: Timing

    @property
    def now(self) -> float:
        return self.timeline.now

    def clock(self) -> SimClock:
        """The controllers'."""
        return SimClock(self.timeline, self._ahead)

    def _ahead(self) -> float:
        fault = self.strike("clock", "ahead")
        return fault.seconds if fault else 0.0

    def strike(self, where: str, what: str, host: str | None = None) -> Fault | None:
        return self.faults.strike(self.now, where, what, host)

    def slowness(self, where: str, host: str | None = None) -> float:
        """How much longer it takes here, now."""
        fault = self.strike(where, "slow", host)
        return fault.seconds if fault else 0.0


@dataclass(frozen=True)
class Wire:
    """Between a port and the simulated thing: where calls and answers are slow or get lost."""

    core: Core
    name: str
    before: Mapping[str, Failure]
    """Faults that keep the call from its effect."""
    after: Mapping[str, Failure]
    """Faults that lose the answer."""

    def call(self, method: str, effect: Callable[[], T], host: str | None = None) -> T:
        if self.core.faults.spares(self.name):
            self.core.timeline.advance(0.0)
            return effect()
        where = f"{self.name}.{method}"
        for what, failure in self.before.items():
            if self.core.strike(where, what, host):
                raise failure(method)
        unheard = self.core.strike(where, "late", host) if "late" in self.after else None
        if unheard:
            self._schedule(effect, unheard.seconds)
            raise self.after["late"](method)
        self.core.timeline.advance(self.core.slowness(where, host))
        answer = effect()
        for what, failure in self.after.items():
            fault = self.core.strike(where, what, host)
            if fault:
                self.core.timeline.advance(fault.seconds if what == "timeout" else 0.0)
                raise failure(method)
        return answer

    def _schedule(self, effect: Callable[[], T], delay: float) -> None:
        """Nobody hears any more how it ends."""

        def happen() -> None:
            with suppress(VmhaError):
                effect()

        self.core.timeline.after(delay, happen)
