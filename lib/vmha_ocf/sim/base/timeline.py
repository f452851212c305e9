"""Virtual time: nothing sleeps, and what was scheduled happens in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from math import inf

from vmha_ocf.model import Epoch, Monotonic

EPOCH = 1_795_219_200.0
"""What the clock on the wall shows when a world begins: 2026-11-21 00:00:00 UTC."""

Event = Callable[[], None]


class Timeline:
    """Seconds since the world began, and the events that are still to come.

    An event may itself let time pass (a round that sleeps). Time then never goes back: whoever
    waited meanwhile finds that it is later than asked for.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Event]] = []
        self._order = count()
        self.ran = 0
        """Events that have begun."""
        self._end = inf
        """Of the run_until that is under way."""
        self.sleeper: Callable[[float], object] | None = None
        """How the process sleeps whose turn it is; None where there is none (sim/base/processes.py)."""

    def at(self, time: float, event: Event) -> None:
        heapq.heappush(self._events, (max(time, self.now), next(self._order), event))

    def after(self, delay: float, event: Event) -> None:
        self.at(self.now + delay, event)

    def run_until(self, time: float) -> None:
        before, self._end = self._end, time
        while self._events and self._events[0][0] <= time:
            due, _, event = heapq.heappop(self._events)
            self.now = max(self.now, due)
            self.ran += 1
            event()
        self.now = max(self.now, time)
        self._end = before

    def advance(self, seconds: float) -> None:
        if self.sleeper is not None:
            self.sleeper(seconds)
        else:
            self.run_until(self.now + max(0.0, seconds))

    def pass_until(self, time: float) -> bool:
        """Go there if nothing happens before; whether it did."""
        if time > self._end or (self._events and self._events[0][0] <= time):
            return False
        if time > self.now:
            self.now = time
        return True


class SimClock:
    """The Clock port: sleeping is arithmetic. ``ahead``: seconds that its time is ahead of Nova's."""

    def __init__(self, timeline: Timeline, ahead: Callable[[], float] = float) -> None:
        self._timeline = timeline
        self._ahead = ahead

    def now(self) -> Epoch:
        return Epoch(EPOCH + self._timeline.now + self._ahead())

    def monotonic(self) -> Monotonic:
        return Monotonic(self._timeline.now)

    def sleep(self, seconds: float) -> None:
        self._timeline.advance(seconds)
