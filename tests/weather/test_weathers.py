"""Every scenario is played in every weather, and what a weather changes is counted."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.weather.played import SLUGS, Played, in_weather, play_all
from vmha_ocf.sim.judge.aftermath import CHECKS
from vmha_ocf.sim.judge.invariants import PROMISES
from vmha_ocf.sim.play.scenario_check import verify
from vmha_ocf.sim.play.scenario_toml import format_scenario, parse
from vmha_ocf.sim.weather import WEATHERS

_FILE = Path(__file__).parent / "known.toml"
KNOWN = tomllib.loads(_FILE.read_text(encoding="utf-8")).get("known", [])
"""What fails and is not mended yet: weather, scenario ("*" is any), why. An entry that passes must go."""


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.ahead(play_all, one)) for one in WEATHERS]
)
def test_every_scenario(
    name: str, ahead: Sequence[Played], record_property: Callable[[str, object], None]
) -> None:
    (found,) = ahead
    known = {one["scenario"] for one in KNOWN if one["weather"] == name}
    record_property("counted", ("weathers", 1))
    record_property("counted", ("runs of scenarios in them", found.runs))
    record_property("counted", ("promises checked", found.runs * len(PROMISES)))
    for what in CHECKS:
        record_property("counted", (f"runs judged at their end: {what}", found.runs))
    record_property("counted", (f"runs that {name} changed", found.changed))
    record_property("counted", ("runs in them that are known to fail", len(found.wrong)))
    new = {slug: told for slug, told in found.wrong.items() if not known & {slug, "*"}}
    told = (f"{slug}: {each[0]} (and {len(each) - 1} more)" for slug, each in new.items())
    assert not new, "\n".join([f"python3 -m vmha_ocf.sim --weather {name} FOLDER shows it", *told])
    passed = known - found.wrong.keys() - ({"*"} if found.wrong else set())
    assert not passed, f"they are as they should be: take them out of known.toml: {sorted(passed)}"
    assert found.changed or name == "default", "it changes nothing: it shows nothing"


def test_what_is_known_names_weathers_and_scenarios_and_why() -> None:
    for one in KNOWN:
        assert one["weather"] in WEATHERS
        assert one["scenario"] in {"*", *SLUGS}
        assert one["why"]


@pytest.mark.parametrize("name", list(WEATHERS))
def test_a_weather_is_pure_and_its_scenario_can_be_replayed(name: str) -> None:
    for slug in SLUGS[::7]:
        scenario = in_weather(name, slug)
        assert scenario == in_weather(name, slug)
        assert verify(parse(format_scenario(scenario))) == scenario


@pytest.mark.parametrize("name", list(WEATHERS))
def test_a_weather_is_told_in_a_sentence(name: str) -> None:
    weather = WEATHERS[name]
    assert weather.summary.endswith(".")
    assert all(lift.what and lift.why for lift in weather.lifts)
