"""What every part of the simulated cluster shares, and the wire that a port call goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from vmha_ocf.errors import VmhaError
from vmha_ocf.sim.base.faults import Fault, Faults
from vmha_ocf.sim.base.journal import Journal
from vmha_ocf.sim.base.latency import Delays
from vmha_ocf.sim.base.parallel import Overlapping
from vmha_ocf.sim.base.timeline import SimClock, Timeline
from vmha_ocf.sim.base.timing import Timing

T = TypeVar("T")
Failure = Callable[[str], VmhaError]
"""Makes the error that a fault means, from the name of the call."""


@dataclass(frozen=True)
class Core:
    timeline: Timeline
    journal: Journal
    faults: Faults
    timing: Timing
    delays: Delays
    parallel: Overlapping = field(default_factory=Overlapping)

    @property
    def now(self) -> float:
        return self.timeline.now

    def clock(self, controller: str | None = None) -> SimClock:
        """The controllers'; of one, as our programs on it see it."""
        return SimClock(self.timeline, partial(self._ahead, controller))

    def _ahead(self, controller: str | None) -> float:
        if self.faults.spares("clock"):
            return 0.0
        ahead = self.strike("clock", "ahead", controller)
        behind = self.strike("clock", "behind", controller)
        return (ahead.seconds if ahead else 0.0) - (behind.seconds if behind else 0.0)

    def delay(self, port: str, method: str) -> tuple[float, float]:
        """Seconds before the effect of a call and after it; none where no process waits for it."""
        if self.delays.none or self.timeline.sleeper is None:
            return 0.0, 0.0
        before, after = delays = self.delays.of(port, method)
        share = self.parallel.share
        return delays if share == 1.0 else (before * share, after * share)

    def strike(self, where: str, what: str, host: str | None = None) -> Fault | None:
        return self.faults.strike(self.now, where, what, host)

    def slowness(self, where: str, host: str | None = None) -> float:
        """How much longer it takes here, now."""
        fault = self.strike(where, "slow", host)
        return fault.seconds * self.parallel.share if fault else 0.0


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
        before, after = self.core.delay(self.name, method)
        self.core.timeline.advance(before)
        spared = self.core.faults.spares(self.name)
        answer = effect() if spared else self._answer(method, effect, host)
        if after:
            self.core.timeline.advance(after)
        return answer

    def _answer(self, method: str, effect: Callable[[], T], host: str | None) -> T:
        """Where something may go wrong."""
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
