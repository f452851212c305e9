"""Operators, tenants and mishaps in the middle of a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from vmha_ocf.sim.scenario import EventSpec, GroupSpec, Scenario
from vmha_ocf.sim.weather.moments import failures, first, with_events, within
from vmha_ocf.sim.weather.weather import Change, Weather, lift

_OPERATORS = lift(
    "enabled", "forced_down", "up", "flag", "no_problem", "said", "unsaid", "problem",
    why="an operator's own word about a host stays, and what waits for it is told",
)  # fmt: skip
_OWNERS = lift(
    "moved", "on", "stays", "state", "told", "requests", "said", "unsaid", "problem", "no_problem",
    why="its owner's will wins",
)  # fmt: skip
_LATER = 400.0


def _mid(name: str, act: Callable[[float, str], EventSpec]) -> Change:
    """Somebody acts on each host within its recovery."""

    def change(scenario: Scenario) -> Scenario:
        events = (act(within(scenario, it, name), it.host) for it in failures(scenario))
        return with_events(scenario, *events)

    return change


def _operator(
    name: str,
    summary: str,
    *,
    enabled: bool | None = None,
    forced_down: bool | None = None,
    reason: str = "",
) -> Weather:
    def act(at: float, host: str) -> EventSpec:
        return EventSpec(
            at, "operator", host=host, enabled=enabled, forced_down=forced_down, reason=reason
        )

    return Weather(name, summary, _mid(name, act), (_OPERATORS,), _LATER)


def _on_instances(name: str, do: str, lasts: float | None = None, back: str = "") -> Change:
    """Somebody acts on the first group of each failed host; ``back`` undoes it ``lasts`` later."""

    def change(scenario: Scenario) -> Scenario:
        for failure in failures(scenario):
            group = next((one for one in scenario.instances if one.host == failure.host), None)
            if group is not None:
                at = within(scenario, failure, name)
                events = [EventSpec(at, do, instances=group.name)]
                if lasts is not None:
                    events.append(EventSpec(at + lasts, back, instances=group.name))
                scenario = with_events(scenario, *events)
        return scenario

    return change


def _untags(scenario: Scenario) -> Scenario:
    """One elsewhere keeps its mark: where none is left, untagged=auto means everybody."""
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
        return scenario
    keeper = GroupSpec("keeper", healthy[-1])
    changed = replace(scenario, instances=(*scenario.instances, keeper))
    return _on_instances("untags", "untag_instances")(changed)


def _deletes(scenario: Scenario) -> Scenario:
    """The first group of each host; nothing is expected of it any more."""
    gone: dict[str, float] = {}
    for failure in failures(scenario):
        groups = [group.name for group in scenario.instances if group.host == failure.host]
        gone |= {name: within(scenario, failure, "deletes") for name in groups[:1]}
    kept = tuple(one for one in scenario.expect.instances if one.group not in gone)
    events = (EventSpec(at, "delete_instances", instances=name) for name, at in gone.items())
    return with_events(replace(scenario, expect=replace(scenario.expect, instances=kept)), *events)


def _killed(scenario: Scenario) -> Scenario:
    """Each time when the one that follows has had the time to begin."""
    since = first(scenario) + scenario.timing.detect
    ages: Iterable[float] = (2.0, 16.0, 37.0)
    return with_events(scenario, *(EventSpec(since + age, "kill_worker") for age in ages))


WEATHERS = (
    _operator(
        "operator-writes-a-reason",
        "An operator disables each failed host in Nova with a reason of their own.",
        enabled=False,
        reason="DIMM",
    ),
    _operator(
        "operator-disables", "An operator disables each failed host in Nova.", enabled=False
    ),
    _operator("operator-enables", "An operator enables each failed host in Nova.", enabled=True),
    _operator(
        "operator-forces-down",
        "An operator forces each failed host down in Nova.",
        forced_down=True,
    ),
    _operator(
        "operator-unforces",
        "An operator un-forces each failed host in the middle of its evacuation.",
        forced_down=False,
    ),
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
        _on_instances("tool", "evacuate_by_other"),
        (
            lift(
                "requests", "moved", "on", "flag", why="the other tool moves them, once or twice"
            ),
            lift("said", "unsaid", "problem", "no_problem", "told", why="what others do is told"),
        ),
        _LATER,
    ),
    Weather(
        "operator-deletes-the-service",
        "An operator deletes the service of each failed host in Nova, which may refuse.",
        _mid("deletes-service", lambda at, host: EventSpec(at, "delete_service", host=host)),
        (_OPERATORS,),
        _LATER,
    ),
    Weather(
        "worker-killed-three-times",
        "NovaEvacuate's worker is killed 2, 16 and 37 s after the first failure is noticed.",
        _killed,
        (lift("said", why="who would have said it may be dead by then"),),
        300.0,
    ),
)
