"""One weather over every scenario."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from vmha_ocf.cluster import storm
from vmha_ocf.sim.base.scenario import Scenario
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.play.run import Outcome, load, run
from vmha_ocf.sim.weather import WEATHERS

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LARGE = frozenset({"slow-server-groups-fifty-hosts", "twenty-hosts-and-a-slow-nova"})
"""Worlds of a hundred hosts, for their speed: in each weather they would take longer than all others."""
SLUGS = sorted({path.parent.name for path in SCENARIOS.glob("*/scenario.toml")} - LARGE)


@dataclass(frozen=True)
class Played:
    wrong: Mapping[str, Sequence[str]]
    """By scenario, what is: broken promises, and expectations that the weather does not lift."""
    runs: int
    changed: int
    """Runs whose log is another one than in the default weather."""


def play_all(name: str, wrap: Wrap = unwrapped) -> Played:
    wrong, changed = {}, 0
    for slug in SLUGS:
        told, log = _play_in(name, slug, wrap)
        if told:
            wrong[slug] = told
        changed += log != _in_default(slug)[1]
    return Played(wrong, len(SLUGS), changed)


def in_weather(name: str, slug: str) -> Scenario:
    return WEATHERS[name].over(load(SCENARIOS / slug))


def _play(scenario: Scenario, wrap: Wrap) -> tuple[Sequence[str], str]:
    """What is wrong, and a digest of the log."""
    try:
        outcome = run(scenario, wrap)
    except Exception:  # noqa: BLE001 - a bug of an agent is one of the things that this looks for
        return [f"bug {traceback.format_exc()}"], ""
    return [*outcome.broken, *outcome.unmet], _digest(outcome)


def _play_in(name: str, slug: str, wrap: Wrap) -> tuple[Sequence[str], str]:
    scenario = in_weather(name, slug)
    if wrap is unwrapped and scenario == load(SCENARIOS / slug):
        return _in_default(slug)
    return _play(scenario, wrap)


@cache
def _in_default(slug: str) -> tuple[Sequence[str], str]:
    return _play(load(SCENARIOS / slug), unwrapped)


def _digest(outcome: Outcome) -> str:
    """Of the log, whose times are the world's, and of when hosts failed by the controllers' clocks."""
    failures = outcome.world.cib.truth(storm.ATTRIBUTE)
    return sha256(f"{outcome.log}{sorted(failures.items())}".encode()).hexdigest()
