"""The promises, checked against what really happened in a world.

P1-P7 and P11 of the design. P8 (stop), P9 (any crash) and P10 (secrets) are about processes, which
a world does not have; the tripwire is how tests try P9.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import TypeVar

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.settings import Marks
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import FlagState, InstanceId, NovaHost
from vmha_ocf.sim.base.journal import (
    US,
    ComputeEnded,
    ComputeStarted,
    EvacuateAccepted,
    Evacuated,
    Fact,
    FlagCleared,
    FlagErased,
    FlagWritten,
    HeartbeatsBegin,
    HostFact,
    HostFailed,
    LeftAlone,
    ProvenOff,
    ServiceUndone,
)
from vmha_ocf.sim.cloud.database import Server
from vmha_ocf.sim.cloud.services import CROSSING, OPERATOR
from vmha_ocf.sim.cluster.hosts import Run
from vmha_ocf.sim.judge.starts import early_starts, is_used
from vmha_ocf.sim.judge.storms import evacuated_in_a_storm
from vmha_ocf.sim.world import World

H = TypeVar("H", bound=HostFact)
PROMISES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P11")
"""Those that ``check`` checks."""
LISTED = 15.0
"""Seconds from the last list of a host's instances until it is called done, with slow answers. What is
marked meanwhile is evacuated after it, and must not be left behind at the end."""
LOOKED = 5.0
"""Seconds from what a look at Nova's services has seen until the request after it is accepted, with slow
answers: what comes between the two, nobody can see, and Nova has no condition on a POST."""
Ours = Callable[[Server], bool]
"""Whether an instance is to be evacuated."""


def marked(server: Server) -> bool:
    """By tag, metadata or flavor, with the names that are the default."""
    if refused(server):
        return False
    own = [server.metadata[key] for key in Marks().metadata if key in server.metadata]
    specs = (server.extra_specs.get(key, "") for key in Marks().flavor)
    said = any(_says(text, "yes") for text in (*own, *specs))
    return said or bool(server.tags.intersection(Marks().server_tags))


def refused(server: Server) -> bool:
    """Its owner's word against it: that wins over every mark."""
    if server.task_state in ("deleting", "soft-deleting") or server.vm_state == "soft-delete":
        return True
    own = (server.metadata[key] for key in Marks().metadata if key in server.metadata)
    return any(_says(text, "no") for text in own)


def image_marks(properties: Mapping[str, str]) -> bool:
    """Whether an image marks what was booted from it."""
    return any(_says(properties.get(key, ""), "yes") for key in Marks().image)


def check(
    world: World, *, ours: Ours = marked, storm_limit: int = 0, storm_window: float = 3600.0
) -> list[str]:
    """One sentence for each promise that was broken, in the order of the promises."""
    return [
        *_evacuated_without_proof(world),
        *_second_evacuations(world),
        *_double_guests(world),
        *_lost_flags(world),
        *_early_starts(world),
        *_done_too_early(world, ours),
        *_skipped(world, ours),
        *_undone(world),
        *_storms(world, storm_limit, storm_window),
    ]


def left_behind(world: World, *, ours: Ours = marked) -> list[InstanceId]:
    """Instances of ours that are still where nova-compute does not run: what a healthy Nova with
    room enough must bring to nothing, given time."""
    return [
        server.id
        for server in world.database.servers.values()
        if not world.hosts[server.host].compute.running
        and not server.delete_waits_for
        and ours(server)
        and not world.rebuilder.in_flight(server.id)
    ]


def _evacuated_without_proof(world: World) -> Iterator[str]:
    """A start through the gate ends what was proved: the host is in use again, unless that is stopped
    again at once, without a guest, because its flag was being written. One behind our back
    does so as long as Nova hears from it, from its second heartbeat on: nobody can tell before."""
    timing = world.core.timing
    proved: set[NovaHost] = set()
    shown: dict[NovaHost, float] = {}
    for fact in world.core.journal.facts:
        match fact:
            case ProvenOff():
                proved.add(fact.host)
            case ComputeStarted():
                proved -= {fact.host} if fact.by_us and is_used(world, fact) else set()
            case HeartbeatsBegin():
                shown[fact.host] = fact.first + timing.heartbeat + LOOKED
            case ComputeEnded() | HostFailed():
                shown.pop(fact.host, None)
            case EvacuateAccepted(by="us") | LeftAlone() if (
                fact.host not in proved or fact.time >= shown.get(fact.host, inf)
            ):
                what = "evacuated" if isinstance(fact, EvacuateAccepted) else "left to others"
                yield _text("P1", fact, f"{fact.instance} was {what}, {fact.host} not proven off")
            case _:
                pass


def _second_evacuations(world: World) -> Iterator[str]:
    for fact in world.core.journal.of(EvacuateAccepted):
        rivals = set(fact.rivals) - set(_left_over(world, fact))
        if fact.by == US and len(rivals) > _crossing(world, fact):
            numbers = ", ".join(map(str, sorted(rivals)))
            yield _text("P2", fact, f"{fact.instance} evacuated while {numbers} was in flight")


def _left_over(world: World, ours: EvacuateAccepted) -> Iterator[int]:
    """What another tool has doubled, off a host that the instance has left since, may stay accepted for
    ever. It can begin only while Nova waits for a destination to begin, and one of the two fails."""
    doubled = any(
        one.instance == ours.instance and one.by != US and one.rivals and one.time < ours.time
        for one in world.core.journal.of(EvacuateAccepted)
    )
    for record in world.records(ours.instance) if doubled else ():
        if record.source != ours.host:
            yield record.id


