"""NovaEvacuate's worker: rounds of read, plan, act, each ending in one sentence.

No round waits for an evacuation. What must not be lost is in the flags and in Nova's own records,
so the worker may be killed at any point; the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial

from vmha_ocf.agent.settings import Settings
from vmha_ocf.evacuation.together.after_done import AfterDone
from vmha_ocf.living.booting.after_boot import AfterBoots
from vmha_ocf.living.booting.away_hosts import AwayHosts
from vmha_ocf.living.disabling.causes import Cause
from vmha_ocf.living.disabling.disabler import Disabler
from vmha_ocf.living.fencing.fencer import Fencer
from vmha_ocf.living.healing.guests import Guests
from vmha_ocf.living.leaving.leaver import Leaver
from vmha_ocf.living.moving.mover import Mover
from vmha_ocf.living.networks.networks import Networks
from vmha_ocf.living.processes.healer import Healer
from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.worker.evacuating import Evacuating
from vmha_ocf.worker.guard import Guard
from vmha_ocf.worker.lookout import Flagged, Lookout, Sight
from vmha_ocf.worker.pauses import CROWD, Pauses, Round
from vmha_ocf.worker.ports import WorkerPorts
from vmha_ocf.worker.service_watch import ServiceWatch


class Evacuator:
    """One worker. ``me`` is the controller's name as claims show it."""

    def __init__(
        self,
        ports: WorkerPorts,
        settings: Settings,
        me: str,
        *,
        domain: str = "",
        pauses: Pauses | None = None,
    ) -> None:
        self._pauses = pauses or Pauses()
        self._guard = guard = Guard(ports.clock)
        self._lookout = lookout = Lookout(
            ports, settings, me, domain=domain, pauses=self._pauses, guard=guard
        )
        cloud, naming = lookout.cloud, lookout.naming
        self._evacuating = Evacuating(
            ports, settings, me, lookout, guard, longest=self._pauses.longest_step
        )
        after_done = AfterDone(ports, settings, cloud)
        self._watch = ServiceWatch(
            ports, cloud, self._pauses, lookout.proofs, after_done, settings=settings
        )
        self._after_boots = AfterBoots(ports, settings, cloud, naming)
        self._away = AwayHosts(ports, settings, cloud, naming)
        self._healer = Healer(ports, cloud, naming)
        self._networks = Networks(ports, cloud.in_force, naming)
        may = lookout.right_before.to_change
        self._disabler = Disabler(ports, cloud, naming, may)
        self._leaver = Leaver(ports, settings, cloud, may)
        self._fencer = Fencer(
            ports,
            settings,
            cloud,
            naming,
            may=lookout.right_before.to_fence,
            is_down=self._networks.is_still_down,
        )
        self._guests = Guests(
            ports,
            settings,
            cloud,
            naming,
            me=me,
            may=may,
            elsewhere=Mover(ports, may),
            without_storage=lambda: self._networks.without_storage,
        )
        self._flags = ports.flags

    def round(self) -> Round:
        """Do what can be done now. Never raises a VmhaError: what went wrong is in the answer."""
        lookout, evacuating = self._lookout, self._evacuating
        flags = lookout.flags(busy=bool(evacuating.hosts))
        if flags is None:
            return self._ended("the flags cannot be read", self._pauses.trouble)
        if not lookout.may_act():
            evacuating.forget()
            return self._ended("it is not for this worker to act", self._pauses.following)
        evacuating.begin(flags)
        sight = lookout.look(flags, evacuating.turn, evacuating.begun)
        down = evacuating.take_over(sight)
        evacuating.evacuate(down, sight)
        guard = self._guard
        waits = lookout.waits_for(sight)
        guard.run("guests", partial(self._guests.look, flags, waits_for=waits))
        self._look_around(flags, waits)
        return self._summary(sight)

    def poll(self) -> Hashable:
        """Differs if there is something new to look at. Raises FlagsUnavailable."""
        return self._flags.poll(), self._guests.poll()

    def leave(self) -> None:
        """It is stopped in peace. Never raises a VmhaError."""
        self._lookout.site.leave()

    def _look_around(self, flags: Flagged, waits: str) -> None:
        """At proofs that have ended, services on their way back, hosts that are away or have booted,
        nova-computes that hang, networks, and what is disabled for either."""
        lookout, guard = self._lookout, self._guard
        guard.run("proof", partial(lookout.proofs.give_up, lookout.off(flags)))
        guard.run("return", partial(self._look_at_services, flags))
        guard.run("away", partial(self._away.look, lookout.nodes, flags, lookout.site.awaited))
        guard.run("boots", partial(self._after_boots.look, flags))
        guard.run("processes", partial(self._look_at_processes, flags, waits))
        lost = self._disabler.disabled.get(self._networks.cause.name, ())
        guard.run("networks", partial(self._networks.look, flags, lost))
        guard.run("disabled", partial(self._look_at_disabled, flags, waits))
        cause = self._networks.cause
        guard.run("leaving", partial(self._leaver.look, cause, _pending(flags), waits))
        guard.run("fencing", partial(self._fencer.look, self._causes, _pending(flags), waits))

    @property
    def _causes(self) -> Sequence[Cause]:
        return self._networks.cause, self._healer.cause

    def _look_at_disabled(self, flags: Flagged, waits: str) -> None:
        self._disabler.look(self._causes, _pending(flags), waits)

    def _look_at_processes(self, flags: Flagged, waits: str) -> None:
        pauses = self._pauses
        every = pauses.returning if self._healer.is_busy else pauses.services
        if self._guard.due.now("processes", every):
            self._healer.disabled = self._disabler.disabled.get(self._healer.cause.name, ())
            self._healer.look(_pending(flags), waits)

    def _look_at_services(self, flags: Flagged) -> None:
        """Those on their way back, and fenced hosts that nobody flagged."""
        lookout = self._lookout
        every = self._watch.every(flags, lookout.nodes, lookout.off(flags))
        if self._guard.due.now("return", every):
            self._watch.look(lookout.nodes, lookout.off, lookout.note)
            lookout.held.end_release(flags.values())
            lookout.proofs.look_back(flags)

    def _summary(self, sight: Sight) -> Round:
        unproved = self._lookout.proofs.unproved
        told = "; ".join(host.sentence() for host in self._evacuating.hosts.values())
        if not (told or sight.pending) and self._watch.waiting:
            told = f"on their way back: {', '.join(sorted(self._watch.waiting))}"
        if not told and (sight.held or unproved):
            idle = unproved if not sight.held else sight.pending
            told = f"waiting: {', '.join(flag.host for flag in idle)}" if idle else ""
        return self._ended(told or "nothing is flagged", self._pause(sight), sight.flags)

    def _pause(self, sight: Sight) -> float:
        return min(self._pause_of_hosts(sight), self._guests.pause)

    def _pause_of_hosts(self, sight: Sight) -> float:
        hosts = self._evacuating.hosts
        if any(host.progress for host in hosts.values()):
            return self._pauses.busy
        waiting = self._evacuating.at_once.waiting
        if self._lookout.proofs.waiting or (waiting and len(waiting) == len(hosts)):
            return self._pauses.trouble
        if sight.pending:
            return self._pause_between()
        parts = (self._watch, self._after_boots, self._healer, self._networks, self._disabler)
        busy = any(part.is_busy for part in parts)
        soon = busy or self._guard.problems or self._lookout.held.problems
        return self._pauses.returning if soon else self._pauses.idle

    def _pause_between(self) -> float:
        if self._evacuating.in_flight <= CROWD:
            return self._pauses.following
        waiting = any(host.has_more for host in self._evacuating.hosts.values())
        return self._pauses.filling if waiting else self._pauses.crowded

    def _ended(self, sentence: str, pause: float, flags: Flagged | None = None) -> Round:
        problems = list(self._problems())
        return Round(sentence, problems, pause, self._told(), flags, self._lookout.around())

    def _problems(self) -> Iterator[str]:
        """Worst first."""
        lookout, evacuating = self._lookout, self._evacuating
        yield from filter(None, [lookout.authority.problem])
        yield from lookout.held.problems.values()
        yield from self._guard.problems.values()
        yield from filter(None, [lookout.right_before.problem, evacuating.at_once.problem])
        yield from filter(None, [lookout.policy_watch.problem])
        yield from evacuating.problems
        for part in (lookout.proofs, lookout.site, self._after_boots, lookout.cloud):
            yield from part.problems
        for other in (self._watch, self._away, self._guests, self._healer, self._networks):
            yield from other.problems
        for one in (self._disabler, self._leaver, self._fencer):
            yield from one.problems
        yield from lookout.naming.problems
        for host in evacuating.hosts.values():
            yield from host.problems.values()

    def _told(self) -> Mapping[InstanceId, str]:
        told = {**self._guests.told, **self._away.told, **self._after_boots.told}
        told |= self._lookout.proofs.told
        for host in self._evacuating.hosts.values():
            told.update(host.told)
        return told


def _pending(flags: Flagged) -> Mapping[NovaHost, bool]:
    """Whether their evacuation is not over."""
    return {host: flag.pending for host, flag in flags.items()}
