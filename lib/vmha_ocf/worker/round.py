"""NovaEvacuate's worker: rounds of read, plan, act, each ending in one sentence.

No round waits for an evacuation. What must not be lost is in the flags and in Nova's own records,
so the worker may be killed at any point; the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from vmha_ocf.agent.due import Due
from vmha_ocf.agent.policy import Policy
from vmha_ocf.booting.after_boot import AfterBoots
from vmha_ocf.booting.away_hosts import AwayHosts
from vmha_ocf.booting.site import SiteStarting
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import Off
from vmha_ocf.cluster.held import Held
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation.host import HostRound, Surroundings
from vmha_ocf.evacuation.together.after_done import AfterDone
from vmha_ocf.evacuation.together.at_once import AtOnce
from vmha_ocf.evacuation.together.barrier import Barrier
from vmha_ocf.evacuation.together.destinations import Destinations
from vmha_ocf.evacuation.together.requesting import Asked, Requesting
from vmha_ocf.model import ComputeService, Flag, InstanceId, NovaHost, Services
from vmha_ocf.proof import hosts as presence
from vmha_ocf.proof.lost import LostHosts
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.proofs import Proofs
from vmha_ocf.worker.authority import Authority
from vmha_ocf.worker.flag_story import FlagStory
from vmha_ocf.worker.pauses import CROWD, Pauses, Round
from vmha_ocf.worker.ports import WorkerPorts
from vmha_ocf.worker.right_before import RightBefore
from vmha_ocf.worker.service_watch import ServiceWatch

Flagged = Mapping[NovaHost, Flag]
FEW = 3
"""Hosts whose services are rather asked for one by one than with all others of the cloud."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a round found at its start."""

    flags: Flagged
    pending: Sequence[Flag]
    """Whose evacuation is not over, in the order of their turns."""
    held: bool
    """Nothing new may be begun: a person is waited for."""


