"""Making a scenario smaller as long as it still goes wrong in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

from tests.seeds.cluster import CLUSTER, Controllers
from vmha_ocf.sim.base.scenario import EventSpec, FaultSpec, HostSpec, Scenario, ScenarioError
from vmha_ocf.sim.play.scenario_check import verify

Fails = Callable[[Scenario], bool]
_KEPT = frozenset({"at", "timing", "host", "name", "since", "until", "times"})
"""A fault that never ends would be another matter."""
_LISTS = ("event", "fault", "crash", "instances", "server_group", "image")


def shrink(scenario: Scenario, fails: Fails, budget: int = 600) -> Scenario:
    """Greedy: of each kind what can go, goes, until nothing more can. ``budget`` is how many runs."""
    left = budget
    shrunk = True
    while shrunk and left > 0:
        shrunk = False
        for smaller in _smaller(scenario):
            if left <= 0:
                break
            if not _is_possible(smaller):
                continue
            left -= 1
            if fails(smaller):
                scenario, shrunk = smaller, True
                break
    return scenario


def _is_possible(scenario: Scenario) -> bool:
    try:
        verify(scenario)
    except ScenarioError:
        return False
    return ends_in_peace(scenario)


def ends_in_peace(scenario: Scenario) -> bool:
    """As each seed does: the cluster is whole, and somebody lets evacuation go on after all else. What is
    wrong without that is wrong of the scenario."""
    state = Controllers(dict.fromkeys(scenario.pacemaker.controllers, True))
    events = sorted(scenario.event, key=lambda event: event.at)
    for event in events:
        if event.do in CLUSTER:
            state.did(event)
    released = any(event.do == "release_storm" for event in events[-1:])
    return released and all(state.up.values()) and not state.maintenance


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """The biggest steps first."""
    for name in _LISTS:
        yield from _without_parts(scenario, name)
    yield from (_without_host(scenario, host) for host in scenario.host)
    yield from _without_pairs(scenario)
    yield from _as_by_default(scenario)
    yield from _plainer_parts(scenario)


def _as_by_default(scenario: Scenario) -> Iterator[Scenario]:
    for name in scenario.options:
        rest = {key: value for key, value in scenario.options.items() if key != name}
        yield replace(scenario, options=rest)
    pacemaker = scenario.pacemaker
    yield from (replace(scenario, timing=one) for one in _towards_default(scenario.timing))
    yield from (replace(scenario, pacemaker=one) for one in _towards_default(pacemaker))
    for one in _towards_default(pacemaker.timing):
        yield replace(scenario, pacemaker=replace(pacemaker, timing=one))


def _plainer_parts(scenario: Scenario) -> Iterator[Scenario]:
    for name in ("host", "instances", "event", "fault", "crash"):
        for number, part in enumerate(getattr(scenario, name)):
            for plainer in _towards_default(part):
                yield _with(scenario, name, number, plainer)
    for number, event in enumerate(scenario.event):
        if event.at != round(event.at):
            yield _with(scenario, "event", number, replace(event, at=float(round(event.at))))


def _without_parts(scenario: Scenario, name: str) -> Iterator[Scenario]:
    """All, a half, a quarter, ..., one of a list."""
    parts = getattr(scenario, name)
    size = len(parts)
    while size:
        for start in range(0, len(parts), size):
            yield _replaced(scenario, name, parts[:start] + parts[start + size :])
        size //= 2


def _without_pairs(scenario: Scenario) -> Iterator[Scenario]:
    """What is only possible together: a controller that dies and starts again."""
    for one, first in enumerate(scenario.event):
        for other in range(one + 1, len(scenario.event)):
            if scenario.event[other].do.partition("_")[2] == first.do.partition("_")[2]:
                rest = [e for n, e in enumerate(scenario.event) if n not in (one, other)]
                yield replace(scenario, event=tuple(rest))


def _without_host(scenario: Scenario, host: HostSpec) -> Scenario:
    names = (host.name, host.nova)

    def concerns(one: EventSpec | FaultSpec) -> bool:
        key = getattr(one, "key", "").removeprefix("nova:")
        return bool(one.host and one.host in names) or bool(key and key in names)

    gone = {group.name for group in scenario.instances if group.host == host.name}
    return replace(
        scenario,
        host=tuple(one for one in scenario.host if one is not host),
        instances=tuple(one for one in scenario.instances if one.name not in gone),
        event=tuple(
            one for one in scenario.event if not concerns(one) and one.instances not in gone
        ),
        fault=tuple(one for one in scenario.fault if not concerns(one)),
    )


def _with(scenario: Scenario, name: str, number: int, part: object) -> Scenario:
    parts = list(getattr(scenario, name))
    parts[number] = part
    return _replaced(scenario, name, tuple(parts))


def _replaced(scenario: Any, name: str, value: object) -> Scenario:
    changed: Scenario = replace(scenario, **{name: value})
    return changed


def _towards_default(table: Any) -> Iterator[Any]:
    """One field after the other as if nothing had been said of it."""
    for one in fields(table):
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if default is MISSING or one.name in _KEPT:
            continue
        if getattr(table, one.name) != default:
            yield replace(table, **{one.name: default})
