"""Restarts of guests that failed on a host that lives: one for each failure, of what has failed, and none
against the will of whoever owns it. Told from what really happened alone.

What comes between our last look at Nova and our request nobody can see: Nova has no condition on a POST.
Whoever asked for something before that look has been heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from vmha_ocf.model import FlagState, InstanceId, NovaHost
from vmha_ocf.sim.base.journal import (
    US,
    EvacuateAccepted,
    Fact,
    FlagCleared,
    FlagWritten,
    GuestFailed,
    GuestRecovered,
    MoveAccepted,
    RestartAccepted,
    Wanted,
)
from vmha_ocf.sim.world import World

STALE = 15.0
"""Seconds for which a host may go on calling a guest failed that is well again: whoever watches there was
killed just then, and Pacemaker has to find that."""
CROSSING = 5.0
"""Seconds from a look at the flags to the request that follows from it, at most."""
_KEPT = ("paused", "suspended")
"""States that only an owner asks for, and that Nova would reboot out of."""
_SAYS_NOTHING = ("tag", "untag", "set metadata of", "shut down", "confirm")
"""What an owner may do that is no word on whether it is to run. Who confirms a resize says where."""


def restarted_wrongly(world: World) -> Iterator[str]:
    """P12, a sentence each."""
    for fact in world.core.journal.of(RestartAccepted):
        if fact.by == US and not _puts_back(world, fact):
            why = next(_wrongs(world, fact), "")
            if why:
                yield f"P12 at {fact.time:.2f}: {fact.instance} was restarted, {why}"


def failures_of(world: World, instance: InstanceId) -> list[GuestFailed]:
    return [one for one in world.core.journal.of(GuestFailed) if one.instance == instance]


def again_at(world: World, failure: GuestFailed) -> float:
    """When the guest ran anew after it, anywhere, or went on."""
    starts = [
        run.start
        for host in world.hosts.values()
        for run in host.runs
        if run.instance == failure.instance and run.start > failure.time
    ]
    recovered = [
        one.time
        for one in world.core.journal.of(GuestRecovered)
        if one.instance == failure.instance and one.time > failure.time
    ]
    return min([*starts, *recovered], default=inf)


def _puts_back(world: World, fact: RestartAccepted) -> bool:
    """What is in error since we tried to evacuate it, or another tool did that for us, is rebooted for
    that, and not for a failure here."""
    return fact.state == "error" and any(
        one.instance == fact.instance and one.time < fact.time
        for one in world.core.journal.of(EvacuateAccepted)
    )


def _wrongs(world: World, fact: RestartAccepted) -> Iterator[str]:
    before = [one for one in failures_of(world, fact.instance) if one.time <= fact.time]
    if not before or before[-1].host != fact.host:
        yield f"and had not failed on {fact.host}"
        return
    failure = before[-1]
    if fact.looked < failure.time:
        yield "and nobody had looked at Nova since it failed"
    if fact.state in _KEPT:
        yield f"and was {fact.state}"
    if what := wanted(world, fact, failure.time):
        yield f"and its owner had asked to {what} it"
    if _is_second(world, fact, failure):
        yield "a second time for one failure"
    if fact.well and fact.time - again_at(world, failure) > STALE:
        yield "and was well again"
    if is_flagged(world, fact.host, fact.time - CROSSING):
        yield f"and its host {fact.host} is flagged"


def _is_second(world: World, fact: RestartAccepted, failure: GuestFailed) -> bool:
    ours = [
        one
        for one in world.core.journal.of(RestartAccepted)
        if (one.instance, one.by) == (fact.instance, US) and one.time >= failure.time
    ]
    return ours[0] is not fact


def wanted(world: World, fact: RestartAccepted | MoveAccepted, since: float) -> str:
    """Before we looked."""
    found = (
        one.what
        for one in world.core.journal.of(Wanted)
        if one.instance == fact.instance
        and since <= one.time <= fact.looked
        and one.what not in _SAYS_NOTHING
    )
    return next(found, "")


def is_flagged(world: World, host: NovaHost, at: float) -> bool:
    flagged = False
    facts: list[Fact] = [one for one in world.core.journal.facts if one.time <= at]
    for fact in facts:
        match fact:
            case FlagWritten(host=there) if there == host:
                flagged = fact.state is not FlagState.DONE
            case FlagCleared(host=there) if there == host:
                flagged = False
            case _:
                pass
    return flagged
