"""Calls take time, and others act between two of them: for processes, and the same in each run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vmha_ocf.cluster.flag_texts import ATTRIBUTE
from vmha_ocf.errors import FlagsUnavailable
from vmha_ocf.model import NovaHost
from vmha_ocf.sim.base.latency import Delays, Latency
from vmha_ocf.sim.base.processes import Processes
from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, HostSpec, Scenario
from vmha_ocf.sim.play.run import run
from vmha_ocf.sim.world import World

HOST = NovaHost("compute-1")


def a_world(latency: Latency) -> tuple[World, Processes]:
    world = World(latency=latency)
    world.add_host(HOST)
    return world, Processes(world.core.timeline)


def test_an_answer_takes_its_time_and_tells_of_the_middle_of_it() -> None:
    world, processes = a_world(Latency(nova_read=4.0))
    seen: list[tuple[bool, float]] = []

    def act() -> None:
        seen.append((world.nova().services(HOST)[0].enabled, world.now))

    def disable() -> None:
        world.service(HOST).enabled = False

    def look() -> None:
        processes.start("reader", act)

    for at in (1.0, 3.0):
        world.at(10.0 * at, look)
        world.at(10.0 * at + at, disable)
        world.run_until(10.0 * at + 5.0)
        world.service(HOST).enabled = True
    assert seen == [(False, 14.0), (True, 34.0)]


def test_what_is_no_process_does_not_wait() -> None:
    world, _ = a_world(Latency())
    world.nova().services()
    assert world.now == 0.0


def test_attrd_may_be_stopped_before_the_call_comes_to_it() -> None:
    """It must not look as if nothing were flagged."""
    world, processes = a_world(Latency(attrd=2.0))
    errors: list[BaseException | None] = []
    processes.start(
        "reader", lambda: world.attrd.values(ATTRIBUTE), lambda end: errors.append(end.error)
    )
    world.at(0.5, world.stop_cluster)
    world.run_until(5.0)
    assert [type(error) for error in errors] == [FlagsUnavailable]


def drawn(latency: Latency) -> Sequence[tuple[float, float]]:
    delays = Delays(latency)
    return [delays.of("nova", "services") for _ in range(500)]


def test_random_answers_are_within_their_bounds_and_of_all_sizes() -> None:
    whole = [before + after for before, after in drawn(Latency("random", seed=3))]
    assert min(whole) >= 0.05
    assert max(whole) <= 2.0
    assert min(whole) < 0.1
    assert max(whole) > 1.5
    assert drawn(Latency("random", seed=3)) == drawn(Latency("random", seed=3))
    assert drawn(Latency("random", seed=3)) != drawn(Latency("random", seed=4))


@pytest.mark.parametrize("kind", ["none", "fixed", "random"])
def test_the_same_scenario_is_the_same_run(kind: str) -> None:
    scenario = Scenario(
        "a test",
        120.0,
        host=tuple(HostSpec(f"compute-{number}") for number in (1, 2, 3)),
        instances=(GroupSpec("web", HOST, count=3),),
        event=(EventSpec(20.0, "power_cut", HOST),),
        latency=Latency(kind, seed=5),
    )
    first = run(scenario)
    assert first.good
    assert first.log == run(scenario).log
