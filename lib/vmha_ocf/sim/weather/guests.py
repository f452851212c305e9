"""Guests that fail by themselves, on hosts that live, while another host fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, Scenario
from vmha_ocf.sim.weather.moments import failures, with_events, within
from vmha_ocf.sim.weather.weather import Weather, lift

_POLICY = """
default_class = "all"
[class.all.guest]
crashed = ["restart", "notify"]
"""
_MANY = 2


def _crash(scenario: Scenario) -> Scenario:
    """Nobody would evacuate them: they carry no mark, and their owner wants them restarted. Who has a
    policy of his own keeps it."""
    home = _home(scenario)
    harmed = list(failures(scenario))
    if scenario.policy or not home or not harmed:
        return scenario
    wish = {"recovery": "crash"}
    group = GroupSpec("crasher", home, count=_MANY, tags=(), metadata=wish, heals=True)
    changed = replace(
        scenario,
        policy=_POLICY,
        pacemaker=replace(scenario.pacemaker, watches_guests=True),
        instances=(*scenario.instances, group),
    )
    return with_events(
        changed,
        *(
            EventSpec(
                within(scenario, failure, "crashes"),
                "crash_guests",
                instances=f"{group.name}-{number % _MANY + 1}",
            )
            for number, failure in enumerate(harmed)
        ),
    )


def _home(scenario: Scenario) -> str:
    """A host to which nothing happens, and that has room; "" is none."""
    named = {event.host for event in scenario.event} | {fault.host for fault in scenario.fault}
    taken = Counter[str]()
    for group in scenario.instances:
        taken[group.host] += group.count
    hosts = (
        host.name
        for host in scenario.host
        if host.name not in named and host.capacity >= taken[host.name] + _MANY
    )
    return next(hosts, "")


WEATHERS = (
    Weather(
        "guests-crash",
        "Guests of a host that lives crash while another host fails, and a policy restarts them.",
        _crash,
        (lift("no_problem", why="a guest is told as long as nothing may be begun for it"),),
    ),
)
