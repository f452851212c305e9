from __future__ import annotations

import pytest

from vmha_ocf.errors import NovaBusy, NovaDenied, NovaUnavailable
from vmha_ocf.model import NovaHost
from vmha_ocf.sim import UnknownFault, World
from vmha_ocf.sim.base.faults import METHODS, NAMES


@pytest.fixture
def world() -> World:
    world = World.with_hosts("compute-1", "compute-2")
    world.boot("compute-1")
    world.fence("compute-1")
    world.run(100)
    return world


def evacuate(world: World) -> None:
    nova = world.nova()
    nova.evacuate(nova.instances_on(NovaHost("compute-1"))[0])


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("nova", "asleep"),
        ("nowhere", "down"),
        ("nova.nothing", "down"),
        ("attrd", "denied"),
        ("nova.evacuate", "spawn-fails"),
        ("", "down"),
    ],
)
def test_an_unknown_name_is_an_error(world: World, where: str, what: str) -> None:
    with pytest.raises(UnknownFault):
        world.fault(where, what)


def test_every_name_can_be_used(world: World) -> None:
    for where, kinds in NAMES.items():
        for what in kinds:
            for method in ("", *(f".{each}" for each in METHODS.get(where, ()))):
                world.fault(where + method, what)


@pytest.mark.parametrize(
    ("what", "error", "happens"),
    [
        ("down", NovaUnavailable, False),
        ("busy", NovaBusy, False),
        ("denied", NovaDenied, False),
        ("lost-answer", NovaUnavailable, True),
        ("timeout", NovaUnavailable, True),
    ],
)
def test_whether_it_happened_is_not_what_the_error_says(
    world: World, what: str, error: type[Exception], happens: bool
) -> None:
    world.fault("nova.evacuate", what, times=1)
    with pytest.raises(error):
        evacuate(world)
    assert len(world.database.records) == happens
    assert world.now == (110 if what == "timeout" else 100)


def test_what_nobody_waited_for_can_happen_later(world: World) -> None:
    world.fault("nova.evacuate", "late", times=1, seconds=25)
    with pytest.raises(NovaUnavailable):
        evacuate(world)
    world.run(24)
    assert world.database.records == []
    world.run(2)
    assert len(world.database.records) == 1


def test_a_fault_strikes_as_often_as_it_is_told(world: World) -> None:
    world.fault("nova.services", "down", skip=1, times=2)
    outcomes = []
    for _ in range(5):
        try:
            world.nova().services()
            outcomes.append("ok")
        except NovaUnavailable:
            outcomes.append("down")
    assert outcomes == ["ok", "down", "down", "ok", "ok"]


def test_a_fault_of_a_port_is_one_of_all_its_methods_until_it_ends(world: World) -> None:
    world.fault("nova", "down", since=100, until=300)
    for _ in range(2):
        with pytest.raises(NovaUnavailable):
            world.nova().services()
        with pytest.raises(NovaUnavailable):
            evacuate(world)
        world.run(100)
    assert world.now == 300
    assert world.nova().services()


def test_a_fault_of_a_port_is_none_of_the_cloud_behind_it(world: World) -> None:
    """The API is slow; the conductor is not."""
    world.fault("nova", "slow", seconds=5)
    evacuate(world)
    assert world.now == 110
    world.end_fault("nova")
    world.run(2.5)
    assert world.database.records[0].status == "done"


def test_a_fault_can_be_ended(world: World) -> None:
    world.fault("nova", "down")
    world.end_fault("nova", "down")
    assert world.nova().services()