class Evacuator:
    """One worker. ``me`` is the controller's name as claims show it."""

    def __init__(
        self,
        ports: WorkerPorts,
        policy: Policy,
        me: str,
        *,
        domain: str = "",
        pauses: Pauses | None = None,
    ) -> None:
        self._ports = ports
        self._policy = policy
        self._me = me
        self._naming = Naming(ports, domain)
        self._pauses = pauses or Pauses()
        self._cloud = Cloud(ports, policy, self._naming.list_seen)
        self._after_done = AfterDone(ports, policy, self._cloud)
        self._at_once = AtOnce(ports, self._pauses.longest_step)
        self._requesting = Requesting(ports, policy)
        self._hosts: dict[NovaHost, HostRound] = {}
        self._story = FlagStory(ports)
        self._nodes: presence.Nodes = {}
        self._watch = ServiceWatch(
            ports, self._cloud, self._pauses, self._naming, self._after_done, policy=policy
        )
        self._lost = LostHosts(ports.clock, self._naming)
        self._held = Held(ports, policy)
        self._authority = Authority(ports.cluster, ports.clock, me)
        self._due = Due(ports.clock)
        self._problems: dict[str, str] = {}
        self._destinations = Destinations()
        self._proofs = Proofs(ports, self._cloud, self._naming)
        self._right_before = RightBefore(
            ports, self._authority, self._held, self._naming, self._proofs
        )
        self._site = SiteStarting(ports, policy, me, self._naming)
        self._after_boots = AfterBoots(ports, policy, self._cloud, self._naming)
        self._away = AwayHosts(ports, policy, self._cloud, self._naming)
        self._barrier = Barrier(ports.clock, self._cloud, self._lost)

    def round(self) -> Round:
        """Do what can be done now. Never raises a VmhaError: what went wrong is in the answer."""
        self._cloud.new_round()
        every = self._pauses.following
        nodes = self._due.soon("nodes", every)
        self._right_before.begin(every, busy=bool(self._hosts), nodes=nodes)
        try:
            flags = self._right_before.flags()
            self._problems.pop("flags", None)
        except VmhaError as error:
            self._problems["flags"] = str(error)
            return self._ended("the flags cannot be read", self._pauses.trouble)
        if not self._authority.look(self._pauses.following):
            self._hosts.clear()  # What another one does meanwhile, we would not know of.
            self._proofs.look_anew()
            return self._ended("it is not for this worker to act", self._pauses.following)
        self._at_once.begin(flags)
        self._guard("nodes", self._read_nodes)
        sight = self._see(flags)
        down = self._take_over(sight)
        self._evacuate(down, sight)
        self._guard("proof", partial(self._proofs.give_up, self._off(flags)))
        self._guard("return", partial(self._look_around, flags))
        self._guard("away", partial(self._away.look, self._nodes, flags, self._site.awaited))
        self._guard("boots", partial(self._after_boots.look, flags))
        return self._summary(sight)

    def leave(self) -> None:
        """It is stopped in peace. Never raises a VmhaError."""
        self._site.leave()

    def _see(self, flags: Flagged) -> Sight:
        """What there is to do, whoever has not been looked at for longest first."""
        self._forget(flags)
        self._naming.look(flags, self._nodes)
        self._guard("site", partial(self._site.look, flags, self._naming.nodes))
        self._lost.look(flags, self._nodes)
        held = self._held.look(flags.values(), self._naming.fenced)
        self._story.look(flags, "; ".join(self._held.problems.values()) if held else "")
        pending = sorted((flag for flag in flags.values() if flag.pending), key=self._turn)
        self._proofs.look(pending)
        if pending or self._lost.anybody:
            self._cloud.ask_groups()
        if pending:
            self._guard("services", lambda: self._count_destinations(flags))
        else:
            self._problems.pop("services", None)
        return Sight(flags, pending, held)

    def _take_over(self, sight: Sight) -> Sequence[HostRound]:
        """Claim and force down all that are proved to be off, before anything is asked for: Nova must
        choose none of them for another's sake."""
        flags = {flag.host: flag for flag in sight.pending if self._may_begin(flag, sight)}
        hosts = [self._host(host) for host in flags]
        claimed = self._at_once.run(lambda host: host.claim(flags[host.host]), hosts)
        mine = self._may_force([host for host, is_mine in claimed if is_mine], sight)
        rows = self._rows([host for host in mine if host.is_due])
        down = self._at_once.run(lambda host: host.take_down(rows.get(host.host)), mine)
        return [host for host, is_down in down if is_down]

    def _may_force(self, hosts: Sequence[HostRound], sight: Sight) -> Sequence[HostRound]:
        new = [host for host in hosts if not host.is_down]
        may = self._right_before.to_force(new, held=sight.held) if new else ()
        return [host for host in hosts if host.is_down or host in may]

    def _rows(self, hosts: Sequence[HostRound]) -> Mapping[NovaHost, ComputeService]:
        """Their services in one list, where that spares questions. What is not in it is asked for by its
        name: Nova says then why."""
        if len(hosts) < FEW:
            return {}
        try:
            return {one.host: one for one in self._cloud.services()}
        except VmhaError:
            return {}

    def _may_begin(self, flag: Flag, sight: Sight) -> bool:
        """What has been begun goes on, as far as it can without a request."""
        known = self._hosts.get(flag.host)
        goes_on = (known is not None and known.is_begun) or self._site.lets_back(flag)
        return self._proofs.stands(flag) and (not sight.held or goes_on)

    def _host(self, host: NovaHost) -> HostRound:
        if host not in self._hosts:
            self._hosts[host] = HostRound(host, self._ports, self._policy, self._me, self._cloud)
        return self._hosts[host]

    def _evacuate(self, down: Sequence[HostRound], sight: Sight) -> None:
        """Look at each of them, ask for what there is room for, and end those that are empty."""
        waits = self._awaits(() if sight.held else down, sight) or sight.held
        around = self._surroundings(down, sight.flags)
        looked = self._at_once.run(lambda host: host.look(around[host.host]), down)
        hosts = [host for host, _ in looked]
        waits = waits or self._cloud.awaits_groups
        room = 0 if waits else self._requesting.room(self._destinations.count, self._flying)
        planned = self._requesting.plan(hosts, self._hosts.values(), room)
        if any(requests for _, requests in planned):
            known = {flag.host for flag in sight.pending}
            self._requesting.send(self._right_before.to_ask(self._noted(planned), known))
        empty = [host for host in hosts if host.is_over]
        for host, over in self._at_once.run(HostRound.finish, empty):
            if over:
                del self._hosts[host.host]
                self._due.again("services")

    def _surroundings(
        self, down: Sequence[HostRound], flags: Flagged
    ) -> Mapping[NovaHost, Surroundings]:
        off = self._off(flags)
        groups = self._cloud.groups()
        return {
            one.host: Surroundings(
                off,
                self._is_back(flags[one.host]),
                self._has_destinations(flags[one.host]),
                groups,
                self._proofs.has_rebooted(flags[one.host]),
            )
            for one in down
        }

    def _has_destinations(self, flag: Flag) -> bool:
        """At a site's start it is as if there were none: hosts come back with their instances."""
        return self._destinations.are_there and not self._site.holds(flag)

    def _noted(self, planned: Asked) -> Asked:
        """What an instance was is kept before an attempt of ours may change it, or it is not asked for."""
        requests = {host.host: each for host, each in planned}
        noted = self._at_once.run(
            lambda host: host.note(requests[host.host]), [host for host, _ in planned]
        )
        return [(host, requests[host.host]) for host, _ in noted]

    def _guard(self, topic: str, action: Callable[[], None]) -> bool:
        """Run one part of the round; what it cannot do is a problem, not the end of the round. It is
        due again at once: a part that only waits for its time would pass for one that succeeded."""
        try:
            action()
        except VmhaError as error:
            self._problems[topic] = str(error)
            self._due.again(topic)
            return False
        self._problems.pop(topic, None)
        return True

    def _now(self) -> float:
        return self._ports.clock.monotonic()

    def _turn(self, flag: Flag) -> tuple[float, float, str]:
        """Whoever has not been looked at for longest is next; a host that Nova does not answer for
        thereby comes last."""
        at = flag.evidence.at if flag.evidence else 0.0
        return self._at_once.tried.get(flag.host, -inf), at, flag.host

    def _read_nodes(self) -> None:
        if self._due.now("nodes", self._pauses.following):
            self._nodes = self._right_before.nodes()

    def _count_destinations(self, flags: Flagged) -> None:
        """Nova is asked only while none is left."""
        self._destinations.fewer(flags.values(), self._off(flags))
        if not self._destinations.count and self._due.now("services", self._pauses.returning):
            self._note(self._cloud.services(), flags)

    def _note(self, services: Services, flags: Flagged) -> None:
        self._destinations.note(services, flags.values(), self._off(flags))
        self._held.hosts = self._cloud.hosts

    def _forget(self, flags: Flagged) -> None:
        for host in list(self._hosts):
            flag = flags.get(host)
            if flag is None or not flag.pending:
                del self._hosts[host]
        self._at_once.only(self._hosts)

    def _is_back(self, flag: Flag) -> bool:
        return presence.is_back(flag, self._naming.nodes, self._naming.names)

    def _off(self, flags: Flagged) -> Off:
        off = presence.hosts_off(flags.values(), self._naming.nodes, self._naming.names)
        return self._cloud.nova_time.trusted(off)

    def _awaits(self, down: Sequence[HostRound], sight: Sight) -> bool:
        proved = {flag.host for flag in sight.pending if presence.is_proved(flag)}
        return self._barrier.is_closed({host.host for host in down}, proved)

    @property
    def _flying(self) -> int:
        now = self._now()
        return sum(host.in_flight(now) for host in self._hosts.values())

    def _look_around(self, flags: Flagged) -> None:
        """At the services: those on their way back, and fenced hosts that nobody flagged."""
        if self._due.now("return", self._watch.every(flags, self._nodes, self._off(flags))):
            self._watch.look(self._nodes, self._off, self._note)
            self._held.end_release(flags.values())
            self._proofs.look_back(flags)

    def _summary(self, sight: Sight) -> Round:
        hosts = list(self._hosts.values())
        told = "; ".join(host.sentence() for host in hosts)
        if not (told or sight.pending) and self._watch.waiting:
            told = f"on their way back: {', '.join(sorted(self._watch.waiting))}"
        if not told and (sight.held or self._proofs.unproved):
            idle = self._proofs.unproved if not sight.held else sight.pending
            told = f"waiting: {', '.join(flag.host for flag in idle)}" if idle else ""
        return self._ended(told or "nothing is flagged", self._pause(sight), sight.flags)

    def _pause(self, sight: Sight) -> float:
        if any(host.progress for host in self._hosts.values()):
            return self._pauses.busy
        waiting = self._at_once.waiting
        if self._proofs.waiting or (waiting and len(waiting) == len(self._hosts)):
            return self._pauses.trouble
        if sight.pending:
            return self._pause_between()
        soon = (
            self._watch.is_busy
            or self._after_boots.is_busy
            or self._problems
            or self._held.problems
        )
        return self._pauses.returning if soon else self._pauses.idle

    def _pause_between(self) -> float:
        if self._flying <= CROWD:
            return self._pauses.following
        waiting = any(host.has_more for host in self._hosts.values())
        return self._pauses.filling if waiting else self._pauses.crowded

    def _ended(self, sentence: str, pause: float, flags: Flagged | None = None) -> Round:
        problems = [self._authority.problem] if self._authority.problem else []
        problems += [*self._held.problems.values(), *self._problems.values()]
        problems += filter(None, [self._right_before.problem, self._at_once.problem])
        problems += self._barrier.problems
        problems += [*self._proofs.problems, *self._site.problems, *self._after_boots.problems]
        problems += [*self._cloud.problems, *self._watch.problems]
        problems += [*self._away.problems, *self._naming.problems]
        told: dict[InstanceId, str] = {
            **self._away.told,
            **self._after_boots.told,
            **self._proofs.told,
        }
        for host in self._hosts.values():
            problems.extend(host.problems.values())
            told.update(host.told)
        return Round(sentence, problems, pause, told, flags)
