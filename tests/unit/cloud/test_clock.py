"""What times of ours are by Nova's clock, about hosts that are back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vmha_ocf.cloud.clock import NovaTime
from vmha_ocf.cloud.records import STILL
from vmha_ocf.model import ComputeService, Epoch, Monotonic, NovaHost

GONE, BACK = NovaHost("compute-1"), NovaHost("compute-2")
NOVA = 1_795_219_200.0
OFF = {GONE: STILL, BACK: Epoch(NOVA - 100)}


class Clocks:
    """Ours on the wall, and the one that nobody can set."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.wall = NOVA + ahead
        self.since_boot = 5000.0

    def now(self) -> Epoch:
        return Epoch(self.wall)

    def monotonic(self) -> Monotonic:
        return Monotonic(self.since_boot)

    def sleep(self, seconds: float) -> None:
        self.wall += seconds
        self.since_boot += seconds


def beat(age: float = 0.0, *, up: bool = True, forced_down: bool = False) -> ComputeService:
    at = datetime.fromtimestamp(NOVA - age, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return ComputeService("7", BACK, up, True, forced_down, updated_at=at)


def test_nobody_is_believed_before_nova_was_seen() -> None:
    assert NovaTime(Clocks()).trusted(OFF) == {GONE: STILL}


@pytest.mark.parametrize(
    ("ahead", "believed"), [(-3600, False), (-9, True), (30, True), (31, False)]
)
def test_one_that_is_far_ahead_is_not_believed(ahead: float, believed: bool) -> None:
    """One that is far behind has hosts off until a time that is still to come."""
    time = NovaTime(Clocks(ahead))
    time.look([beat(), beat(500)])
    assert (BACK in time.trusted(OFF)) is believed
    assert time.trusted(OFF)[GONE] == STILL


@pytest.mark.parametrize(
    ("ahead", "agrees"), [(-300.0, False), (-30.0, True), (30.0, True), (31.0, False)]
)
def test_whether_it_tells_before_from_after(ahead: float, agrees: bool) -> None:
    time = NovaTime(Clocks(ahead))
    assert not time.agrees, "Nova was not seen yet"
    time.look([beat()])
    assert time.agrees is agrees


@pytest.mark.parametrize("ahead", [-25.0, -1.0, 0.0, 2.0, 25.0])
def test_times_are_told_by_novas_clock(ahead: float) -> None:
    """It was off until 100 s ago, by whatever clock."""
    time = NovaTime(Clocks(ahead))
    time.look([beat(), beat(7)])
    assert time.trusted({BACK: Epoch(NOVA + ahead - 100)}) == {BACK: Epoch(NOVA - 100)}


def test_the_youngest_heartbeat_of_several_looks_is_nearest_to_the_truth() -> None:
    clocks = Clocks(2.0)
    time = NovaTime(clocks)
    time.look([beat(9)])
    assert time.trusted({BACK: Epoch(NOVA - 98)}) == {BACK: Epoch(NOVA - 109)}
    time.look([beat(3)])
    time.look([beat(8)])
    assert time.trusted({BACK: Epoch(NOVA - 98)}) == {BACK: Epoch(NOVA - 103)}


@pytest.mark.parametrize("service", [beat(up=False), beat(forced_down=True)])
def test_who_is_dead_does_not_tell_the_time(service: ComputeService) -> None:
    """Whoever forces a host down changes its time."""
    time = NovaTime(Clocks())
    time.look([service])
    assert BACK not in time.trusted(OFF)


@pytest.mark.parametrize("step", [300.0, -300.0])
def test_one_that_was_set_is_not_believed_before_nova_is_seen_again(step: float) -> None:
    clocks = Clocks()
    time = NovaTime(clocks)
    time.look([beat()])
    clocks.sleep(600)
    assert BACK in time.trusted(OFF)
    clocks.wall += step
    assert BACK not in time.trusted(OFF)


def test_what_was_seen_before_it_was_set_is_forgotten() -> None:
    clocks = Clocks(25.0)
    time = NovaTime(clocks)
    time.look([beat()])
    clocks.wall -= 20.0
    time.look([beat()])
    assert time.trusted({BACK: Epoch(NOVA - 95)}) == {BACK: Epoch(NOVA - 100)}


def test_a_host_that_was_fenced_in_the_future_was_fenced_by_a_wrong_clock() -> None:
    time = NovaTime(Clocks())
    time.look([beat()])
    assert time.trusted({BACK: Epoch(NOVA + 60)}) == {}
