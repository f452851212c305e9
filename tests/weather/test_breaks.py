"""Each of these weathers shows a mistake that a kind world and the default one do not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.weather.breaks import BREAKS, Break
from tests.weather.mistakes.over import at
from tests.weather.played import in_weather
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.play.run import run
from vmha_ocf.sim.weather import WEATHERS


def wrong(weather: str, one: Break, wrap: Wrap) -> Sequence[str]:
    outcome = run(in_weather(weather, one.scenario), wrap)
    return [*outcome.broken, *outcome.unmet]


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.weather)
def test_only_this_weather_shows_it(one: Break) -> None:
    mistaken = at(one.where, one.mistake)
    assert not wrong("kind", one, mistaken), "a kind world hides it"
    assert not wrong("default", one, mistaken), "so does the default one"
    assert not wrong(one.weather, one, unwrapped), "the product does not make the mistake"
    assert wrong(one.weather, one, mistaken)


def test_every_weather_has_one() -> None:
    assert WEATHERS.keys() - {one.weather for one in BREAKS} == {"default", "kind"}
