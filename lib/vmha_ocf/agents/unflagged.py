"""Finding the hosts that were fenced without our agent, and flagging them: read, plan, act."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf import presence, reconcile
from vmha_ocf.errors import VmhaError
from vmha_ocf.heartbeat import Heartbeat
from vmha_ocf.model import ComputeService, Flag, NodeName, NodeState, NovaHost
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.presence import Nodes

Flagged = Mapping[NovaHost, Flag]


class Unflagged:
    """Each is watched until its nova-compute has been silent for long enough."""

    def __init__(self, ports: WorkerPorts, domain: str) -> None:
        self.problems: dict[str, str] = {}
        self._ports = ports
        self._domain = domain
        self._watched: dict[NovaHost, Heartbeat] = {}
        self._seen_back: set[NovaHost] = set()
        """Hosts that were back after their evacuation: their flag tells of the past."""

    def look(self, flags: Flagged, nodes: Nodes) -> bool:
        """Whether there may be one. A fenced controller looks alike: Nova has to be asked."""
        done = {host: flag for host, flag in flags.items() if not flag.pending}
        self._seen_back.intersection_update(done)
        self._seen_back.update(
            host for host, flag in done.items() if presence.is_back(flag, nodes, self._domain)
        )
        current = self._current(flags)
        known = {name for flag in current.values() for name in (flag.host, flag.node)}
        return any(
            reconcile.is_away(node) and known.isdisjoint(self._names_of(node))
            for node in nodes.values()
        )

    def run(
        self, services: Mapping[NovaHost, ComputeService], flags: Flagged, nodes: Nodes
    ) -> None:
        current = self._current(flags)
        found = reconcile.fenced_without_flag(nodes.values(), services, current, self._domain)
        self._watched = {host: one for host, one in self._watched.items() if host in found}
        doubtful = reconcile.misnamed(nodes.values(), services, current, self._domain)
        self.problems = {node: _doubt(node, host) for node, host in doubtful.items()}
        now = self._ports.clock.monotonic()
        for host, node in found.items():
            updated_at = services[host].updated_at
            beat = self._watched.get(host) or Heartbeat(updated_at, now)
            self._watched[host] = beat = beat.seen(updated_at, now)
            if beat.quiet(now):
                self._flag(host, node)

    def _current(self, flags: Flagged) -> Flagged:
        """Those that tell of now. One that waits without evidence, typed or an older agent's, tells
        nothing; where its node was fenced, that is recorded as if it were not there."""
        return {
            host: flag
            for host, flag in flags.items()
            if host not in self._seen_back and (not flag.pending or presence.is_proved(flag))
        }

    def _names_of(self, node: NodeState) -> tuple[str, ...]:
        return (node.name, *presence.names_of(node.name, self._domain))

    def _flag(self, host: NovaHost, node: NodeState) -> None:
        try:
            self._ports.flags.write(reconcile.flag_for(host, node, self._ports.clock.now()))
        except VmhaError as error:
            self.problems[host] = f"{host} was fenced and cannot be flagged: {error}"
            return
        self._ports.say(f"{host}: fenced by {node.fenced_by or 'Pacemaker'}: flagged")


def _doubt(node: NodeName, host: NovaHost) -> str:
    return (
        f"{node} was fenced, and nobody flagged it: if it is {host} in Nova, set domain of "
        "NovaEvacuate to the end that its name lacks"
    )
