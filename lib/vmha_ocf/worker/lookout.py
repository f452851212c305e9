"""What a round finds at its start: who is flagged and proved off, what holds, who can take instances."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import Off
from vmha_ocf.cluster.held import Held
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation.together.destinations import Destinations
from vmha_ocf.incidents.around import Around
from vmha_ocf.incidents.flag_steps import FlagSteps
from vmha_ocf.living.booting.site import SiteStarting
from vmha_ocf.model import Flag, NovaHost, Services
from vmha_ocf.proof import presence
from vmha_ocf.proof.lost import LostHosts
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.proofs import Proofs
from vmha_ocf.worker.authority import Authority
from vmha_ocf.worker.guard import Guard
from vmha_ocf.worker.pauses import Pauses
from vmha_ocf.worker.policy_watch import PolicyWatch
from vmha_ocf.worker.ports import WorkerPorts
from vmha_ocf.worker.right_before import RightBefore

Flagged = Mapping[NovaHost, Flag]


@dataclass(frozen=True, slots=True)
class Sight:
    flags: Flagged
    pending: Sequence[Flag]
    """Whose evacuation is not over, in the order of their turns."""
    held: bool
    """Nothing new may be begun: a person is waited for."""


class Lookout:
    """What can be read anew is read anew; what is kept from round to round is in the parts."""

    def __init__(
        self,
        ports: WorkerPorts,
        settings: Settings,
        me: str,
        *,
        domain: str,
        pauses: Pauses,
        guard: Guard,
    ) -> None:
        self.naming = Naming(ports, domain)
        self.cloud = Cloud(ports, settings, self.naming.list_seen, read_policy=ports.read_policy)
        self.held = Held(ports, settings)
        self.proofs = Proofs(ports, self.cloud, self.naming)
        self.site = SiteStarting(ports, settings, me, self.naming)
        self.lost = LostHosts(ports.clock, self.naming)
        self.destinations = Destinations()
        self.authority = Authority(ports.cluster, ports.clock, me)
        self.right_before = RightBefore(ports, self.authority, self.held, self.naming, self.proofs)
        self.policy_watch = PolicyWatch(ports, me, self.cloud.in_force)
        self.nodes: presence.Nodes = {}
        self._steps = FlagSteps(ports)
        self._pauses = pauses
        self._guard = guard

    def flags(self, *, busy: bool) -> Flagged | None:
        """None: they cannot be read, which is a problem. ``busy``: a host is being evacuated."""
        self.cloud.new_round()
        every = self._pauses.following
        self.right_before.begin(every, busy=busy, nodes=self._guard.due.soon("nodes", every))
        try:
            flags = self.right_before.flags()
        except VmhaError as error:
            self._guard.problems["flags"] = str(error)
            return None
        self._guard.problems.pop("flags", None)
        return flags

    def may_act(self) -> bool:
        """Whether it is this worker that Pacemaker has running, in a partition with quorum."""
        if self.authority.look(self._pauses.following):
            return True
        self.proofs.look_anew()
        return False

    def look(
        self,
        flags: Flagged,
        turn: Callable[[Flag], tuple[float, float, str]],
        begun: Collection[NovaHost],
    ) -> Sight:
        """``turn``: by what those that are to be evacuated are sorted. ``begun``: who is forced down."""
        self._guard.run("nodes", self._read_nodes)
        self.naming.look(flags, self.nodes)
        self._guard.run("site", partial(self.site.look, flags, self.naming.nodes))
        self._guard.run("policy", self._look_at_policy)
        self.lost.look(flags, self.nodes)
        self.held.shown = self.held.shown or self.site.shown
        held = self.held.look(flags.values(), self.naming.fenced)
        self._steps.look(flags, "; ".join(self.held.problems.values()) if held else "")
        pending = sorted((flag for flag in flags.values() if flag.pending), key=turn)
        if self.held.shown is not None:
            self._guard.run("clock", partial(self.site.keep, self.held.shown, busy=bool(pending)))
        self.proofs.look(pending, begun)
        if pending or self.lost.anybody:
            self.cloud.ask_groups()
        if pending:
            self._guard.run("services", partial(self._count_destinations, flags))
        else:
            self._guard.problems.pop("services", None)
        return Sight(flags, pending, held)

    def waits_for(self, sight: Sight) -> str:
        """Why nothing new may be begun by policy; "" if it may: nothing holds it, and all controllers have
        understood the same one."""
        if sight.held:
            return "evacuation is held"
        looked = "policy" not in self._guard.problems and self.naming.configuration.resources
        if not looked or not self.policy_watch.is_the_same:
            return "the controllers have not the same policy"
        return "the policy is not understood" if self.cloud.in_force.problem else ""

    def off(self, flags: Flagged) -> Off:
        off = presence.hosts_off(flags.values(), self.naming.nodes, self.naming.names)
        return self.cloud.nova_time.trusted(off)

    def is_back(self, flag: Flag) -> bool:
        return presence.is_back(flag, self.naming.nodes, self.naming.names)

    def has_destinations(self, flag: Flag) -> bool:
        """At a site's start it is as if there were none: hosts come back with their instances."""
        return self.destinations.are_there and not self.site.holds(flag)

    def note(self, services: Services, flags: Flagged) -> None:
        """Whoever has the list of services tells it."""
        self.destinations.note(services, flags.values(), self.off(flags))
        self.held.hosts = self.cloud.hosts

    def around(self) -> Around:
        """What whoever looks on is shown besides the flags."""
        held, naming, in_force = self.held.problems.values(), self.naming, self.cloud.in_force
        differs = self.policy_watch.problem
        plain = (self.authority.problem, *held, differs, *self.site.problems, *naming.problems)
        return Around(
            self.nodes,
            naming.names.hosts,
            naming.words.listed or (),
            self.cloud.seen,
            tuple(held),
            tuple(filter(None, plain)),
            in_force.policy,
            in_force.problem or differs,
        )

    def _look_at_policy(self) -> None:
        self.policy_watch.look(self.nodes, self.naming.configuration)

    def _read_nodes(self) -> None:
        if self._guard.due.now("nodes", self._pauses.following):
            self.nodes = self.right_before.nodes()

    def _count_destinations(self, flags: Flagged) -> None:
        """Nova is asked only while none is left."""
        self.destinations.fewer(flags.values(), self.off(flags))
        every = self._pauses.returning
        if not self.destinations.count and self._guard.due.now("services", every):
            self.note(self.cloud.services(), flags)
