"""The same thousands of random clusters in each run. ``make seeds`` looks for new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest

from tests.seeds.generate import generate
from tests.seeds.guests import POLICIES
from tests.seeds.judge import judge
from tests.seeds.runs import CHUNK, Failure, Ran, run_seed, run_seeds, smallest, told
from tests.seeds.seen import names
from tests.seeds.shrink import ends_in_peace
from vmha_ocf.cloud.policy.read import understand
from vmha_ocf.model import Evacuation, Instance, NovaHost
from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.judge.invariants import PROMISES
from vmha_ocf.sim.play.run import run
from vmha_ocf.sim.play.scenario_check import verify
from vmha_ocf.sim.play.scenario_toml import format_scenario, parse

SEEDS = 2000
KNOWN: Mapping[str, frozenset[int]] = {}
"""Seeds that do not end well yet, by what they show. It may only shrink."""
P = TypeVar("P")
T = TypeVar("T", bound=Callable[..., None])
pytestmark = pytest.mark.long


@pytest.mark.parametrize("policy", sorted(set(POLICIES)))
def test_a_policy_of_seeds_is_understood(policy: str) -> None:
    """One that is not is told, and nothing is restarted: such a seed would try nothing."""
    assert understand(policy).faults == ()


def all_ahead(test: T) -> T:
    for first in reversed(range(0, SEEDS, CHUNK)):
        test = pytest.mark.ahead(run_seeds, first, CHUNK)(test)
    return test


@pytest.fixture(name="ran")
def _ran(ahead: Sequence[Ran]) -> Ran:
    saw = sum((one.seen for one in ahead), Counter[str]())
    return Ran(
        sum(one.count for one in ahead), tuple(f for one in ahead for f in one.failures), saw
    )


@all_ahead
def test_every_seed_ends_well(ran: Ran, record_property: Callable[[str, object], None]) -> None:
    record_property("counted", ("seeds", ran.count))
    record_property("counted", ("promises checked", ran.count * len(PROMISES)))
    known = frozenset[int]().union(*KNOWN.values())
    record_property("counted", ("seeds that are known to fail", len(known)))
    assert ran.count == SEEDS
    new = [one for one in ran.failures if one.seed not in known]
    if new:
        pytest.fail("\n".join([*map(str, new), told(new[0], smallest(new[0].seed))]))
    passed = known - {one.seed for one in ran.failures}
    assert not passed, f"they end well: take them out of KNOWN: {sorted(passed)}"


@all_ahead
@pytest.mark.parametrize("name", names())
def test_some_seeds_have_seen(ran: Ran, name: str) -> None:
    assert ran.seen[name] > 0


@pytest.mark.parametrize("seed", [0, 1, 2, 1999])
def test_a_seed_is_a_possible_scenario_and_always_the_same(seed: int) -> None:
    scenario = verify(generate(seed))
    assert scenario == generate(seed) == parse(format_scenario(scenario))


@pytest.mark.parametrize("seed", [0, 1, 2, 2719])
def test_a_seed_ends_in_peace_and_what_is_left_of_it_must(seed: int) -> None:
    scenario = generate(seed)
    assert ends_in_peace(scenario)
    held = tuple(event for event in scenario.event if event.do != "release_storm")
    assert not ends_in_peace(replace(scenario, event=held))
    never = EventSpec(scenario.event[-1].at - 1, "maintenance_on")
    assert not ends_in_peace(replace(scenario, event=(*scenario.event, never)))


def test_a_scenario_is_always_the_same_run() -> None:
    assert run(generate(7)).log == run(generate(7)).log


class Forgets:
    """Nova, for a worker that does not ask for what is in flight."""

    def __init__(self, nova: Any) -> None:
        self._nova = nova

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nova, name)

    def evacuations_from(self, _host: NovaHost) -> list[Evacuation]:
        return []

    def instances_on(self, host: NovaHost) -> list[Instance]:
        return [one for one in self._nova.instances_on(host) if one.task_state is None]


def forgetful(port: P, name: str) -> P:
    return cast(P, Forgets(port)) if name == "NovaEvacuate.nova" else port


def _failing(wrap: Any, promise: str) -> Iterator[int]:
    """Seeds that show that a promise is broken."""
    for seed in range(SEEDS):
        if any(one.startswith(promise) for one in run_seed(seed, wrap)[0]):
            yield seed


@pytest.mark.parametrize(("wrap", "promise"), [(forgetful, "P5")])
def test_a_break_is_found_and_shrunk_and_can_be_replayed(wrap: Any, promise: str) -> None:
    seed = next(_failing(wrap, promise))
    found = judge(generate(seed), wrap).wrong
    small = smallest(seed, wrap)
    assert len(small.event) <= 3
    assert len(small.host) <= 3
    text = told(Failure(seed, found), small)
    assert any(one.startswith(promise) for one in judge(parse(text), wrap).wrong)
