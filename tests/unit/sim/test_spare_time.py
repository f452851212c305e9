"""Where time is to spare, a run is over once nothing happens any more; else it takes its length."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.sim.base.scenario import FaultSpec, Scenario
from vmha_ocf.sim.play.run import begin
from vmha_ocf.sim.play.scenario_toml import parse

DIES = parse(
    """
    title = "a host dies"
    length = 900
    hosts = 2

    [[instances]]
    name = "vm"
    host = "compute-1"

    [[event]]
    at = 10
    do = "power_cut"
    host = "compute-1"
    """
)


def end_of(scenario: Scenario) -> tuple[float, float]:
    """Of the run, and when something happened last."""
    play = begin(scenario)
    try:
        play.to_its_end()
        return play.world.now, play.last
    finally:
        play.processes.close()


def test_none_to_spare() -> None:
    assert end_of(DIES)[0] == 900


def test_it_is_over_a_while_after_what_happened_last() -> None:
    end, last = end_of(replace(DIES, spare=700))
    assert last < 200
    assert end == pytest.approx(last + 360)


def test_a_nova_that_waits_longer_is_given_that_time() -> None:
    slow = replace(DIES, spare=890, timing=replace(DIES.timing, service_down=300))
    end, last = end_of(slow)
    assert end == pytest.approx(last + 600)


def test_not_before_all_that_is_to_happen() -> None:
    later = FaultSpec("attrd", "slow", since=20, until=850)
    assert end_of(replace(DIES, spare=890, fault=(later,)))[0] >= 850


def test_not_while_something_happens() -> None:
    """Whatever is said or done is that: here a host that is cut off each two minutes."""
    cuts = tuple(replace(DIES.event[0], at=float(at)) for at in range(10, 800, 120))
    assert end_of(replace(DIES, spare=890, event=cuts))[0] == 900
