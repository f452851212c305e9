"""P13 of what is fenced by policy: a host that is disabled for a failure that is there and has lasted,
while nobody else is down; where each that runs on it may be lost by its row; and once in a day.

Told from what was true as it happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.matching import classify
from vmha_ocf.model import NovaHost
from vmha_ocf.service import marker
from vmha_ocf.sim.base.journal import FencingAsked, NodeJoined
from vmha_ocf.sim.cloud.services import CROSSING
from vmha_ocf.sim.judge.disables import SLACK, policy_of, since
from vmha_ocf.sim.world import World

DAY = 86400.0
AWAY = 600.0
"""Seconds in which a host that was fenced is back."""


def fenced_wrongly(world: World) -> Iterator[str]:
    """A sentence each."""
    before: dict[NovaHost, float] = {}
    for fact in world.core.journal.of(FencingAsked):
        why = _wrong(world, fact)
        if fact.time - before.get(fact.host, -DAY) < DAY:
            why = "a second time"
        elif other := _away(world, fact, before):
            why = f"while {other} was"
        before[fact.host] = fact.time
        if why:
            yield f"P13 at {fact.time:.2f}: {fact.host} was fenced by policy, {why}"


def _away(world: World, fact: FencingAsked, before: Mapping[NovaHost, float]) -> str:
    """Another one that was fenced by policy, and is not there yet; not one that is gone for good."""
    joined = [one for one in world.core.journal.of(NodeJoined) if one.time <= fact.time]
    return next(
        (
            host
            for host, at in before.items()
            if fact.time - at < AWAY
            and not any(one.host == host and one.time > at for one in joined)
        ),
        "",
    )


def _wrong(world: World, fact: FencingAsked) -> str:
    mark = marker.parse_mark(fact.reason)
    if mark is None or mark.cause not in (marker.NETWORK, marker.PROCESS):
        return "which was not disabled for a failure"
    if fact.flagged:
        return f"while {', '.join(fact.flagged)} waits for its evacuation"
    node, patterns = world.host(fact.host).node, policy_of(world).never_fence
    if any(fnmatchcase(node, one) for one in patterns):
        return "which is never to be"
    what = mark.episode.partition("@")[0].split("+")
    failed = _network(world, fact, what) if mark.cause == marker.NETWORK else _process(fact)
    return failed or next(_lost(world, fact, mark.cause, what), "")


def _process(fact: FencingAsked) -> str:
    return "whose nova-compute ran well" if fact.hears else ""


def _network(world: World, fact: FencingAsked, what: Sequence[str]) -> str:
    """One that was back within the last seconds may be taken for lost."""
    held_for = policy_of(world).gates.held_for
    for network in what:
        moments = (fact.time, fact.time - CROSSING)
        began = [since(world, fact.host, network, at, up=False) for at in moments]
        known = [one for one in began if one is not None]
        if not known:
            return f"whose {network} network was well"
        if fact.time - min(known) < held_for - SLACK:
            return f"{fact.time - min(known):.0f} s after its {network} network was lost"
    return ""


def _lost(world: World, fact: FencingAsked, cause: str, what: Sequence[str]) -> Iterator[str]:
    policy = policy_of(world)
    kinds = [f"process.{one}" for one in what]
    if cause == marker.NETWORK:
        kinds = [f"network.{one}" for one in (*(["several"] if len(what) > 1 else []), *what)]
    for instance in fact.running:
        server = world.database.servers.get(instance)
        if server is None or server.marks_changed > fact.time - CROSSING:
            continue
        name = classify(server.view(), policy, world.database.images).name
        rows: Mapping[str, tuple[Action, ...]] = next(
            (one.rows for one in policy.classes if one.name == name), {}
        )
        row = next((rows[kind] for kind in kinds if kind in rows), ())
        if Action.FENCE not in row:
            yield f"and no row of the class of {server.name or instance} says so"
