"""Answers: how long they take, and which of them fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import FaultSpec, Scenario
from vmha_ocf.sim.weather.moments import first, number, with_faults
from vmha_ocf.sim.weather.weather import Change, Weather, lift

_AMONG = 24
"""Calls of a port from the first harm on, among which those that fail are chosen."""
_WRITES = 4
"""Such calls that write, of a port that is mostly asked."""
_EACH = 3
"""How many of them fail."""
_AWAY = 90.0
_SLOW = 8.0
_TOLD = lift("no_problem", "unsaid", why="what does not answer is told as long as it does not")
_UNGROUPED = lift(
    "requests",
    "state",
    "told",
    why="whom its group keeps from every other host is asked for, and Nova's refusal is told",
)
_LATER = 400.0


def _answers(kind: str) -> Change:
    def change(scenario: Scenario) -> Scenario:
        seed = number(scenario, kind, 1_000_000)
        return replace(scenario, latency=replace(scenario.latency, kind=kind, seed=seed))

    return change


def _some(where: str, what: str) -> Change:
    """Single calls of a port, of which none is known to be harmless."""

    def faults(scenario: Scenario) -> Iterator[FaultSpec]:
        for each in range(_EACH):
            skip = number(scenario, f"{where} {what} {each}", _AMONG)
            yield FaultSpec(where, what, times=1, skip=skip, since=first(scenario))
        if where in ("attrd", "cib"):
            skip = number(scenario, f"{where} {what} writes", _WRITES)
            yield FaultSpec(f"{where}.update", what, times=1, skip=skip, since=first(scenario))

    return lambda scenario: with_faults(scenario, *faults(scenario))


def _service(call: str, what: str) -> Change:
    """One of Nova's helpers, for a while, or slow for good."""

    def change(scenario: Scenario) -> Scenario:
        since = first(scenario)
        if what == "slow":
            return with_faults(scenario, FaultSpec(call, what, since=since, seconds=_SLOW))
        until = min(scenario.length, since + _AWAY)
        return with_faults(scenario, FaultSpec(call, what, since=since, until=until))

    return change


def _helpers() -> Iterator[Weather]:
    for name, call in (("glance", "image_marks"), ("server-groups", "server_groups")):
        for what, told in (
            ("slow", "answers after 8 s"),
            ("denied", "denies"),
            ("down", "is away"),
        ):
            while_ = "" if what == "slow" else " for 90 s from the first failure on"
            yield Weather(
                f"{name}-{what}",
                f"What asks {name.replace('-', ' ')} {told}{while_}.",
                _service(f"nova.{call}", what),
                (_TOLD, _UNGROUPED) if call == "server_groups" else (_TOLD,),
                _LATER,
            )


def _calls() -> Iterator[Weather]:
    for name, where, what, told in (
        ("nova-unreached", "nova", "down", "do not reach Nova"),
        ("nova-busy", "nova", "busy", "meet a proxy that is busy"),
        ("nova-answer-lost", "nova", "lost-answer", "work at Nova, and their answers are lost"),
        ("nova-request-late", "nova", "late", "get no answer and work 10 s later"),
        ("attrd-unanswered", "attrd", "down", "get no answer of attrd"),
        ("attrd-answer-lost", "attrd", "lost-answer", "work at attrd, and their answers are lost"),
        ("cib-unanswered", "cib", "down", "get no answer of the CIB"),
        ("cib-answer-lost", "cib", "lost-answer", "work at the CIB, and their answers are lost"),
    ):
        write = " and one that writes" if where in ("attrd", "cib") else ""
        summary = f"Three single calls{write} from the first failure on {told}."
        yield Weather(name, summary, _some(where, what), (_TOLD,), _LATER)


WEATHERS = (
    Weather(
        "kind", "Every answer comes at once: nobody acts between two calls.", _answers("none")
    ),
    Weather(
        "slow-answers",
        "Each answer of Nova, attrd and the CIB takes 0.05 to 2 s.",
        _answers("random"),
        longer=_LATER,
    ),
    *_calls(),
    *_helpers(),
    Weather(
        "placement-away",
        "Placement is away or denies for 90 s from the first failure on: no valid host, whatever room "
        "there is.",
        _service("nova.conductor", "no-host"),
        (_TOLD, lift("requests", "state", why="each attempt without a destination is a request")),
        600.0,
    ),
    Weather(
        "placement-slow",
        "Choosing a destination takes 8 s more.",
        _service("nova.conductor", "slow"),
        longer=_LATER,
    ),
)
DEFAULT = Weather(
    "default",
    f"Nova answers after {Latency().nova_read:g} s, takes requests within "
    f"{Latency().nova_write:g} s; attrd, the CIB and Pacemaker take a part of that.",
    lambda scenario: scenario,
)
