"""The worker's loop where what is beside it fails, and how often it asks attrd while nothing happens."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vmha_ocf.sim import World
from vmha_ocf.worker import rounds
from vmha_ocf.worker.pauses import Round
from vmha_ocf.worker.rounds import POLL, RESTLESS, SELDOM

IDLE = 10.0


class Counted:
    """Rounds, the waker that stops after some of them, and what it is woken by."""

    def __init__(self, most: int, *, pause: float = IDLE, works: bool = False) -> None:
        self.count = 0
        self.works = works
        self.changes = 0
        self.waits: list[list[float]] = []
        """Of the pause after each round."""
        self.world = World.with_hosts("compute-1")
        self.changes_after: Sequence[int] = ()
        """Rounds in whose pause something is told, at its first wait."""
        self.flagged_in = 0
        """The round in whose pause a flag is written, at its first wait."""
        self.polled = 0
        self._most = most
        self._pause = pause

    @property
    def stopping(self) -> bool:
        return self.count >= self._most

    def round(self) -> Round:
        self.count += 1
        self.waits.append([])
        return Round("nothing is flagged", (), self._pause)

    def poll(self) -> int:
        self.polled += 1
        return int(0 < self.flagged_in <= self.count and bool(self.waits[self.flagged_in - 1]))

    def wait(self, seconds: float) -> bool:
        if self.stopping:
            return True
        self.waits[-1].append(seconds)
        if self.count in self.changes_after and len(self.waits[-1]) == 1:
            self.changes += 1
            return True
        self.world.run_until(self.world.now + seconds)
        return False

    def beat(self, now: float, sentence: str, problems: Sequence[str]) -> None:
        """It is a pulse, too."""

    def run(self) -> None:
        rounds.run(
            self,
            clock=self.world.clock(),
            waker=self,
            pulse=self,
            say=lambda _: None,
            looked=lambda _: None,
            subscription=self,
        )


class FullDisk(Counted):
    def beat(self, now: float, sentence: str, problems: Sequence[str]) -> None:
        raise OSError(28, "No space left on device")


def test_a_full_disk_under_the_pulse_ends_no_worker() -> None:
    worker = FullDisk(3)
    worker.run()
    assert worker.count == 3


def test_where_nothing_would_wake_it_attrd_is_asked_twice_a_second() -> None:
    worker = Counted(2)
    worker.run()
    assert max(worker.waits[0]) == POLL
    assert sum(worker.waits[0]) == pytest.approx(IDLE)


def test_where_changes_wake_it_attrd_is_asked_seldom() -> None:
    worker = Counted(2, works=True)
    worker.run()
    assert worker.waits[0] == [SELDOM, SELDOM]


def test_what_it_is_not_told_of_it_finds_seldom() -> None:
    worker = Counted(3, works=True)
    worker.flagged_in = 2
    worker.run()
    assert worker.waits[:2] == [[SELDOM, SELDOM], [SELDOM]]


def test_in_a_short_pause_it_is_asked_as_ever() -> None:
    worker = Counted(2, works=True, pause=3.0)
    worker.run()
    assert worker.waits[0][0] == POLL


def test_a_change_makes_it_restless_for_a_while() -> None:
    worker = Counted(10, works=True)
    worker.changes_after = [1]
    worker.run()
    often = [number for number, waits in enumerate(worker.waits[:-1]) if waits[:1] == [POLL]]
    assert worker.waits[0] == [SELDOM], "and ends the pause"
    assert often == list(range(1, 1 + round(RESTLESS / IDLE)))


def test_one_that_has_ended_is_found_out_in_the_pause() -> None:
    worker = Counted(2, works=True)
    wait = worker.wait

    def ends(seconds: float) -> bool:
        worker.works = False
        return wait(seconds)

    worker.wait = ends  # type: ignore[method-assign]
    worker.run()
    assert worker.waits[0][:2] == [SELDOM, POLL]
