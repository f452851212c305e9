"""Finding the hosts that were fenced without our agent, and flagging them: read, plan, act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.cloud.heartbeat import Heartbeat
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.errors import VmhaError
from vmha_ocf.fencing.names import way_to_say
from vmha_ocf.model import ComputeService, Flag, FlagState, NodeName, NodeState, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import fenced_elsewhere, presence
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.presence import Nodes

Flagged = Mapping[NovaHost, Flag]


class Unflagged:
    """Each is watched until its nova-compute has been silent for long enough."""

    def __init__(
        self, ports: Ports, naming: Naming, cloud: Cloud, stands: Callable[[Flag], bool]
    ) -> None:
        """``stands``: whether the proof of a flag does, whatever its time."""
        self.problems: dict[str, str] = {}
        self._ports = ports
        self._naming = naming
        self._cloud = cloud
        self._stands = stands
        self._watched: dict[NovaHost, Heartbeat] = {}
        self._seen_back: set[NovaHost] = set()
        """Hosts that were back after their evacuation: their flag tells of the past."""

    def look(self, flags: Flagged, nodes: Nodes) -> bool:
        """Whether there may be one. A fenced controller looks alike: Nova has to be asked."""
        done = {host: flag for host, flag in flags.items() if not flag.pending}
        self._seen_back.intersection_update(done)
        self._seen_back.update(
            host
            for host, flag in done.items()
            if presence.is_back(flag, nodes, self._naming.names)
        )
        current = self._current(flags, nodes)
        lacking = any(self._may_lack(node, current) for node in nodes.values())
        return lacking or self._may_be_back(flags, nodes) or bool(self._nameless(flags))

    def _may_be_back(self, flags: Flagged, nodes: Nodes) -> bool:
        """A host at its gate whose flag tells nothing, and whose node was fenced."""
        return any(
            state is not None and state.fenced_at is not None
            for flag in flags.values()
            if self._tells_nothing(flag, state := self._node_of(flag, nodes))
        )

    def _nameless(self, flags: Flagged) -> Flagged:
        naming = self._naming
        return fenced_elsewhere.nameless(flags.values(), naming.names, naming.words.listed)

    def _may_lack(self, node: NodeState, current: Flagged) -> bool:
        """Who has nothing to do with Nova, and whose doubt is told already, costs no more questions."""
        if not fenced_elsewhere.is_away(node):
            return False
        hosts = self._naming.names.hosts_of(node.name)
        if hosts:
            return not current.keys() >= set(hosts)
        if any(flag.node == node.name for flag in current.values()):
            return False
        unknown = self._naming.words.listed is None or bool(self._naming.names.may_be(node.name))
        return unknown and node.name not in self.problems

    def run(
        self, services: Mapping[NovaHost, ComputeService], flags: Flagged, nodes: Nodes
    ) -> None:
        current = self._current(flags, nodes)
        names, today = self._naming.names, self._ports.clock.now()
        ahead = self._cloud.nova_time.ahead
        doubted = [flag for flag in flags.values() if not self._stands(flag)]
        fenced = {
            **fenced_elsewhere.fenced_and_back(
                doubted, nodes, services, names, now=today, ahead=ahead
            ),
            **fenced_elsewhere.fenced_without_flag(nodes.values(), services, current, names),
        }
        nameless = self._nameless(flags)
        renamed = {host for host in nameless if host in services and host not in current}
        found = {*fenced, *renamed}
        self._watched = {host: one for host, one in self._watched.items() if host in found}
        doubtful = fenced_elsewhere.misnamed(nodes.values(), current, names)
        self.problems = {node: self._doubt(node, hosts) for node, hosts in doubtful.items()}
        self._drop(nameless, current)
        now = self._ports.clock.monotonic()
        for host in sorted(found):
            updated_at = services[host].updated_at
            beat = self._watched.get(host) or Heartbeat(updated_at, now)
            self._watched[host] = beat = beat.seen(updated_at, now)
            # A person is asked at once, and not only when it has been silent for long.
            proof = host in renamed or self._is_proof(host, fenced[host])
            if not proof or not beat.quiet(now, self._cloud.silence):
                continue
            if host in renamed:
                self._flag(fenced_elsewhere.renamed(nameless[host], host))
            else:
                self._flag(fenced_elsewhere.flag_for(host, fenced[host], today))

    def _drop(self, nameless: Flagged, current: Flagged) -> None:
        """The flags whose hosts are all flagged by now by the names that Nova has."""
        for flag in {flag.host: flag for flag in nameless.values()}.values():
            hosts = [host for host, one in nameless.items() if one == flag]
            if not all(fenced_elsewhere.is_told(flag, current.get(host)) for host in hosts):
                continue
            try:
                self._ports.flags.write(replace(flag, state=FlagState.DONE))
                self._ports.flags.clear(flag.host)
            except VmhaError as error:
                self.problems[flag.host] = f"the flag of {flag.host} cannot be dropped: {error}"
                continue
            self._ports.say(
                f"{flag.host}: Nova calls it {' and '.join(hosts)}, and that is flagged"
            )

    def _is_proof(self, host: NovaHost, node: NodeState) -> bool:
        """Pacemaker's word alone may be that of a device that switches nothing."""
        weak = self._naming.weakness(node)
        if weak:
            self.problems[host] = (
                f"{node.name} counts as fenced, but {weak} could have said so without switching it off: "
                f"look at the machine, and when it is off: pcs stonith confirm {node.name}"
            )
        return not weak

    def _current(self, flags: Flagged, nodes: Nodes) -> Flagged:
        """Those that tell of now. Where the node of one that tells nothing was fenced, that is recorded as
        if the flag were not there."""
        return {
            host: flag
            for host, flag in flags.items()
            if host not in self._seen_back
            if not self._tells_nothing(flag, self._node_of(flag, nodes))
        }

    def _tells_nothing(self, flag: Flag, node: NodeState | None) -> bool:
        now = self._ports.clock.now()
        return not self._stands(flag) and fenced_elsewhere.tells_nothing(flag, node, now)

    def _node_of(self, flag: Flag, nodes: Nodes) -> NodeState | None:
        return presence.state_of(flag, nodes, self._naming.names)

    def _doubt(self, node: NodeName, hosts: Sequence[NovaHost]) -> str:
        way = way_to_say(node, hosts[0], self._naming.words)
        return f"{node} was fenced, and nobody flagged it: if it is {' or '.join(hosts)} in Nova, {way}"

    def _flag(self, flag: Flag) -> None:
        assert flag.evidence is not None
        try:
            self._ports.flags.write(flag)
        except VmhaError as error:
            self.problems[flag.host] = f"{flag.host} was fenced and cannot be flagged: {error}"
            return
        self._ports.say(f"{flag.host}: fenced by {flag.evidence.by}: flagged")
