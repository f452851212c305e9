"""When and where a scenario hurts: what other weathers aim at. Pure, and the same in each run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

from vmha_ocf.sim.base.scenario import EventSpec, FaultSpec, Scenario

_HARM = frozenset({"power_cut", "isolate", "fence", "fence_by_other", "stop_cluster"})
_HARM_TO_GUESTS = frozenset(
    {"crash_guests", "panic_guests", "watchdog_guests", "pause_guests", "freeze_guests"}
)
RECOVERY = 14.0
"""Seconds from the moment that Pacemaker notices to the end of a small evacuation."""
BEFORE = 8.0
"""Seconds in which what somebody has asked for is still under way when a host dies."""


@dataclass(frozen=True)
class Failure:
    at: float
    host: str


def failures(scenario: Scenario) -> Iterator[Failure]:
    """The first of each host, in time."""
    seen = set()
    for event in sorted(scenario.event, key=lambda event: event.at):
        if event.do in _HARM and event.host and event.host not in seen:
            seen.add(event.host)
            yield Failure(event.at, event.host)


def first(scenario: Scenario) -> float:
    """When the first harm is done; 0 where none is."""
    harm = _HARM | _HARM_TO_GUESTS
    return min((event.at for event in scenario.event if event.do in harm), default=0.0)


def number(scenario: Scenario, what: str, below: int) -> int:
    """Any number, but always the same one of a scenario for the same purpose."""
    return crc32(f"{scenario.title}/{what}".encode()) % below


def within(scenario: Scenario, failure: Failure, what: str) -> float:
    """Some moment of this failure's recovery."""
    share = number(scenario, f"{what} {failure.host}", 1000) / 1000
    return round(min(scenario.length, failure.at + scenario.timing.detect + share * RECOVERY), 2)


def around(scenario: Scenario, failure: Failure, what: str) -> float:
    """Some moment from a little before this failure to the middle of its recovery."""
    share = number(scenario, f"{what} {failure.host}", 1000) / 1000
    last = BEFORE + scenario.timing.detect + RECOVERY / 2
    return round(min(scenario.length, max(0.0, failure.at - BEFORE + share * last)), 2)


def with_events(scenario: Scenario, *events: EventSpec) -> Scenario:
    there = (one for one in events if one.at <= scenario.length)
    return replace(scenario, event=(*scenario.event, *there))


def with_faults(scenario: Scenario, *faults: FaultSpec) -> Scenario:
    return replace(scenario, fault=(*scenario.fault, *faults))
