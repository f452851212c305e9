"""Hosts that Pacemaker has just lost or fenced, and that Nova would still choose as destinations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from vmha_ocf.model import ComputeService, Flag, NodeName, NovaHost
from vmha_ocf.ports import Clock
from vmha_ocf.proof import presence
from vmha_ocf.proof.naming import Naming


class LostHosts:
    """Each is waited for until it is flagged, back, or down for Nova too.

    Hosts that die together are noticed and fenced seconds apart, and one that was fenced without our
    agent is flagged only once its nova-compute has been silent for a while. What Nova is asked for
    meanwhile it may send to one that is dead; nobody can tell then where the request waits, and it
    cannot be repeated before that host is back (trap dead-destination).
    """

    def __init__(self, clock: Clock, naming: Naming) -> None:
        self._clock = clock
        self._naming = naming
        self._since: dict[NodeName, float] = {}
        self._flagged: Collection[NovaHost] = ()

    def look(self, flags: Mapping[NovaHost, Flag], nodes: presence.Nodes) -> None:
        """In every round, so that what has been lost for long keeps nobody waiting."""
        now = self._clock.monotonic()
        self._flagged = {host for host, flag in flags.items() if flag.pending}
        lost = presence.lost(flags.values(), nodes, self._naming.names)
        self._since = {node: self._since.get(node, now) for node in lost}

    @property
    def anybody(self) -> bool:
        return bool(self._since)

    def awaited(
        self, listed: Callable[[], Iterable[ComputeService]], longest: float
    ) -> Collection[NovaHost]:
        """Also those that a lost node may only be: it costs a wait. ``listed``: all services; it may raise,
        and is called only if somebody is lost. ``longest``: Nova's service_down_time. After it Nova does
        not choose a dead host any more, and what still is up for Nova is alive and only lost to
        Pacemaker."""
        now = self._clock.monotonic()
        recent = sorted(node for node, since in self._since.items() if now - since < longest)
        if not recent:
            return ()
        services = listed()
        maybe = {host for node in recent for host in self._naming.names.may_be(node)}
        return [
            one.host
            for one in services
            if one.schedulable and one.host in maybe and one.host not in self._flagged
        ]
