from __future__ import annotations

import pytest

from vmha_ocf.errors import NovaUnavailable
from vmha_ocf.model import Instance, InstanceId, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.tripwire import Died, Tripwire
from vmha_ocf.worker.ports import WorkerPorts


@pytest.fixture
def world() -> World:
    world = World.with_hosts("compute-1", "compute-2")
    world.boot("compute-1")
    world.fence("compute-1")
    world.run(100)
    return world


def work(ports: WorkerPorts) -> None:
    ports.clock.now()
    ports.flags.read()
    for instance in ports.nova.instances_on(NovaHost("compute-1")):
        ports.nova.evacuate(instance)
    ports.clock.sleep(1)


CALLS = ["flags.read", "nova.instances_on", "nova.evacuate", "clock.sleep"]


def test_a_dry_run_counts_the_calls(world: World) -> None:
    tripwire = Tripwire()
    work(tripwire.worker_ports(world.worker_ports()))
    assert tripwire.calls == CALLS


@pytest.mark.parametrize("after_effect", [False, True])
def test_it_dies_before_or_after_the_effect(world: World, after_effect: bool) -> None:
    tripwire = Tripwire(at=3, after_effect=after_effect)
    with pytest.raises(Died, match=r"nova\.evacuate"):
        work(tripwire.worker_ports(world.worker_ports()))
    assert len(world.database.records) == after_effect


def test_it_dies_once(world: World) -> None:
    tripwire = Tripwire(at=1)
    ports = tripwire.worker_ports(world.worker_ports())
    with pytest.raises(Died):
        work(ports)
    work(ports)
    assert tripwire.calls == ["flags.read", *CALLS]


def test_no_error_boundary_survives_it(world: World) -> None:
    assert not issubclass(Died, Exception)


def test_it_dies_after_a_call_that_failed(world: World) -> None:
    world.fault("nova.evacuate", "down")
    tripwire = Tripwire(at=1, after_effect=True)
    with pytest.raises(Died):
        tripwire.wrap(world.nova(), "nova").evacuate(
            Instance(InstanceId("1"), NovaHost("compute-1"))
        )
    with pytest.raises(NovaUnavailable):
        tripwire.wrap(world.nova(), "nova").evacuate(
            Instance(InstanceId("1"), NovaHost("compute-1"))
        )
