"""Hosts that Pacemaker has just lost or fenced, and that Nova would still choose as destinations."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from vmha_ocf import presence, reconcile
from vmha_ocf.model import Flag, NodeName, NovaHost
from vmha_ocf.ports import WorkerPorts

LONGEST = 60.0
"""Seconds that a lost host is waited for. Nova's own service_down_time is as long: after it Nova does
not choose the host any more, and what still is up for Nova is alive and only lost to Pacemaker."""


class LostHosts:
    """Each is waited for until it is flagged, back, or down for Nova too.

    Hosts that die together are noticed and fenced seconds apart, and one that was fenced without our
    agent is flagged only once its nova-compute has been silent for a while. What Nova is asked for
    meanwhile it may send to one that is dead; nobody can tell then where the request waits, and it
    cannot be repeated before that host is back (trap dead-destination).
    """

    def __init__(self, ports: WorkerPorts, domain: str) -> None:
        self._ports = ports
        self._domain = domain
        self._since: dict[NodeName, float] = {}

    def look(self, flags: Mapping[NovaHost, Flag], nodes: presence.Nodes) -> None:
        """In every round, so that what has been lost for long keeps nobody waiting."""
        now = self._ports.clock.monotonic()
        lost = presence.lost(flags.values(), nodes, self._domain)
        self._since = {node: self._since.get(node, now) for node in lost}

    def awaited(self) -> Collection[NovaHost]:
        """Raises NovaUnavailable, NovaDenied."""
        now = self._ports.clock.monotonic()
        recent = sorted(node for node, since in self._since.items() if now - since < LONGEST)
        if not recent:
            return ()
        services = {one.host: one for one in self._ports.nova.services()}
        hosts = [reconcile.host_of(node, self._domain, services) for node in recent]
        return [host for host in hosts if host in services and services[host].schedulable]
