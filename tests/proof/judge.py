"""Playing a scenario until all is well again, and saying what is not.

Nothing here looks at how long something took: only whether it came about in the time there was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from tests.proof.person import Person
from vmha_ocf.model import InstanceId, NovaHost, Power
from vmha_ocf.sim.base.journal import ComputeStarted
from vmha_ocf.sim.base.scenario import CrashSpec, Scenario
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.cloud.database import Service
from vmha_ocf.sim.cloud.services import OPERATOR
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.judge.aftermath import judged
from vmha_ocf.sim.judge.invariants import machine_in
from vmha_ocf.sim.judge.storms import raging
from vmha_ocf.sim.play.expectations import liveness, unhealed
from vmha_ocf.sim.play.run import Outcome, Play, begin
from vmha_ocf.sim.play.scenario_check import options_of
from vmha_ocf.sim.world import World

_STUCK = "never repeated while Nova may work on it"
_HELD = "evacuation is held"
_ALIVE = "not evacuated without a new fencing"
_STEP = 10.0
_CALM = 60.0
"""Seconds for which all has to be well: then nothing happens any more but polls. More than it takes to
flag a host that was fenced without our agent."""
_SILENT = 660.0
"""Seconds in which nothing happened and nobody said anything new, well or not: nobody ever will. Longer
than whatever an agent or Nova waits for: 600 until an evacuation counts as stuck or a power state is
synchronized, 300 between two attempts."""


@dataclass(frozen=True)
class Played:
    outcome: Outcome
    hosts: Sequence[str]
    """What is not as it should be with hosts, a sentence each."""
    crashes: Sequence[CrashSpec]
    """Those that came."""
    ended: float
    typed: int = 0
    """How often a person has done what was shown."""

    @property
    def broken(self) -> Sequence[str]:
        return self.outcome.broken


def play(
    scenario: Scenario,
    wrap: Wrap = unwrapped,
    accepted: Collection[str] = frozenset(),
    *,
    attended: bool = False,
) -> Played:
    """To its length, or until all is well, or all is silent, after everything that was to happen.

    ``accepted``: what may stay wrong with hosts. ``attended``: a person does what is shown.
    """
    one, person = begin(scenario, wrap), Person()
    try:
        calm_since = inf
        time = scenario.last_moment
        one.world.run_until(min(time, scenario.length))
        while True:  # Looked at last thing, too: what has just begun is not calm.
            calm_since = min(calm_since, one.world.now) if _all_is_well(one, accepted) else inf
            if one.world.now >= min(scenario.length, calm_since + _CALM, _silent_until(one)):
                break
            if attended:
                person.look(one)
            one.world.run_until(min(one.world.now + _STEP, scenario.length))
        wrong = list(out_of_service(one))
        return Played(one.outcome(), wrong, one.crashes.struck, one.world.now, person.typed)
    finally:
        one.processes.close()


def _silent_until(one: Play) -> float:
    """Not while a crash is still to come; and a worker that was killed said nothing: its monitor will."""
    waits = len(one.crashes.struck) < len(one.scenario.crash)
    return one.last + _SILENT if one.manager.evacuate.runs and not waits else inf


def out_of_service(one: Play) -> Iterator[str]:
    """What is not as it should be with hosts, now."""
    world = one.world
    for host in (each for each in world.hosts.values() if each.name in world.database.services):
        for what in _wrong(one, host):
            yield f"{host.name} {what}"
    if not one.manager.evacuate.runs:
        yield "NovaEvacuate does not run"


def held(outcome: Outcome) -> frozenset[NovaHost]:
    """The hosts that wait for a person in a storm, which is told at the end."""
    if not any(_HELD in problem for problem in outcome.problems):
        return frozenset()
    settings, world = options_of(outcome.scenario).settings, outcome.world
    facts, machine = world.core.journal.facts, machine_in(world)
    storm = raging(facts, settings.storm_limit, settings.storm_window, machine)
    return frozenset(one.name for one in world.hosts.values() if machine(one.name) in storm)


def _all_is_well(one: Play, accepted: Collection[str]) -> bool:
    waits = len(one.crashes.struck) < len(one.scenario.crash)
    wrong = (each for each in (*out_of_service(one), *_behind(one)) if each not in accepted)
    return not waits and not any(wrong) and not any(_busy(one)) and not any(_untold(one))


def _untold(one: Play) -> Iterator[str]:
    """Whatever somebody is yet to be told of."""
    whose = one.whose
    return judged(one.world, whose.ours, one.manager.evacuate.told.problems, whose.perhaps)


def _behind(one: Play) -> Iterator[str]:
    """Whoever is left behind, but for those that their author leaves behind; and who is down."""
    there = one.scenario, one.world, one.members
    yield from liveness(*there, one.whose.ours)
    yield from unhealed(*there, one.manager.evacuate.told.problems, within=0.0)


def _busy(one: Play) -> Iterator[NovaHost]:
    """Hosts that something is still happening with."""
    for host in one.world.hosts.values():
        coming = host.power is Power.ON and not host.booted
        unseen = host.power is Power.OFF and one.world.pacemaker.online(host.node)
        flying = one.world.rebuilder.in_flight_from(host.name)
        if coming or unseen or flying or one.manager.fencing.is_pending(host.node):
            yield host.name


def _wrong(one: Play, host: Host) -> Iterator[str]:
    world = one.world
    service = world.database.services.get(host.name)
    flag = world.flag(host.name)
    if flag is not None and flag.pending and service and not _is_stuck(one, host):
        yield f"is still flagged {flag.state.value}"
    if not host.reachable:
        return
    if not world.pacemaker.online(host.node):
        yield "is up, and Pacemaker has not connected it"
    if not host.compute.running and not _is_stuck(one, host):
        yield "is up without nova-compute"
    if service is not None:  # Nobody has deleted it.
        yield from _wrong_service(one, host, service)


def _wrong_service(one: Play, host: Host, service: Service) -> Iterator[str]:
    if service.forced_down:
        excused = _is_meddled_with(one.scenario, host)
        excused = excused or _started_behind_us(one.world, host.name) or _is_stuck(one, host)
        if service.forced_by != OPERATOR and not excused:
            yield "is still forced down"
    elif not service.enabled and service.disabled_by != OPERATOR:
        yield "is still disabled"


def is_stuck(world: World, instance: InstanceId, host: NovaHost) -> bool:
    """It waits for a person, and that is told. Nova has taken a request and lost it, with a destination
    that died unnoticed, for example; or somebody has started nova-compute behind our back, and the
    host was fenced after that without our agent, so that nobody told its flag."""
    told = world.reported.reasons.get(instance, "")
    return _STUCK in told or (_ALIVE in told and _started_behind_us(world, host))


def _is_stuck(one: Play, host: Host) -> bool:
    left = one.world.instances_left(host.name)
    return any(is_stuck(one.world, instance, host.name) for instance in left)


def _started_behind_us(world: World, host: NovaHost) -> bool:
    """While its instances were on their way: what is done after that start is completed only by
    another one, which is told to the operator."""
    starts = [fact for fact in world.core.journal.of(ComputeStarted) if fact.host == host]
    return bool(starts) and not starts[-1].by_us


def _is_meddled_with(scenario: Scenario, host: Host) -> bool:
    """An operator who enables a service wipes out our mark on it: whoever has not seen it before does
    not know then that we had forced it down. That is told, and left to the operator (P7)."""
    return any(
        event.do == "operator"
        and event.host == host.node
        and (event.enabled or not event.forced_down)
        for event in scenario.event
    )
