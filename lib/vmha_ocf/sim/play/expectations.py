"""Whether a scenario ended as its author expected. The promises are checked beside this, always."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings, Untagged
from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.journal import US, EvacuateAccepted, FlagWritten, RestartAccepted
from vmha_ocf.sim.base.scenario import HostExpected, InstancesExpected, Scenario
from vmha_ocf.sim.cloud.database import Server
from vmha_ocf.sim.judge.invariants import Ours, image_marks, left_behind, marked, refused
from vmha_ocf.sim.judge.restarts import again_at, failures_of
from vmha_ocf.sim.world import World

TELLS = 30.0
"""Seconds within which whatever is told is told again."""
HEALS = 60.0
"""Seconds after its last failure within which a guest runs again, or somebody is told why not."""
LOOKED = 60.0
"""Seconds after its flag within which a host's instances have been looked at."""
Members = Mapping[str, Sequence[InstanceId]]
"""The instances of each group."""


@dataclass(frozen=True)
class Whose:
    """Which instances are to be evacuated, and which may be."""

    ours: Ours
    perhaps: Ours


def ours_by(settings: Settings, world: World) -> Whose:
    """Told from the tables, and not by the worker's own code."""
    whose = _by_marks(settings, world)

    def begun(server: Server) -> bool:
        accepted = world.core.journal.of(EvacuateAccepted)
        return any(
            (one.instance, one.by) == (server.id, US) and one.time < server.excluded_since
            for one in accepted
        )

    return Whose(
        lambda server: (
            whose.ours(server)
            and not (server.excluded or server.is_left_alone)
            and (server.excluded_since < 0 or begun(server))
        ),
        lambda server: whose.perhaps(server) and not (server.excluded or server.is_left_alone),
    )


def _by_marks(settings: Settings, world: World) -> Whose:
    def carries(server: Server) -> bool:
        image = world.database.images.get(server.image, {}) if server.image else {}
        return marked(server) or (image_marks(image) and not refused(server))

    if settings.untagged is Untagged.NONE:
        return Whose(carries, carries)
    none_marked = not any(
        (
            *(carries(server) for server in world.database.servers.values()),
            *(image_marks(image) for image in world.database.images.values()),
        )
    )

    def unless_marked(before: Callable[[World, NovaHost], float]) -> Ours:
        def ours(server: Server) -> bool:
            if carries(server) or refused(server):
                return carries(server)
            if settings.untagged is Untagged.ALL or not none_marked:
                return settings.untagged is Untagged.ALL
            # Asked last: it looks at all instances for each of them.
            first = min(_marked_at(world, carries), default=0.0)
            return not 0.0 < first < before(world, server.born_on)

        return ours

    return Whose(unless_marked(_decided_at_last), unless_marked(_failed_at))


def _marked_at(world: World, carries: Ours) -> Iterator[float]:
    return (one.marks_changed for one in world.database.servers.values() if carries(one))


def _failed_at(world: World, host: NovaHost) -> float:
    flagged = (one.time for one in world.core.journal.of(FlagWritten) if one.host == host)
    return min(flagged, default=0.0)


def _decided_at_last(world: World, host: NovaHost) -> float:
    """Somebody may mark something just as this host fails, before anything is asked for: whoever looks
    after that sees a cloud in which people mark what matters, and whoever looked before does not. Either is
    right; once the first request is out, it is decided."""
    accepted = world.core.journal.of(EvacuateAccepted)
    asked = [one.time for one in accepted if (one.host, one.by) == (host, US)]
    return min([*asked, _failed_at(world, host) + LOOKED])


def unmet(
    scenario: Scenario, world: World, members: Members, ours: Ours, problems: Sequence[str]
) -> Iterator[str]:
    """One sentence for each expectation that did not come true."""
    for instances in scenario.expect.instances:
        for sentence in _instances(instances, scenario, world, members):
            yield f"{instances.group}: {sentence}"
    for host in scenario.expect.host:
        for sentence in _host(host, world):
            yield f"{host.name}: {sentence}"
    yield from _said(scenario, world)
    yield from _problems(scenario, problems)
    yield from liveness(scenario, world, members, ours, problems)
    yield from unhealed(scenario, world, members, problems)


def _instances(
    expected: InstancesExpected, scenario: Scenario, world: World, members: Members
) -> Iterator[str]:
    origin = next(group.host for group in scenario.instances if group.name == expected.group)
    requests = 0
    for one in members[expected.group]:
        requests += len(world.records(one))
        server = world.database.servers.get(one)
        if server is None:
            if expected != InstancesExpected(expected.group, or_told=True):
                yield f"{one} was deleted"
            continue
        yield from _one(expected, origin, server, world)
    if expected.requests is not None and requests != expected.requests:
        yield f"{requests} evacuations were accepted, not {expected.requests}"
    yield from _restarts(expected, world, members)


