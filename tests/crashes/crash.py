"""All crash points of one scenario, played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.crashes.points import points
from tests.proof.judge import Played, play
from vmha_ocf.sim.expectations import liveness
from vmha_ocf.sim.scenario import CrashSpec, Scenario
from vmha_ocf.sim.scenario_toml import format_scenario
from vmha_ocf.sim.tripwire import Wrap, unwrapped

LONGER = 900.0
"""Seconds beyond the scenario's own length: for what a crash delays."""


@dataclass(frozen=True)
class Crashed:
    """``points`` of them stand for themselves in ``runs`` runs; ``bad`` tells of each run that was."""

    points: int
    runs: int
    bad: Sequence[str]


def crash_everywhere(scenario: Scenario, wrap: Wrap = unwrapped) -> Crashed:
    every = points(scenario)
    longer = replace(scenario, length=scenario.length + LONGER)
    as_it_is = wrong(play(longer, wrap))
    bad = [told for first, *_ in every.classes if (told := _bad(longer, first, wrap, as_it_is))]
    return Crashed(every.every, len(every.classes), bad)


def crashed_at(scenario: Scenario, point: CrashSpec) -> Scenario:
    return replace(scenario, crash=(*scenario.crash, point))


def wrong(played: Played) -> frozenset[str]:
    """What is wrong at the end, beside promises: with hosts, and who was left behind."""
    outcome = played.outcome
    scenario, world = outcome.scenario, outcome.world
    return frozenset(played.hosts) | frozenset(
        liveness(scenario, world, outcome.members, outcome.ours)
    )


def _bad(scenario: Scenario, point: CrashSpec, wrap: Wrap, accepted: frozenset[str]) -> str:
    """What a crash there breaks, with the scenario to replay; "" if nothing."""
    crashing = crashed_at(scenario, point)
    played = play(crashing, wrap, accepted)
    told = [*played.broken, *sorted(wrong(played) - accepted)]
    if not played.crashes:
        told.append(f"{point} never came")
    return "\n".join([*told, format_scenario(crashing)]) if told else ""
