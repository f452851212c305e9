"""What a weather is: a named change of the whole world that is laid over any scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from vmha_ocf.sim.base.scenario import Expected, HostExpected, InstancesExpected, Scenario

T = TypeVar("T", Expected, HostExpected, InstancesExpected)
Change = Callable[[Scenario], Scenario]
LIFTABLE = frozenset(
    {
        *(one.name for one in fields(InstancesExpected)),
        *(one.name for one in fields(HostExpected)),
        *(one.name for one in fields(Expected)),
    }
) - {"group", "name", "instances", "host", "exact", "exact_in", "may_stay", "or_told"}
"""Names of what a scenario may expect. Promises are none of them."""

_OF_ITS_OWN_WEATHER = frozenset({"again_within"})
"""How long something takes is about the weather that its author has seen."""


def everywhere(_: Scenario) -> bool:
    return True


@dataclass(frozen=True)
class Lift:
    """Expectations that mean nothing in a weather, and why. ``where``: in which scenarios."""

    what: frozenset[str]
    why: str
    where: Callable[[Scenario], bool] = everywhere

    def __post_init__(self) -> None:
        unknown = self.what - LIFTABLE
        assert not unknown, f"nothing is expected by the name {', '.join(sorted(unknown))}"


def lift(*what: str, why: str, where: Callable[[Scenario], bool] = everywhere) -> Lift:
    return Lift(frozenset(what), why, where)


@dataclass(frozen=True)
class Weather:
    name: str
    summary: str
    """One sentence."""
    change: Change
    """Pure. The same scenario, if there is nothing in it that this weather could change."""
    lifts: tuple[Lift, ...] = ()
    longer: float = 0.0
    """Seconds that everything may take longer; a run that is over before ends."""

    def over(self, scenario: Scenario) -> Scenario:
        """What a scenario becomes in this weather."""
        length, spare = scenario.length + self.longer, scenario.spare + self.longer
        changed = self.change(replace(scenario, length=length, spare=spare))
        if changed == scenario:
            return scenario
        lifted = {name for one in self.lifts if one.where(scenario) for name in one.what}
        lifted |= _OF_ITS_OWN_WEATHER
        if scenario.expect.exact or self.name in scenario.expect.exact_in:
            lifted |= LIFTABLE
        return replace(changed, expect=without(changed.expect, lifted))


def without(expect: Expected, lifted: set[str] | frozenset[str]) -> Expected:
    """Who was to stay may stay, whether or not anything else is looked at."""
    return replace(
        _blank(expect, lifted),
        instances=tuple(
            replace(_blank(one, lifted), may_stay=one.may_stay or one.stays or bool(one.told))
            for one in expect.instances
        ),
        host=tuple(_blank(one, lifted) for one in expect.host),
    )


def or_told(scenario: Scenario, groups: Iterable[str]) -> Scenario:
    """What is left of these where its host died is told, and is nobody's mistake."""
    those = set(groups)
    said = {one.group for one in scenario.expect.instances}
    expected = (
        replace(one, or_told=one.or_told or one.group in those)
        for one in scenario.expect.instances
    )
    more = (InstancesExpected(one, or_told=True) for one in sorted(those - said))
    return replace(scenario, expect=replace(scenario.expect, instances=(*expected, *more)))


def _blank(one: T, lifted: set[str] | frozenset[str]) -> T:
    plain: dict[str, Any] = {
        each.name: each.default for each in fields(one) if each.name in lifted
    }
    return replace(one, **plain)
