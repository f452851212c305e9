"""NovaEvacuate's worker from its start to its end: rounds, and what cuts the pause between two short."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Protocol

from vmha_ocf.errors import Unavailable
from vmha_ocf.ports import Clock
from vmha_ocf.worker.pauses import Round

POLL = 0.6
"""Seconds between two cheap looks at attrd while nothing is flagged: most of what an idle worker costs,
and without the alert most of what it takes to see a flag."""
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
) -> None:
    """Rounds until somebody stops us. ``looked`` is given each; as ``say`` it never waits."""
    sentence = ""
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
        _pause(outcome.pause, before, evacuator, waker, clock)


def _round(evacuator: Rounds) -> Round:
    """A bug must not end the worker: the other hosts are waiting, and a person must read of it."""
    try:
        return evacuator.round()
    except Exception as error:  # noqa: BLE001 - told, with its traceback, in the worker's own words
        traceback.print_exc()
        told = f"this is a bug in NovaEvacuate, please report it: {type(error).__name__}: {error}"
        return Round("a round broke off", [told], AFTER_A_BUG)


def _pause(
    seconds: float, before: Hashable, evacuator: Rounds, waker: Waker, clock: Clock
) -> None:
    """Until the time is over, an alert comes, or something changes."""
    end = clock.monotonic() + seconds
    while (left := end - clock.monotonic()) > 0:
        if waker.wait(min(left, POLL)) or (left > POLL and _poll(evacuator) != before):
            return


def _poll(evacuator: Rounds) -> Hashable:
    """What attrd says now. Not knowing is a value of its own: the round will tell about it."""
    try:
        return evacuator.poll()
    except Unavailable:
        return None
