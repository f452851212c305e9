"""``vmha forget`` on the simulated cluster."""

from __future__ import annotations

import pytest

from tests.unit.driven import TAGS, Driven
from tests.unit.operator_site import Desk
from vmha_ocf.model import Epoch, NodeName, NovaHost
from vmha_ocf.operator.commands.forget import COMMAND
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace
from vmha_ocf.sim import World


@pytest.fixture
def world() -> World:
    world = World.with_hosts("compute-1", "compute-2")
    world.run(100)
    return world


def test_it_removes_the_trace_and_nothing_else(world: World, desk: Desk) -> None:
    trace = Trace(NovaHost("compute-1"), "id", Epoch(5.0), Ours(True, True))
    world.traces().write(trace, (NodeName("compute-1"),))
    before = world.service("compute-1").view()
    told = desk.run(COMMAND, "compute-1")
    assert (told.code, told.first) == (0, "OK  forgotten: what we changed on compute-1")
    assert world.traces().read().of == {}
    assert world.service("compute-1").view() == before


def test_a_name_of_which_nothing_is_remembered_shows_those_of_which_something_is(
    world: World, desk: Desk
) -> None:
    assert "names in Nova: none" in " ".join(desk.run(COMMAND, "compute-1").out.split())
    trace = Trace(NovaHost("compute-1"), "id", Epoch(5.0), Ours(True, True))
    world.traces().write(trace, (NodeName("compute-1"),))
    told = desk.run(COMMAND, "compute-1.example.com")
    assert told.first == "OK  nothing is remembered of compute-1.example.com"
    assert "names in Nova: compute-1" in " ".join(told.out.split())


def test_the_flag_of_a_host_that_is_gone_for_good_goes_too(world: World, desk: Desk) -> None:
    world.attrd.put("evacuate", "nova:compute-1", "no")
    told = desk.run(COMMAND, "compute-1")
    assert (told.code, told.first) == (0, "OK  forgotten: what we changed on compute-1")
    assert world.flag("compute-1") is None


def test_it_is_refused_in_the_middle_of_an_evacuation(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS)
    world.fence("compute-1")
    driven = Driven(world)
    driven.round()
    assert desk.run(COMMAND, "compute-1").code != 0
    assert world.traces().read().of.keys() == {"compute-1"}
    driven.until_done("compute-1")
    driven.check()
