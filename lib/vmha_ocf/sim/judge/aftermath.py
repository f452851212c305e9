"""What is judged at the end of a run: was everything that we evacuated ours, is nothing of ours left behind
on a service, and is each instance as it was before, or told? Told from what really happened alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.journal import US, ComputeStarted, EvacuateAccepted, HostFailed
from vmha_ocf.sim.cloud.database import Server, Service
from vmha_ocf.sim.cloud.services import CROSSING
from vmha_ocf.sim.judge.disables import disabled_wrongly
from vmha_ocf.sim.judge.fences import fenced_wrongly
from vmha_ocf.sim.judge.leaves import migrated_wrongly
from vmha_ocf.sim.judge.left_alone import told_and_evacuated, untold
from vmha_ocf.sim.judge.moves import moved_wrongly
from vmha_ocf.sim.judge.restarts import failures_of, restarted_wrongly
from vmha_ocf.sim.judge.signals import on_one_signal
from vmha_ocf.sim.world import World

Ours = Callable[[Server], bool]
SEEN_OFF = 120.0
"""Seconds after the start of a nova-compute in which it finds a guest off, and we find it stopped."""
SETTLED = 300.0
"""Seconds after which a host that runs again is back in service, or somebody has been told why not."""
CHECKS = (
    "evacuated though not ours",
    "left forced down or disabled",
    "not as it was",
    "restarted without a reason",
    "restarted on one signal",
    "disabled on one signal",
    "migrated on one signal",
    "fenced on one signal",
    "left alone without a word",
    "left alone and evacuated",
)


def judged(
    world: World, ours: Ours, problems: Sequence[str], perhaps: Ours | None = None
) -> Iterator[str]:
    """One sentence for each promise that was broken. ``problems``: what ``pcs status`` shows;
    ``perhaps``: which are ours by one of two looks that are both right."""
    yield from not_ours(world, perhaps or ours)
    yield from left_on_services(world, problems)
    yield from not_as_before(world, ours, problems)
    yield from restarted_wrongly(world)
    yield from moved_wrongly(world)
    yield from on_one_signal(world)
    yield from disabled_wrongly(world)
    yield from migrated_wrongly(world)
    yield from fenced_wrongly(world)
    yield from untold(world)
    yield from told_and_evacuated(world)


def not_ours(world: World, ours: Ours) -> Iterator[str]:
    """P12. Marks that changed since are no evidence, nor those that changed while we asked."""
    for fact in world.core.journal.of(EvacuateAccepted):
        server = world.database.servers.get(fact.instance)
        if fact.by != US or server is None or server.marks_changed > fact.time - CROSSING:
            continue
        if not ours(server):
            yield f"P12 at {fact.time:.2f}: {fact.instance} was evacuated, and it is not ours"


def left_on_services(world: World, problems: Sequence[str]) -> Iterator[str]:
    """P7: of a host that has been in use for long. While it is away, its flag or a problem tells it."""
    for service in world.database.services.values():
        host = service.host
        what = _of_ours(service)
        if not what or _is_told(host.name, problems) or world.flag(host.name) is not None:
            continue
        back = host.listening and world.now - _since(world, host.name) > SETTLED
        if back or not host.reachable:
            yield f"P7 at {world.now:.2f}: {host.name} is left {what} by us, and nobody is told"


def _of_ours(service: Service) -> str:
    forced = service.forced_down and service.forced_by == US
    disabled = not service.enabled and service.disabled_by == US
    return "forced down" if forced else "disabled" if disabled else ""


def _since(world: World, host: NovaHost) -> float:
    starts = [fact.time for fact in world.core.journal.of(ComputeStarted) if fact.host == host]
    return max(starts, default=0.0)


def not_as_before(world: World, ours: Ours, problems: Sequence[str]) -> Iterator[str]:
    """P6. An ERROR that was none before, and a guest that runs and did not: told as long as it lasts, but
    where its owner has said something since, or another tool has moved it. So is a guest that is off
    because its host was, once Nova has had the time to see it, and not because it failed by itself."""
    failed = {fact.host for fact in world.core.journal.of(HostFailed)}
    meddled = {one.instance for one in world.core.journal.of(EvacuateAccepted) if one.by != US}
    for server in world.database.servers.values():
        if server.born_on not in failed or server.owned or not ours(server):
            continue
        if server.id in meddled:
            continue
        if server.task_state is not None or world.rebuilder.in_flight(server.id):
            continue
        if _started_behind_us(world, server.born_on):
            continue
        what = _changed(world, server)
        if what and not _knows(world, server, problems):
            yield f"P6 at {world.now:.2f}: {server.id} {what}, and nobody is told"


def _started_behind_us(world: World, host: NovaHost) -> bool:
    """What Nova makes of its instances then is told while it happens, and is whoever started it's."""
    starts = [fact for fact in world.core.journal.of(ComputeStarted) if fact.host == host]
    return bool(starts) and not starts[-1].by_us


def _changed(world: World, server: Server) -> str:
    if server.before in ("active", "stopped") and server.vm_state == "error":
        return f"was {server.before} and is in error on {server.host}"
    if server.before == "stopped" and world.runs_on(server.id):
        return "was stopped and runs"
    if server.before == "active" and _is_left_off(world, server):
        return f"was active and is off since its host {server.host} was"
    return ""


def _is_left_off(world: World, server: Server) -> bool:
    if world.runs_on(server.id) or server.vm_state not in ("active", "stopped"):
        return False
    if failures_of(world, server.id):
        return False
    if not server.launched:  # It never ran.
        return False
    lived_on = (server.born_on, server.host)
    starts = [one for one in world.core.journal.of(ComputeStarted) if one.host in lived_on]
    if not all(one.by_us for one in starts):
        return False  # Nova may have stopped it in a boot that we never saw.
    listening = world.host(server.host).listening
    return listening and world.now - _since(world, server.host) > SEEN_OFF


def _knows(world: World, server: Server, problems: Sequence[str]) -> bool:
    """Its host's flag waits, or it is told now."""
    flag = world.flag(server.host)
    pending = flag is not None and flag.pending
    told = _told(world, server.id)
    return pending or told or server.name in "; ".join(problems) or _is_told(server.host, problems)


def _told(world: World, instance: InstanceId) -> bool:
    """Within the last rounds."""
    return world.reported.between(instance, world.now - 30.0, world.now)


def _is_told(host: NovaHost, problems: Sequence[str]) -> bool:
    return any(host in problem for problem in problems)
