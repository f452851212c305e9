"""The site: clocks, names, cells, Nova's own timing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vmha_ocf.sim.base.scenario import FaultSpec, HostSpec, Scenario
from vmha_ocf.sim.weather.moments import failures, first, with_faults
from vmha_ocf.sim.weather.weather import Change, Weather, lift, or_told

DOMAIN = "weather.example"
CELL = ("cell2-1", "cell2-2")
_NAMES = lift(
    "said",
    "unsaid",
    "problem",
    "told",
    why="a sentence names hosts as Nova does, now with a domain",
)


def _has_none_of_ours(scenario: Scenario) -> bool:
    """A device of ours tells what Nova calls a host; a watchdog and others do not."""
    there = {device for level in scenario.pacemaker.levels for device in level}
    return there.isdisjoint({"fence_compute", "record_only"})


_UNNAMED = lift(
    "moved",
    "on",
    "requests",
    "no_problem",
    why="where no device of ours fences nobody says what Nova calls a host: that is told, not guessed",
    where=_has_none_of_ours,
)


def _clock(what: str, seconds: float) -> Change:
    return lambda scenario: with_faults(scenario, FaultSpec("clock", what, seconds=seconds))


def _clocks() -> Iterator[Weather]:
    for what in ("ahead", "behind"):
        for seconds in (1.0, 25.0):
            yield Weather(
                f"clocks-{seconds:g}-s-{what}",
                f"The controllers' clocks are {seconds:g} s {what} of Nova's."
                if what == "ahead"
                else f"The controllers' clocks are {seconds:g} s behind Nova's.",
                _clock(what, seconds),
            )


def _named(*, device: bool, worker: bool, mapped: bool) -> Change:
    """``mapped``: the fencing device's pcmk_host_map has Nova's names."""

    def change(scenario: Scenario) -> Scenario:
        told = {*scenario.options, *scenario.pacemaker.fence_options}
        if "domain" in told or any(host.nova for host in scenario.host):
            return scenario
        domain = {"domain": DOMAIN}
        settings = scenario.pacemaker
        if not worker and _has_none_of_ours(scenario):
            failed = {failure.host for failure in failures(scenario)}
            groups = (group.name for group in scenario.instances if group.host in failed)
            scenario = or_told(scenario, groups)
        return replace(
            scenario,
            host=tuple(replace(one, nova=f"{one.name}.{DOMAIN}") for one in scenario.host),
            options={**scenario.options, **(domain if worker else {})},
            pacemaker=replace(
                settings,
                host_map=mapped,
                fence_options={**settings.fence_options, **(domain if device else {})},
            ),
        )

    return change


def _is_everybody(scenario: Scenario) -> bool:
    return {one.host for one in failures(scenario)} == {host.name for host in scenario.host}


_SEEMS_ROOM = lift(
    "requests",
    "state",
    "problem",
    why="Nova does not show who is in which cell: hosts of the other one pass for destinations, and what "
    "is asked for in vain is put back",
    where=_is_everybody,
)


def _cell(seconds: float | None) -> Change:
    def change(scenario: Scenario) -> Scenario:
        since = first(scenario)
        until = None if seconds is None else min(scenario.length, since + seconds)
        faults = (FaultSpec("nova.cell", "down", since=since, until=until, host=it) for it in CELL)
        more = tuple(HostSpec(name, cell="cell2") for name in CELL)
        return with_faults(replace(scenario, host=(*scenario.host, *more)), *faults)

    return change


def _nova(down: float, report: float) -> Weather:
    def change(scenario: Scenario) -> Scenario:
        timing = replace(scenario.timing, service_down=down, heartbeat=report)
        return replace(scenario, timing=timing)

    return Weather(
        f"service-down-{down:g}-{report:g}",
        f"Nova's service_down_time is {down:g} s, its report_interval {report:g} s.",
        change,
        (
            lift("up", why="Nova takes longer to call a host up or down"),
            lift("state", why="it lasts until Nova stops what is off because its host was"),
        ),
        900.0,
    )


def _is_deaf(scenario: Scenario) -> Scenario:
    pacemaker = replace(scenario.pacemaker, subscriber="deaf", alert=False)
    return replace(scenario, pacemaker=pacemaker)


WEATHERS = (
    *_clocks(),
    Weather(
        "domain-by-the-host-map",
        "Nova's host names have a domain; pcmk_host_map says so, and nobody else.",
        _named(device=False, worker=False, mapped=True),
        (_NAMES, _UNNAMED),
    ),
    Weather(
        "domain-by-the-device",
        "Nova's host names have a domain, and the fencing device alone is told it.",
        _named(device=True, worker=False, mapped=False),
        (_NAMES, _UNNAMED),
    ),
    Weather(
        "domain-by-both",
        "Nova's host names have a domain, and both the fencing device and NovaEvacuate are told it.",
        _named(device=True, worker=True, mapped=False),
        (_NAMES,),
    ),
    Weather(
        "domain-by-novaevacuate",
        "Nova's host names have a domain, and NovaEvacuate alone is told it.",
        _named(device=False, worker=True, mapped=False),
        (_NAMES,),
        60.0,
    ),
    Weather(
        "cell-down",
        "Another cell of Nova is down from the first failure on.",
        _cell(None),
        (
            lift(
                "no_problem", why="that hosts of a cell are not seen is told as long as it lasts"
            ),
            _SEEMS_ROOM,
        ),
        200.0,
    ),
    Weather(
        "cell-down-for-a-while",
        "Another cell of Nova is down for two minutes from the first failure on.",
        _cell(120.0),
        (
            lift("unsaid", why="that hosts of a cell are not seen is told as long as it lasts"),
            _SEEMS_ROOM,
        ),
        300.0,
    ),
    _nova(180.0, 60.0),
    _nova(300.0, 30.0),
    Weather(
        "nothing-wakes",
        "No alert wakes the worker, and what is to tell it of changes is deaf, and seems to work.",
        _is_deaf,
        longer=60.0,
    ),
)
