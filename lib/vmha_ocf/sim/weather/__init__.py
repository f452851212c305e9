"""The weather: named changes of the world, each laid over any scenario.

    WEATHERS["slow-answers"].over(scenario)    the scenario that it becomes; pure

A weather says which expectations of a scenario it lifts, and why. The promises it never lifts. To add
one: a ``Weather`` in the tuple of the module that it belongs to. Start with ``weather.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.sim.weather import answers, around, guests, operators, people
from vmha_ocf.sim.weather.weather import Lift, Weather

__all__ = ["WEATHERS", "Lift", "Weather"]

WEATHERS: Mapping[str, Weather] = {
    one.name: one
    for one in (
        answers.DEFAULT,
        *answers.WEATHERS,
        *around.WEATHERS,
        *operators.WEATHERS,
        *people.WEATHERS,
        *guests.WEATHERS,
    )
}