def _restarts(expected: InstancesExpected, world: World, members: Members) -> Iterator[str]:
    mine = members[expected.group]
    accepted = world.core.journal.of(RestartAccepted)
    count = sum(one.by == US and one.instance in mine for one in accepted)
    if expected.restarts is not None and count != expected.restarts:
        yield f"{count} restarts were accepted, not {expected.restarts}"
    for failure in (each for one in mine for each in failures_of(world, one)):
        took = again_at(world, failure) - failure.time
        if expected.again_within and took > expected.again_within:
            told = f"{failure.instance}, which failed at {failure.time:.2f}"
            yield f"{told}, ran again after {took:.1f} s, not {expected.again_within:g}"


def _one(expected: InstancesExpected, origin: str, server: Server, world: World) -> Iterator[str]:
    runs = world.runs_on(server.id)
    told = world.reported.ever(server.id)
    where = f"runs on {' and '.join(runs) or 'no host'}"
    if expected.moved and (len(runs) != 1 or origin in runs):
        yield f"{server.name} {where}, not once and elsewhere"
    if expected.on and (len(runs) != 1 or runs[0] not in expected.on):
        yield f"{server.name} {where}, not on {' or '.join(expected.on)}"
    if expected.stays and server.host != world.host(origin).name:
        yield f"{server.name} is on {server.host}, it did not stay"
    if expected.runs is not None and runs != [world.host(server.host).node] * expected.runs:
        yield f"{server.name} {where}"
    if expected.state and server.vm_state != expected.state:
        yield f"{server.name} is {server.vm_state}, not {expected.state}"
    if expected.told and not any(expected.told in one for one in told):
        newest = told[-1] if told else "nothing"
        yield f"{server.name}: {newest} was told, not {expected.told!r}"


def _host(expected: HostExpected, world: World) -> Iterator[str]:
    host, flag = world.host(expected.name), world.flag(expected.name)
    service = world.database.services.get(host.name)
    found = {
        "flag": flag.state.value if flag else "none",
        "enabled": service.enabled if service else "gone",
        "forced_down": service.forced_down if service else "gone",
        "up": service.up if service else "gone",
        "power": host.power.value,
        "compute": host.compute.running,
    }
    for name, value in found.items():
        wanted = getattr(expected, name)
        if wanted not in ("", None) and wanted != value:
            yield f"{name} is {value}, not {wanted}"


def _said(scenario: Scenario, world: World) -> Iterator[str]:
    log = "\n".join(map(str, world.log))
    for part in scenario.expect.said:
        if part not in log:
            yield f"nobody said {part!r}"
    for part in scenario.expect.unsaid:
        if part in log:
            yield f"somebody said {part!r}"


def _problems(scenario: Scenario, problems: Sequence[str]) -> Iterator[str]:
    shown = "; ".join(problems) or "nothing"
    if scenario.expect.problem and scenario.expect.problem not in shown:
        yield f"pcs status shows {shown}, not {scenario.expect.problem!r}"
    if scenario.expect.no_problem and problems:
        yield f"pcs status shows {shown}"


def liveness(
    scenario: Scenario, world: World, members: Members, ours: Ours, problems: Sequence[str] = ()
) -> Iterator[str]:
    """Instances that were left behind, and that nobody expects to be."""
    excused = {
        one
        for expected in scenario.expect.instances
        if expected.stays or expected.told or expected.may_stay
        for one in members[expected.group]
    }
    either = {
        one
        for expected in scenario.expect.instances
        if expected.or_told
        for one in members[expected.group]
    }
    for one in left_behind(world, ours=ours):
        if one not in excused and not (one in either and _is_told(world, one, problems)):
            server = world.instance(one)
            yield f"{server.name} was left behind on {server.host}"


def unhealed(
    scenario: Scenario,
    world: World,
    members: Members,
    problems: Sequence[str] = (),
    *,
    within: float = HEALS,
) -> Iterator[str]:
    """Guests that failed on a host that lives, restarted by the policy, and down without a word."""
    for group in scenario.instances:
        for one in members[group.name] if group.heals else ():
            server, failures = world.database.servers.get(one), failures_of(world, one)
            if server is None or server.owned or not failures or _is_healed(world, one):
                continue
            lives = world.host(server.host).listening and world.flag(server.host) is None
            late = world.now - failures[-1].time > within
            if lives and late and not _is_told(world, one, problems):
                yield f"{server.name} failed at {failures[-1].time:.2f}, and is down without a word"


def _is_healed(world: World, instance: InstanceId) -> bool:
    host = world.host(world.instance(instance).host)
    return host.runs_guest(instance) and host.libvirt.is_well(instance)


def _is_told(world: World, instance: InstanceId, problems: Sequence[str]) -> bool:
    """Within the last rounds, about it, its host or that host's node."""
    server = world.instance(instance)
    told = world.reported.between(instance, world.now - TELLS, world.now)
    names = (server.host, world.host(server.host).node)
    return told or any(name in problem for problem in problems for name in names)