def _crossing(world: World, ours: EvacuateAccepted) -> int:
    """How many others asked for the same after we had looked: Nova has no condition on a POST."""
    return sum(
        fact.instance == ours.instance
        and fact.by != US
        and ours.time - CROSSING < fact.time <= ours.time
        for fact in world.core.journal.of(EvacuateAccepted)
    )


def _double_guests(world: World) -> Iterator[str]:
    """But for what another tool has asked for on top of what was under way, or at the same moment, or of
    a guest that ran: nobody prevents that."""
    runs: dict[InstanceId, list[Run]] = defaultdict(list)
    for host in world.hosts.values():
        for run in host.runs:
            runs[run.instance].append(run)
    meddled: dict[InstanceId, float] = {}
    for fact in world.core.journal.of(EvacuateAccepted):
        ran = any(one.start <= fact.time < one.end for one in runs[fact.instance])
        doubled = fact.rivals and (fact.by != US or _crossing(world, fact))
        if doubled or (ran and fact.by != US):
            meddled.setdefault(fact.instance, fact.time)
    for instance, each in sorted(runs.items()):
        for one, other in pairwise(sorted(each, key=lambda run: run.start)):
            if other.start < min(one.end, meddled.get(instance, inf)):
                where = f"{one.host} and {other.host}"
                yield f"P2 at {other.start:.2f}: {instance} ran on {where} at once"


def _lost_flags(world: World) -> Iterator[str]:
    for host in world.hosts:
        fact = _last(FlagWritten, _needed_or_done(world), host)
        if fact is None or fact.state is FlagState.DONE:
            continue
        erased = _last(FlagErased, world.core.journal.facts, host)
        flag = world.flag(host)
        if (flag is None or not flag.pending) and (erased is None or erased.time < fact.time):
            yield _text("P3", fact, f"{host} was flagged then, and the flag is lost")


def _needed_or_done(world: World) -> list[Fact]:
    written = world.core.journal.of(FlagWritten)
    return [fact for fact in written if fact.state is not FlagState.CLAIMED]


def _early_starts(world: World) -> Iterator[str]:
    for fact, why in early_starts(world):
        yield _text("P4", fact, why)


def _done_too_early(world: World, ours: Ours) -> Iterator[str]:
    for fact in world.core.journal.of(FlagWritten):
        for instance in fact.left if fact.state is FlagState.DONE else ():
            server = world.database.servers.get(instance)
            flagged = _flagged(world, fact.host, fact.time)
            if _came_since(world, instance, fact, flagged):
                continue
            told = world.reported.between(instance, flagged, fact.time)
            late = server is not None and server.marks_changed > fact.time - LISTED
            if server and ours(server) and not (told or late or server.delete_waits_for):
                yield _text("P5", fact, f"{fact.host} called done with {instance} on it")


def _came_since(world: World, instance: InstanceId, done: FlagWritten, flagged: float) -> bool:
    """Nova has brought it there since: the host was in use again, and what failed is not about it."""
    return any(
        (one.instance, one.dest) == (instance, done.host) and flagged < one.time <= done.time
        for one in world.core.journal.of(Evacuated)
    )


def _skipped(world: World, ours: Ours) -> Iterator[str]:
    """Of hosts whose evacuation is over. Where a flag is pending, whoever is left still waits."""
    for instance in left_behind(world, ours=ours):
        host = world.instance(instance).host
        flag = world.flag(host)
        handled = flag is not None and flag.state is FlagState.DONE
        cleared = _last(FlagCleared, world.core.journal.facts, host)
        flagged = _flagged(world, host, world.now)
        told = world.reported.between(instance, flagged, world.now)
        waits = flag is not None and flag.pending
        if (handled or cleared) and not (told or waits):
            yield f"P6 at {world.now:.2f}: {instance} was left on {host} without a word"


def _flagged(world: World, host: NovaHost, until: float) -> float:
    """When the failure began that was current then: what was told before was about another one."""
    times = [
        fact.time
        for fact in world.core.journal.of(FlagWritten)
        if fact.host == host and fact.state is FlagState.NEEDED and fact.time <= until
    ]
    return times[-1] if times else 0.0


def _undone(world: World) -> Iterator[str]:
    for fact in world.core.journal.of(ServiceUndone):
        if fact.set_by == OPERATOR:
            yield _text("P7", fact, f"{fact.host} was {fact.what}; an operator had set that")


def _storms(world: World, limit: int, window: float) -> Iterator[str]:
    facts = world.core.journal.facts
    for fact, why in evacuated_in_a_storm(facts, limit, window, machine_in(world)):
        yield _text("P11", fact, why)


def machine_in(world: World) -> Callable[[NovaHost], str]:
    """One name for a machine, whichever of its names a fact has."""
    machines = {
        name: str(one.node) for one in world.hosts.values() for name in (one.node, one.name)
    }
    return lambda host: machines.get(host, str(host))


def _last(kind: type[H], facts: Sequence[Fact], host: NovaHost) -> H | None:
    found = (one for one in reversed(facts) if isinstance(one, kind) and one.host == host)
    return next(found, None)


def _says(text: str, answer: str) -> bool:
    try:
        return parse_boolean(text) is (answer == "yes")
    except ParameterError:
        return False


def _text(promise: str, fact: Fact, what: str) -> str:
    return f"{promise} at {fact.time:.2f}: {what}"
