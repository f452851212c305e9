"""Hosts that have left in peace and do not come back, and the instances that wait for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import tagging, task_states
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.living.booting import away
from vmha_ocf.model import Instance, InstanceId, NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.presence import Nodes

_EVERY = 120.0
"""Seconds between two looks at the instances of one host."""

_MAYBE = frozenset({tagging.Choice.EVACUATE, tagging.Choice.UNKNOWN})
"""Ours, and what nobody could tell about."""


class AwayHosts:
    """Since when a node is away is what this worker has seen: losing it costs some minutes."""

    def __init__(self, ports: Ports, settings: Settings, cloud: Cloud, naming: Naming) -> None:
        self._ports = ports
        self._settings = settings
        self._cloud = cloud
        self._naming = naming
        self._since: Mapping[NodeName, tuple[float, float]] = {}
        """By both clocks: monotonic, and of the day."""
        self._hosts: Mapping[NovaHost, NodeName] = {}
        self._waiting: dict[NovaHost, Sequence[Instance]] = {}
        self._looked_at: dict[NovaHost, float] = {}

    def look(
        self, nodes: Nodes, flagged: Collection[NovaHost], awaited: Collection[NodeName]
    ) -> None:
        """``awaited``: who has not been seen since the start of the site is told as that. Raises
        NovaUnavailable, NovaDenied."""
        self._note(nodes, awaited)
        now = self._ports.clock.monotonic()
        long = [node for node, (at, _) in self._since.items() if now - at >= away.PATIENCE]
        services = self._cloud.services() if long else ()
        self._hosts = away.hosts_of(long, services, flagged, self._naming.names)
        self._waiting = {host: one for host, one in self._waiting.items() if host in self._hosts}
        self._looked_at = {host: at for host, at in self._looked_at.items() if host in self._hosts}
        due = [host for host in self._hosts if now - self._looked_at.get(host, -inf) >= _EVERY]
        for host in due:
            self._waiting[host] = self._ours_on(host)
            self._looked_at[host] = now

    @property
    def told(self) -> Mapping[InstanceId, str]:
        return {
            one.id: away.told(host) for host, waiting in self._waiting.items() for one in waiting
        }

    @property
    def problems(self) -> Sequence[str]:
        """One for each node."""
        found: dict[NodeName, list[NovaHost]] = {}
        for host, waiting in sorted(self._waiting.items()):
            if waiting:
                found.setdefault(self._hosts[host], []).append(host)
        return [self._problem(node, hosts) for node, hosts in found.items()]

    def _note(self, nodes: Nodes, awaited: Collection[NodeName]) -> None:
        """Nothing is read yet, or not now: who was away is."""
        clock = self._ports.clock
        if nodes:
            now = clock.monotonic(), clock.now()
            left = away.left(nodes, self._naming.configuration) - set(awaited)
            self._since = {node: self._since.get(node, now) for node in left}

    def _problem(self, node: NodeName, hosts: Sequence[NovaHost]) -> str:
        waiting = sum(len(self._waiting[host]) for host in hosts)
        return away.problem(node, self._since[node][1], hosts, waiting)

    def _ours_on(self, host: NovaHost) -> Sequence[Instance]:
        instances = self._ports.nova.instances_on(host)
        marks = HostMarks(host, self._ports, self._settings, self._cloud.marks)
        marks.look_up(instances)
        return [
            one
            for one in instances
            if not task_states.is_being_deleted(one) and self._choice(one, marks) in _MAYBE
        ]

    def _choice(self, one: Instance, marks: HostMarks) -> tagging.Choice:
        return tagging.choose(
            one, self._settings, marks.images, marks.anything_marked, marks.excluded
        )
