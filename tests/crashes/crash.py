"""All crash points of one scenario, played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.crashes.points import points
from tests.proof.judge import Played, held, play
from vmha_ocf.sim.base.scenario import CrashSpec, Scenario
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.play.expectations import liveness, unhealed
from vmha_ocf.sim.play.scenario_toml import format_scenario

LONGER = 900.0
"""Seconds beyond the scenario's own length: for what a crash delays."""


@dataclass(frozen=True)
class Crashed:
    """``points`` of them stand for themselves in ``runs`` runs; ``bad`` tells of each run that was.
    ``left_out``: those that no run stands for."""

    points: int
    runs: int
    bad: Sequence[str]
    left_out: int = 0


def crash_everywhere(scenario: Scenario, wrap: Wrap = unwrapped, *, each: int = 1) -> Crashed:
    """``each``: of those that are not the same run, the first, and each so-many-th after it."""
    every = points(scenario)
    played = every.classes[::each]
    longer = replace(scenario, length=scenario.length + LONGER)
    as_it_is = wrong(play(longer, wrap))
    bad = [told for first, *_ in played if (told := _bad(longer, first, wrap, as_it_is))]
    stand_for = sum(map(len, played))
    return Crashed(stand_for, len(played), bad, every.every - stand_for)


def crashed_at(scenario: Scenario, point: CrashSpec) -> Scenario:
    return replace(scenario, crash=(*scenario.crash, point))


def wrong(played: Played) -> frozenset[str]:
    """What is wrong at the end, beside promises: with hosts, and who was left behind. What dies may come to
    a storm a little later than the others, and waits for a person then, as they do."""
    outcome = played.outcome
    scenario, world = outcome.scenario, outcome.world
    waiting = {f"{host} is still flagged" for host in held(outcome)}
    hosts = (one for one in played.hosts if not any(map(one.startswith, waiting)))
    behind = liveness(scenario, world, outcome.members, outcome.ours, outcome.problems)
    down = unhealed(scenario, world, outcome.members, outcome.problems)
    return frozenset([*hosts, *behind, *down])


def _bad(scenario: Scenario, point: CrashSpec, wrap: Wrap, accepted: frozenset[str]) -> str:
    """What a crash there breaks, with the scenario to replay; "" if nothing."""
    crashing = crashed_at(scenario, point)
    played = play(crashing, wrap, accepted)
    told = [*played.broken, *sorted(wrong(played) - accepted)]
    if not played.crashes:
        told.append(f"{point} never came")
    return "\n".join([*told, format_scenario(crashing)]) if told else ""
