"""Whoever else acts on instances in the middle of a failure: their owners, an admin, another tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, Scenario
from vmha_ocf.sim.weather.moments import (
    Failure,
    around,
    failures,
    with_events,
    within,
)
from vmha_ocf.sim.weather.weather import Change, Weather, lift, or_told

_OWNERS = lift(
    "moved", "on", "stays", "state", "told", "requests", "said", "unsaid", "problem", "no_problem",
    why="its owner's will wins",
)  # fmt: skip
_MOVES = (
    lift(
        "moved", "on", "stays", "state", "told", "requests", "said", "unsaid", "problem",
        "no_problem", why="what Nova has under way for an instance goes on, or is told",
    ),
    lift(
        "flag", "enabled", "forced_down", "up", "compute",
        why="its host waits until a person has seen to it",
    ),
)  # fmt: skip
_LATER = 400.0

When = Callable[[Scenario, Failure, str], float]


def _on_instances(
    name: str, do: str, lasts: float | None = None, back: str = "", when: When = within
) -> Change:
    """Somebody acts on the first group of each failed host; ``back`` undoes it ``lasts`` later."""

    def change(scenario: Scenario) -> Scenario:
        for failure in failures(scenario):
            group = next((one for one in scenario.instances if one.host == failure.host), None)
            if group is not None:
                at = when(scenario, failure, name)
                events = [EventSpec(at, do, instances=group.name)]
                if lasts is not None:
                    events.append(EventSpec(at + lasts, back, instances=group.name))
                scenario = with_events(scenario, *events)
        return scenario

    return change


def _moves(name: str, do: str, when: When = around) -> Change:
    def change(scenario: Scenario) -> Scenario:
        changed = _on_instances(name, do, when=when)(scenario)
        moved = changed.event[len(scenario.event) :]
        return or_told(changed, (event.instances for event in moved))

    return change


def _kept(scenario: Scenario) -> Scenario | None:
    """One elsewhere keeps its mark: where none is left, untagged=auto means everybody. None: no room."""
    dead = {failure.host for failure in failures(scenario)}
    taken = Counter[str]()
    for group in scenario.instances:
        taken[group.host] += group.count
    healthy = [
        host.name
        for host in scenario.host
        if host.name not in dead and host.capacity > taken[host.name]
    ]
    if not healthy:
        return None
    keeper = GroupSpec("keeper", healthy[-1])
    return replace(scenario, instances=(*scenario.instances, keeper))


def _untags(scenario: Scenario) -> Scenario:
    changed = _kept(scenario)
    return _on_instances("untags", "untag_instances")(changed) if changed else scenario


def _deletes(scenario: Scenario) -> Scenario:
    """The first group of each host; nothing is expected of it any more."""
    gone: dict[str, float] = {}
    for failure in failures(scenario):
        groups = [group.name for group in scenario.instances if group.host == failure.host]
        gone |= {name: within(scenario, failure, "deletes") for name in groups[:1]}
    kept = tuple(one for one in scenario.expect.instances if one.group not in gone)
    events = (EventSpec(at, "delete_instances", instances=name) for name, at in gone.items())
    expect = replace(scenario.expect, instances=kept)
    return (
        with_events(replace(_kept(scenario) or scenario, expect=expect), *events)
        if gone
        else scenario
    )


WEATHERS = (
    Weather(
        "tenant-deletes",
        "A tenant deletes instances in the middle of their evacuation.",
        _deletes,
        (lift("said", "unsaid", "told", "problem", why="who is deleted needs nothing any more"),),
    ),
    Weather(
        "tenant-untags",
        "A tenant takes the mark away in the middle of the evacuation.",
        _untags,
        (_OWNERS,),
        _LATER,
    ),
    Weather(
        "tenant-tags",
        "A tenant marks instances, some of which were not ours before, in the middle of it.",
        _on_instances("tags", "tag_instances"),
        (_OWNERS,),
        _LATER,
    ),
    Weather(
        "tenant-stops",
        "A tenant stops instances in the middle of their evacuation.",
        _on_instances("stops", "stop_instances"),
        (_OWNERS,),
        _LATER,
    ),
    Weather(
        "tenant-stops-and-starts",
        "A tenant stops instances in the middle of their evacuation, and starts them 20 s later.",
        _on_instances("stops-starts", "stop_instances", 20.0, "start_instances"),
        (_OWNERS,),
        _LATER,
    ),
    Weather(
        "another-tool-evacuates",
        "Another tool asks Nova to evacuate instances of each failed host, too.",
        _moves("tool", "evacuate_by_other", within),
        (
            lift(
                "requests",
                "moved",
                "on",
                "flag",
                "state",
                why="the other tool moves them, once or twice, and leaves an error where the two collide",
            ),
            lift("said", "unsaid", "problem", "no_problem", "told", why="what others do is told"),
        ),
        _LATER,
    ),
    Weather(
        "tenant-resizes",
        "A tenant resizes instances just before or while their host fails.",
        _moves("resizes", "resize_instances"),
        _MOVES,
        _LATER,
    ),
    Weather(
        "admin-live-migrates",
        "An admin migrates instances live just before or while their host fails.",
        _moves("migrates", "live_migrate_instances"),
        _MOVES,
        _LATER,
    ),
)
