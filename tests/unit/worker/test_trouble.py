"""What is wrong is shown as long as it is wrong, and not before it has lasted."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.driven import Driven
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.living.guests.question import ANSWER, ASKED
from vmha_ocf.model import NodeName
from vmha_ocf.sim import World
from vmha_ocf.sim.play.run import begin, load

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("port", ["nova", "cluster", "attrd"])
def test_an_outage_while_nothing_is_flagged_is_told_in_every_round(port: str) -> None:
    world = World.with_hosts("compute-1", "compute-2")
    driven = Driven(world)
    driven.run(60)
    fault = world.now
    world.fault(port, "down", since=fault, until=fault + 120)
    driven.run(120)
    told = [bool(one.problems) for one in driven.rounds]
    assert told[-1]
    assert told == sorted(told), "it flickers"
    driven.run(60)
    assert not driven.rounds[-1].problems


def test_an_answer_about_instances_that_no_watcher_gives_is_told() -> None:
    play = begin(load(SCENARIOS / "live-migration-and-a-word"))
    world, node = play.world, NodeName("compute-2")
    while node not in world.cib.truth(ASKED):
        world.run_until(world.now + 1)
    world.attrd.put(ANSWER, node, "it is off, believe me")
    world.run_until(world.now + 3)
    told = "; ".join(play.manager.evacuate.told.problems)
    play.processes.close()
    assert "compute-2: what it answers about its instances: " in told


@pytest.fixture(name="pulse")
def _pulse(tmp_path: Path) -> Iterator[PulseFile]:
    """Of a worker that lives: somebody holds its lock."""
    with (tmp_path / "pulse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield PulseFile(str(tmp_path / "pulse"))


def troubled(pulse: PulseFile, now: float) -> float:
    read = pulse.read(now)
    assert read
    return read.troubled if read.problems else 0.0


def test_a_pulse_tells_for_how_long_there_has_been_trouble(pulse: PulseFile) -> None:
    pulse.beat(100.0, "fine", ())
    assert troubled(pulse, 110.0) == 0.0
    pulse.beat(110.0, "no", ["Nova is down"])
    pulse.beat(120.0, "no", ["Keystone is down"])
    assert troubled(pulse, 121.0) == 11.0


def test_trouble_that_ended_is_over(pulse: PulseFile) -> None:
    pulse.beat(100.0, "no", ["Nova is down"])
    pulse.beat(110.0, "fine", ())
    pulse.beat(120.0, "no", ["Nova is down"])
    assert troubled(pulse, 121.0) == 1.0
