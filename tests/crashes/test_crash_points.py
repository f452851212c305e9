"""Every scenario, killed before and after every port call of every agent, and then run on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from tests.crashes.crash import Crashed, crash_everywhere, crashed_at
from tests.crashes.points import points
from vmha_ocf.model import Evacuation, Instance, InstanceId, NovaHost
from vmha_ocf.sim.base.journal import Fact, FlagKept, FlagWritten
from vmha_ocf.sim.base.scenario import CrashSpec, Scenario
from vmha_ocf.sim.judge.invariants import PROMISES
from vmha_ocf.sim.play.run import load, run
from vmha_ocf.sim.play.scenario_toml import parse

P = TypeVar("P")
pytestmark = pytest.mark.long

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LARGE = {
    "cascade-below-the-storm-limit": 2,
    "long-dead-hosts-make-a-storm": 8,
    "one-fails-after-a-clock-was-a-day-ahead": 8,
    "slow-server-groups-fifty-hosts": 300,
    "twenty-hosts-and-a-slow-nova": 5,
    "two-networks-down-one-host-fenced-after-the-other": 8,
}
"""Worlds of many hosts, or of hours, where each point takes as long as another scenario as a whole: of
their runs one in so many is played. How many points are left out is counted."""
KNOWN: Mapping[str, tuple[int, str]] = {
    "forced-down-again-by-an-operator": (
        2,
        "the worker has seen it un-forced, and dies before that is in the CIB, or is in attrd too; an "
        "operator forces down again meanwhile: the mark is believed",
    ),
}
"""Points that break a promise and are not mended yet: how many, and why. It may only shrink."""
SLUGS = sorted(
    (path.parent.name for path in SCENARIOS.glob("*/scenario.toml")),
    key=lambda slug: (slug not in LARGE, slug),
)
"""Those that take longest first: no core waits for another at the end."""


def crash_scenario(slug: str) -> Crashed:
    return crash_everywhere(load(SCENARIOS / slug), each=LARGE.get(slug, 1))


@pytest.mark.parametrize(
    "slug", [pytest.param(one, marks=pytest.mark.ahead(crash_scenario, one)) for one in SLUGS]
)
def test_no_promise_is_broken(
    slug: str, ahead: Sequence[Crashed], record_property: Callable[[str, object], None]
) -> None:
    (found,) = ahead
    record_property("counted", ("crash points", found.points))
    record_property("counted", ("runs for them (same ones are played once)", found.runs))
    record_property("counted", ("crash points of large worlds that are left out", found.left_out))
    record_property("counted", ("promises checked", found.runs * len(PROMISES)))
    assert found.runs > 0
    known, _ = KNOWN.get(slug, (0, ""))
    told = "\n\n".join([f"{len(found.bad)} of {found.runs}, {known} known", *found.bad[:3]])
    assert len(found.bad) == known, told
    record_property("counted", ("crash points that are known to fail", known))


@pytest.mark.parametrize("slug", ["power-loss", "worker-killed", "network-cut"])
def test_points_that_are_called_the_same_are_the_same(slug: str) -> None:
    """The first and the last of each class: the same things happen, at the same times."""
    scenario = load(SCENARIOS / slug)
    merged = [each for each in points(scenario).classes if len(each) > 1]
    assert merged
    for first, *_, last in merged:
        assert _facts(scenario, first) == _facts(scenario, last), (first, last)


def _facts(scenario: Scenario, point: CrashSpec) -> list[Fact]:
    """What a flag's write came to is noted when its writer dies, so later where it read for longer."""
    facts = run(crashed_at(scenario, point)).world.core.journal.facts
    return [
        replace(one, time=0.0) if isinstance(one, FlagKept | FlagWritten) else one for one in facts
    ]


class OnlyItsOwn:
    """Nova, for a worker that believes its own memory alone: what others have asked for is not seen."""

    def __init__(self, nova: Any) -> None:
        self._nova = nova
        self._asked: set[InstanceId] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nova, name)

    def evacuate(self, instance: Instance) -> None:
        self._asked.add(instance.id)
        self._nova.evacuate(instance)

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        return [one for one in self._nova.evacuations_from(host) if one.instance in self._asked]

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, task_state=None) for one in self._nova.instances_on(host)]


def test_a_memory_that_dies_with_the_process_is_found() -> None:
    def forgetful(port: P, name: str) -> P:
        return cast(P, OnlyItsOwn(port)) if name == "NovaEvacuate.nova" else port

    scenario = load(SCENARIOS / "power-loss")
    slow = replace(scenario, timing=replace(scenario.timing, spawn=100.0))
    assert run(slow, forgetful).broken == [], "nobody died"
    bad = crash_everywhere(slow, forgetful).bad
    assert any(each.startswith("P2") for each in bad)
    assert run(parse(bad[0][bad[0].index("title") :]), forgetful).broken, (
        "what was printed is replayed"
    )
