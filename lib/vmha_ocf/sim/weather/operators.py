"""Operators, and mishaps of the cluster, in the middle of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from vmha_ocf.sim.base.scenario import EventSpec, Scenario
from vmha_ocf.sim.weather.moments import Failure, failures, first, number, with_events, within
from vmha_ocf.sim.weather.weather import Change, Weather, lift, or_told

_OPERATORS = lift(
    "enabled", "forced_down", "up", "flag", "no_problem", "said", "unsaid", "problem",
    why="an operator's own word about a host stays, and what waits for it is told",
)  # fmt: skip
_DOUBTS = lift(
    "flag", "enabled", "forced_down", "up", "compute", "said", "unsaid", "problem", "no_problem",
    "state", why="a record that a person brings back or takes away is doubted, and told until they fence",
)  # fmt: skip
_USED = lift(
    "flag", "enabled", "forced_down", "up", "compute", "said", "unsaid", "problem", "no_problem",
    "state", "moved", "requests", "told",
    why="a host that is used again is not evacuated any more, and that is told",
)  # fmt: skip
_LATER = 400.0
_UNSEEN = 120.0
"""Seconds within which somebody starts nova-compute on a host that has booted."""
_OVER = 300.0
"""Seconds after which most evacuations are over, and their host is back."""


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


def _killed(scenario: Scenario) -> Scenario:
    """Each time when the one that follows has had the time to begin."""
    since = first(scenario) + scenario.timing.detect
    ages: Iterable[float] = (2.0, 16.0, 37.0)
    return with_events(scenario, *(EventSpec(since + age, "kill_worker") for age in ages))


def _started_behind_us(scenario: Scenario) -> Scenario:
    """By whoever finds the host booted again and does not know of the gate."""

    def start(failure: Failure) -> EventSpec:
        share = number(scenario, f"starts {failure.host}", 1000) / 1000
        at = failure.at + scenario.timing.detect + scenario.timing.boot + share * _UNSEEN
        return EventSpec(round(at, 2), "start_compute", host=failure.host)

    failed = list(failures(scenario))
    hosts = {failure.host for failure in failed}
    groups = (group.name for group in scenario.instances if group.host in hosts)
    return or_told(with_events(scenario, *map(start, failed)), groups)


def _second_worker(scenario: Scenario) -> Scenario:
    """On the last controller, before anything happens: Pacemaker's is on the first one."""
    controller = scenario.pacemaker.controllers[-1]
    return with_events(scenario, EventSpec(1.0, "start_worker", controller=controller))


def _restores(scenario: Scenario, failure: Failure) -> Iterator[EventSpec]:
    """What was configured before anything happened."""
    at = within(scenario, failure, "restores")
    yield EventSpec(at, "restore_configuration", value="3600")


def _restores_the_failure(scenario: Scenario, failure: Failure) -> Iterator[EventSpec]:
    """What was configured in the middle of it is brought back when it is long over."""
    at, name = within(scenario, failure, "saves"), f"{failure.host} fails"
    yield EventSpec(at, "save_configuration", value=name)
    yield EventSpec(at + _OVER, "restore_configuration", value=name)


def _with_each(act: Callable[[Scenario, Failure], Iterable[EventSpec]]) -> Change:
    """But in a cluster that is dead nobody restores anything."""

    def change(scenario: Scenario) -> Scenario:
        if any(event.do == "stop_cluster" for event in scenario.event):
            return scenario
        failed = list(failures(scenario))
        events = (event for failure in failed for event in act(scenario, failure))
        hosts = {failure.host for failure in failed}
        groups = (group.name for group in scenario.instances if group.host in hosts)
        return or_told(with_events(scenario, *events), groups)

    return change


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
        "operator-deletes-the-service",
        "An operator deletes the service of each failed host in Nova, which may refuse.",
        _mid("deletes-service", lambda at, host: EventSpec(at, "delete_service", host=host)),
        (_OPERATORS,),
        _LATER,
    ),
    Weather(
        "started-behind-our-back",
        "Somebody starts nova-compute by hand on each failed host once it may have booted.",
        _started_behind_us,
        (_USED,),
        _LATER,
    ),
    Weather(
        "worker-killed-three-times",
        "NovaEvacuate's worker is killed 2, 16 and 37 s after the first failure is noticed.",
        _killed,
        (lift("said", why="who would have said it may be dead by then"),),
        300.0,
    ),
    Weather(
        "second-worker",
        "Somebody starts a second worker by hand on another controller.",
        _second_worker,
    ),
    Weather(
        "configuration-restored",
        "A configuration of an hour ago is restored in the middle of each recovery.",
        _with_each(_restores),
        (_DOUBTS,),
        _LATER,
    ),
    Weather(
        "configuration-of-the-failure-restored",
        "A configuration that was saved in the middle of each recovery is restored 300 s later.",
        _with_each(_restores_the_failure),
        (_DOUBTS,),
        _LATER + _OVER,
    ),
)
