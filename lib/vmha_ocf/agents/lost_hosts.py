"""Hosts that Pacemaker has just lost or fenced, and that Nova would still choose as destinations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from vmha_ocf import presence, reconcile
from vmha_ocf.model import ComputeService, Flag, NodeName, NovaHost
from vmha_ocf.ports import Clock


class LostHosts:
    """Each is waited for until it is flagged, back, or down for Nova too.

    Hosts that die together are noticed and fenced seconds apart, and one that was fenced without our
    agent is flagged only once its nova-compute has been silent for a while. What Nova is asked for
    meanwhile it may send to one that is dead; nobody can tell then where the request waits, and it
    cannot be repeated before that host is back (trap dead-destination).
    """

    def __init__(self, clock: Clock, domain: str) -> None:
        self._clock = clock
        self._domain = domain
        self._since: dict[NodeName, float] = {}

    def look(self, flags: Mapping[NovaHost, Flag], nodes: presence.Nodes) -> None:
        """In every round, so that what has been lost for long keeps nobody waiting."""
        now = self._clock.monotonic()
        lost = presence.lost(flags.values(), nodes, self._domain)
        self._since = {node: self._since.get(node, now) for node in lost}

    def awaited(
        self, listed: Callable[[], Iterable[ComputeService]], longest: float
    ) -> Collection[NovaHost]:
        """``listed``: all services; it may raise, and is called only if somebody is lost. ``longest``:
        Nova's service_down_time. After it Nova does not choose a dead host any more, and what still is
        up for Nova is alive and only lost to Pacemaker."""
        now = self._clock.monotonic()
        recent = sorted(node for node, since in self._since.items() if now - since < longest)
        if not recent:
            return ()
        services = {one.host: one for one in listed()}
        hosts = [reconcile.host_of(node, self._domain, services) for node in recent]
        return [host for host in hosts if host in services and services[host].schedulable]
