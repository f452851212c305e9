"""Whom the policy leaves to others: is somebody told of each before its host's evacuation is over, and is
nobody told that then was evacuated all the same? Told from what really happened alone."""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.model import FlagState, InstanceId, NovaHost
from vmha_ocf.sim.base.journal import US, EvacuateAccepted, Evacuated, FlagWritten, LeftAlone
from vmha_ocf.sim.cloud.database import Server
from vmha_ocf.sim.world import World

LISTED = 15.0
"""Seconds from a list of a host's instances until one is told of, or it is called done."""


def untold(world: World) -> Iterator[str]:
    """P6. What somebody else evacuates, deletes or says meanwhile is their word."""
    for done in world.core.journal.of(FlagWritten):
        for one in done.left if done.state is FlagState.DONE else ():
            server = world.database.servers.get(one)
            if (
                server is None
                or not server.is_left_alone
                or _is_in_other_hands(world, server, done)
            ):
                continue
            since = _flagged(world, done.host, done.time)
            if not (
                _told(world, one, since, done.time)
                or world.reported.between(one, since, done.time)
            ):
                yield f"P6 at {done.time:.2f}: {one} was left alone on {done.host} without a word"


def told_and_evacuated(world: World) -> Iterator[str]:
    """P2: who replaces it would have it twice. Its owner may have said otherwise since it was listed."""
    for fact in world.core.journal.of(EvacuateAccepted):
        server = world.database.servers.get(fact.instance)
        since = _flagged(world, fact.host, fact.time)
        told = [
            one.time
            for one in world.core.journal.of(LeftAlone)
            if one.instance == fact.instance and since <= one.time <= fact.time
        ]
        if fact.by == US and told and server and server.marks_changed < told[-1] - LISTED:
            yield f"P2 at {fact.time:.2f}: {fact.instance} was evacuated, and was left to others"


def _is_in_other_hands(world: World, server: Server, done: FlagWritten) -> bool:
    flagged = _flagged(world, done.host, done.time)
    journal = world.core.journal
    moves: list[EvacuateAccepted | Evacuated] = [
        *journal.of(EvacuateAccepted),
        *journal.of(Evacuated),
    ]
    moved = any(one.instance == server.id and flagged <= one.time for one in moves)
    late = server.marks_changed > done.time - LISTED
    return (
        moved
        or late
        or server.delete_waits_for is not None
        or "deleting" in (server.task_state or "")
    )


def _told(world: World, instance: InstanceId, since: float, until: float) -> bool:
    told = world.core.journal.of(LeftAlone)
    return any(one.instance == instance and since <= one.time <= until for one in told)


def _flagged(world: World, host: NovaHost, until: float) -> float:
    """When the failure began that was current then."""
    written = world.core.journal.of(FlagWritten)
    times = [
        one.time
        for one in written
        if one.host == host and one.state is FlagState.NEEDED and one.time <= until
    ]
    return max(times, default=0.0)
