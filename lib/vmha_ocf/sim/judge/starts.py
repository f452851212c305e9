"""nova-compute on a host that is flagged, and hosts that are in use again."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from vmha_ocf.model import FlagState, InstanceId, NovaHost
from vmha_ocf.sim.base.journal import (
    US,
    ComputeEnded,
    ComputeStarted,
    EvacuateAccepted,
    Evacuated,
    Fact,
    FlagCleared,
    FlagEnding,
    FlagErased,
    FlagKept,
    FlagWritten,
)
from vmha_ocf.sim.world import World

GAP = 30.0
"""Seconds from a look at the gate until nova-compute runs, on a slow machine; and until it is stopped
again, where its host was flagged meanwhile."""


def early_starts(world: World) -> Iterator[tuple[Fact, str]]:
    """A flag that is written between the look at the gate and the start stops nova-compute again: no
    gate can see it before."""
    since: dict[NovaHost, float] = {}
    for fact in world.core.journal.facts:
        match fact:
            case FlagCleared() | FlagEnding() | FlagErased() | FlagWritten(state=FlagState.DONE):
                since.pop(fact.host, None)
            case FlagWritten() | FlagKept():
                since.setdefault(fact.host, fact.time)
            case ComputeStarted(by_us=True):
                yield from _early(world, fact, since.get(fact.host))
            case _:
                pass


def _early(world: World, fact: ComputeStarted, since: float | None) -> Iterator[tuple[Fact, str]]:
    """``since``: a flag was written then and has not ended, whatever became of it."""
    if fact.flagged:
        just_now = since is None or fact.time - since <= GAP
        if not (just_now and _is_stopped_again(world, fact)):
            yield (fact, f"nova-compute started on {fact.host}, which is flagged")
    elif since is not None:
        yield (fact, f"nova-compute started on {fact.host}, whose flag was lost")
    unfinished = [one for one in fact.unfinished if _is_asked_by_us(world, fact, one)]
    if unfinished:
        left = ", ".join(unfinished)
        yield (fact, f"nova-compute started on {fact.host} before {left} had left")


def _is_stopped_again(world: World, start: ComputeStarted) -> bool:
    return _end_of(world, start) <= start.time + GAP


def _end_of(world: World, start: ComputeStarted) -> float:
    ends = (fact for fact in world.core.journal.of(ComputeEnded) if fact.host == start.host)
    return next((fact.time for fact in ends if fact.time >= start.time), inf)


def is_used(world: World, start: ComputeStarted) -> bool:
    end = _end_of(world, start)
    runs = world.hosts[start.host].runs
    ran = any(run.start < end and run.end > start.time for run in runs)
    flagged = any(
        fact.host == start.host and start.time <= fact.time <= start.time + GAP
        for fact in world.core.journal.of(FlagWritten)
    )
    return ran or not flagged or not _is_stopped_again(world, start)


def _is_asked_by_us(world: World, start: ComputeStarted, instance: InstanceId) -> bool:
    """What another tool moves off a host that nobody has fenced, no gate knows of; nor what it has asked
    for on top of ours, once that has moved the instance."""
    asked, moved = (
        [fact.time for fact in facts if (fact.host, fact.instance) == (start.host, instance)]
        for facts in (_asked_by_us(world), world.core.journal.of(Evacuated))
    )
    return bool(asked) and not any(asked[-1] < time <= start.time for time in moved)


def _asked_by_us(world: World) -> list[EvacuateAccepted]:
    return [fact for fact in world.core.journal.of(EvacuateAccepted) if fact.by == US]
