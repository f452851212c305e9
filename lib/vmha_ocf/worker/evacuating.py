"""The hosts whose evacuation goes on: claimed, forced down, looked at, asked for, ended."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf

from vmha_ocf.agent.settings import Settings
from vmha_ocf.errors import VmhaError
from vmha_ocf.evacuation.host import HostRound
from vmha_ocf.evacuation.moving import Words
from vmha_ocf.evacuation.together.at_once import AtOnce
from vmha_ocf.evacuation.together.barrier import Barrier
from vmha_ocf.evacuation.together.requesting import Asked, Requesting
from vmha_ocf.evacuation.view import Surroundings
from vmha_ocf.living.guests.inquiry import Inquiry
from vmha_ocf.model import Flag, InstanceId, NodeName, NovaHost
from vmha_ocf.ports import Clock
from vmha_ocf.proof import presence
from vmha_ocf.service.ports import ServicePorts
from vmha_ocf.service.row import Row
from vmha_ocf.worker.guard import Guard
from vmha_ocf.worker.lookout import Flagged, Lookout, Sight

FEW = 3
"""Hosts whose services are rather asked for one by one than with all others of the cloud."""


class Evacuating:
    """``me`` is the controller's name as claims show it; ``longest``: seconds of one step of a round."""

    def __init__(
        self,
        ports: ServicePorts,
        settings: Settings,
        me: str,
        lookout: Lookout,
        guard: Guard,
        *,
        longest: float,
    ) -> None:
        self.hosts: dict[NovaHost, HostRound] = {}
        self.at_once = AtOnce(ports, longest)
        self.barrier = Barrier(ports.clock, lookout.cloud, lookout.lost)
        self._ports = ports
        self._settings = settings
        self._me = me
        self._lookout = lookout
        self._guard = guard
        self._clock: Clock = ports.clock
        self._requesting = Requesting(ports, settings)
        self._inquiry = Inquiry(ports.notes, ports.clock)

    @property
    def problems(self) -> Iterator[str]:
        yield from self.barrier.problems
        yield from self._inquiry.problems.values()

    def begin(self, flags: Flagged) -> None:
        """A round does. Whose flag is gone, or done, is nobody's any more."""
        self.at_once.begin(flags)
        for host in list(self.hosts):
            flag = flags.get(host)
            if flag is None or not flag.pending:
                del self.hosts[host]
        self.at_once.only(self.hosts)

    def forget(self) -> None:
        """What another worker does meanwhile, we would not know of."""
        self.hosts.clear()
        self._inquiry = Inquiry(self._ports.notes, self._clock)

    def turn(self, flag: Flag) -> tuple[float, float, str]:
        """Whoever has not been looked at for longest is next; a host that Nova does not answer for
        thereby comes last."""
        at = flag.proved_at
        return self.at_once.tried.get(flag.host, -inf), at, flag.host

    @property
    def begun(self) -> Collection[NovaHost]:
        """Those that we have seen forced down. One that Nova has not let us force down is looked at as
        before: it may be taken into use until it does."""
        return {name for name, host in self.hosts.items() if host.is_down}

    def take_over(self, sight: Sight) -> Sequence[HostRound]:
        """Claim and force down all that are proved to be off, before anything is asked for: Nova must
        choose none of them for another's sake."""
        flags = {flag.host: flag for flag in sight.pending if self._may_begin(flag, sight)}
        hosts = [self._host(host) for host in flags]
        claimed = self.at_once.run(lambda host: host.claim(flags[host.host]), hosts)
        mine = self._may_force([host for host, is_mine in claimed if is_mine], sight)
        rows = self._rows([host for host in mine if host.is_due])
        down = self.at_once.run(lambda host: host.take_down(rows.get(host.host)), mine)
        return [host for host, is_down in down if is_down]

    def evacuate(self, down: Sequence[HostRound], sight: Sight) -> None:
        """Look at each of them, ask for what there is room for, and end those that are empty."""
        waits = self._awaits(() if sight.held else down, sight) or sight.held
        around = self._surroundings(down, sight.flags, self._answers())
        looked = self.at_once.run(lambda host: host.look(around[host.host]), down)
        hosts = [host for host, _ in looked]
        waits = waits or self._lookout.cloud.awaits_groups
        destinations = self._lookout.destinations.count
        room = 0 if waits else self._requesting.room(destinations, self.in_flight)
        if room:
            hosts = self._looked_again(hosts)
        planned = self._requesting.plan(hosts, self.hosts.values(), room, held=sight.held)
        if any(requests for _, requests in planned):
            known = {flag.host for flag in sight.pending}
            self._requesting.send(self._lookout.right_before.to_ask(self._noted(planned), known))
        self._end([host for host in hosts if host.is_over])
        self._guard.run("asked", self._ask_around)

    def _looked_again(self, hosts: Sequence[HostRound]) -> list[HostRound]:
        """In a round that takes long a nova-compute may begin to report after the look at its service, and
        before the requests."""
        old = [host for host in hosts if host.is_old]
        if old:
            self._lookout.cloud.look_anew()
        rows = self._rows(old)
        again = self.at_once.run(lambda host: host.look_again(rows.get(host.host)), old)
        left = {host.host for host in old} - {host.host for host, is_down in again if is_down}
        return [host for host in hosts if host.host not in left]

    @property
    def in_flight(self) -> int:
        now = self._clock.monotonic()
        return sum(host.in_flight(now) for host in self.hosts.values())

    def _may_begin(self, flag: Flag, sight: Sight) -> bool:
        """What has been begun goes on, as far as it can without a request."""
        known = self.hosts.get(flag.host)
        goes_on = (known is not None and known.is_begun) or self._lookout.site.lets_back(flag)
        return self._lookout.proofs.stands(flag) and (not sight.held or goes_on)

    def _host(self, host: NovaHost) -> HostRound:
        if host not in self.hosts:
            cloud = self._lookout.cloud
            self.hosts[host] = HostRound(host, self._ports, self._settings, self._me, cloud)
        return self.hosts[host]

    def _may_force(self, hosts: Sequence[HostRound], sight: Sight) -> Sequence[HostRound]:
        new = [host for host in hosts if not host.is_down]
        may = self._lookout.right_before.to_force(new, held=sight.held) if new else ()
        return [host for host in hosts if host.is_down or host in may]

    def _rows(self, hosts: Sequence[HostRound]) -> Mapping[NovaHost, Row]:
        """Their services in one list, where that spares questions. What is not in it is asked for by its
        name: Nova says then why."""
        if len(hosts) < FEW:
            return {}
        cloud = self._lookout.cloud
        try:
            return {one.host: Row(one, cloud.services_at) for one in cloud.services()}
        except VmhaError:
            return {}

    def _awaits(self, down: Sequence[HostRound], sight: Sight) -> bool:
        proved = {flag.host for flag in sight.pending if presence.is_proved(flag)}
        return self.barrier.is_closed({host.host for host in down}, proved)

    def _answers(self) -> Words:
        """Of the hosts that were asked whether they run what was on its way to them."""
        heard: dict[NodeName, Mapping[InstanceId, bool]] = {}
        self._guard.run("answers", lambda: heard.update(self._inquiry.heard()))
        names = self._lookout.naming.names
        return {host: words for node, words in heard.items() for host in names.hosts_of(node)}

    def _ask_around(self) -> None:
        """Those that are there whether they run what was on its way to them. Raises FlagsUnavailable,
        FlagNotWritten."""
        naming = self._lookout.naming
        wanted: dict[NodeName, set[InstanceId]] = {}
        for host in self.hosts.values():
            for instance, others in host.to_ask.items():
                for node in filter(None, map(naming.names.node_of, others)):
                    state = naming.nodes.get(node)
                    if state is not None and state.online and not state.fenced:
                        wanted.setdefault(node, set()).add(instance)
        self._inquiry.ask(wanted)

    def _surroundings(
        self, down: Sequence[HostRound], flags: Flagged, words: Words
    ) -> Mapping[NovaHost, Surroundings]:
        lookout = self._lookout
        off = lookout.off(flags) if down else {}
        groups = lookout.cloud.groups()
        return {
            one.host: Surroundings(
                off,
                lookout.is_back(flags[one.host]),
                lookout.has_destinations(flags[one.host]),
                groups,
                lookout.proofs.has_rebooted(flags[one.host]),
                words,
            )
            for one in down
        }

    def _noted(self, planned: Asked) -> Asked:
        """What an instance was is kept before an attempt of ours may change it, or it is not asked for."""
        requests = {host.host: each for host, each in planned}
        noted = self.at_once.run(
            lambda host: host.note(requests[host.host]), [host for host, _ in planned]
        )
        return [(host, requests[host.host]) for host, _ in noted]

    def _end(self, empty: Sequence[HostRound]) -> None:
        for host, over in self.at_once.run(HostRound.finish, empty):
            if over:
                del self.hosts[host.host]
                self._guard.due.again("services")
