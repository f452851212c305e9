"""NovaEvacuate's worker from its start to its end: rounds, and what cuts the pause between two short."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from math import inf
from typing import Protocol

from vmha_ocf.errors import Unavailable
from vmha_ocf.ports import Clock
from vmha_ocf.worker.pauses import Round

POLL = 0.6
"""Seconds between two cheap looks at attrd while nothing is flagged: they would be most of what an idle
worker costs, and are most of what it takes to see a flag where nothing wakes it."""
SELDOM = 5.0
"""Seconds between two of them where a change in Pacemaker wakes the worker: what it may cost that this
goes wrong unseen."""
RESTLESS = 60.0
"""Seconds after such a change in which they are as frequent as ever: the next may be told two seconds late,
and after a node that is lost comes a flag."""
AFTER_A_BUG = 10.0
"""Seconds."""


class Rounds(Protocol):
    def round(self) -> Round: ...

    def poll(self) -> Hashable:
        """Cheap; differs if there is something new for a round. Raises FlagsUnavailable."""


class Waker(Protocol):
    @property
    def stopping(self) -> bool:
        """Somebody asked the worker to stop."""

    def wait(self, seconds: float) -> bool:
        """Up to ``seconds``; True if something ended it early."""


class Subscription(Protocol):
    """What is told of each change in Pacemaker, and wakes the worker then. It may fail in any way."""

    @property
    def works(self) -> bool:
        """It has been seen to, not long ago. Not knowing is no."""

    @property
    def changes(self) -> int:
        """That it was told of so far."""


class Pulse(Protocol):
    def beat(self, now: float, sentence: str, problems: Sequence[str]) -> None:
        """What the monitor action reads. Raises OSError."""


def run(
    evacuator: Rounds,
    *,
    clock: Clock,
    waker: Waker,
    pulse: Pulse,
    say: Callable[[str], None],
    looked: Callable[[Round], None],
    subscription: Subscription,
) -> None:
    """Rounds until somebody stops us. ``looked`` is given each; as ``say`` it never waits."""
    sentence, rest = "", _Rest(evacuator, waker, subscription, clock)
    while not waker.stopping:
        before = _poll(evacuator)
        outcome = _round(evacuator)
        looked(outcome)
        with suppress(OSError):  # a full /run: the monitor sees how old the last beat is
            pulse.beat(clock.monotonic(), outcome.sentence, outcome.problems)
        told = "; ".join([outcome.sentence, *outcome.problems])
        if told != sentence:
            sentence = told
            say(f"round: {told}")
        rest.pause(outcome.pause, before)


def _round(evacuator: Rounds) -> Round:
    """A bug must not end the worker: the other hosts are waiting, and a person must read of it."""
    try:
        return evacuator.round()
    except Exception as error:  # noqa: BLE001 - told, with its traceback, in the worker's own words
        traceback.print_exc()
        told = f"this is a bug in NovaEvacuate, please report it: {type(error).__name__}: {error}"
        return Round("a round broke off", [told], AFTER_A_BUG)


class _Rest:
    """The pause between two rounds, and how often attrd is asked in it."""

    def __init__(
        self, evacuator: Rounds, waker: Waker, subscription: Subscription, clock: Clock
    ) -> None:
        self._evacuator = evacuator
        self._waker = waker
        self._subscription = subscription
        self._clock = clock
        self._changes = 0
        self._changed_at = -inf

    def pause(self, seconds: float, before: Hashable) -> None:
        """Until the time is over, something wakes us, or something is not as ``before``."""
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            every = self._every(seconds)
            if self._waker.wait(min(left, every)):
                return
            if left > every and _poll(self._evacuator) != before:
                return

    def _every(self, pause: float) -> float:
        """Seconds. In a short pause something is going on."""
        now, changes = self._clock.monotonic(), self._subscription.changes
        if changes != self._changes:
            self._changes, self._changed_at = changes, now
        if pause <= SELDOM or not self._subscription.works:
            return POLL
        return POLL if now - self._changed_at < RESTLESS else SELDOM


def _poll(evacuator: Rounds) -> Hashable:
    """What attrd says now. Not knowing is a value of its own: the round will tell about it."""
    try:
        return evacuator.poll()
    except Unavailable:
        return None
