"""The list of services, now and again: hosts on their way back, and fenced hosts that nobody flagged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.evacuation.together.after_done import AfterDone
from vmha_ocf.model import Flag, NovaHost, Services
from vmha_ocf.proof import leftover
from vmha_ocf.proof.flagging import Unflagged
from vmha_ocf.proof.presence import Nodes
from vmha_ocf.proof.proofs import Proofs
from vmha_ocf.service.bring_back import HostReturn
from vmha_ocf.service.ports import ServicePorts
from vmha_ocf.worker.pauses import Pauses

Flagged = Mapping[NovaHost, Flag]


class ServiceWatch:
    def __init__(
        self,
        ports: ServicePorts,
        cloud: Cloud,
        pauses: Pauses,
        proofs: Proofs,
        after_done: AfterDone,
        *,
        settings: Settings,
    ) -> None:
        self.waiting: Collection[NovaHost] = ()
        """Hosts that are on their way back."""
        self._ports = ports
        self._cloud = cloud
        self._pauses = pauses
        self._return = HostReturn(ports, settings, cloud.marks)
        self._naming = proofs.naming
        self._left: Sequence[str] = ()
        """What is over for hosts that have no node any more: nobody waits for these."""
        self._unflagged = Unflagged(ports, proofs.naming, cloud, proofs.stands)
        self._after_done = after_done
        self._strangers = False
        """A node may be fenced that nobody flagged."""
        self._over = False
        """A host whose evacuation is over has its flag still: it is away, or on its way back."""

    def every(self, flags: Flagged, nodes: Nodes, off: Off) -> float:
        """Seconds between two looks, as things are."""
        self._strangers = self._unflagged.look(flags, nodes)
        names = self._naming.names
        done = [flag for flag in flags.values() if not flag.pending]
        told = {flag.host: leftover.over(flag, nodes, names) for flag in done}
        self._left = [sentence for sentence in told.values() if sentence]
        over = {host for host, sentence in told.items() if not sentence}
        self._over = bool(over)
        returning = any(off.get(host) != STILL for host in over)
        waiting = [host for host in self.waiting if not told.get(host)]
        soon = waiting or self._strangers or returning or self._cloud.is_learning
        return self._pauses.returning if soon else self._pauses.services

    def look(
        self,
        nodes: Nodes,
        off: Callable[[Flagged], Off],
        note: Callable[[Services, Flagged], None],
    ) -> None:
        """``note`` is told the services, and the flags as they are now: the round may have taken a
        while. Raises NovaUnavailable, NovaDenied, FlagsUnavailable."""
        services = self._cloud.services()
        flags = self._ports.flags.read()
        note(services, flags)
        self.waiting = self._return.run(services, flags, off(flags))
        anew = self._after_done.look(flags, off(flags))
        current = {host: flag for host, flag in flags.items() if host not in anew}
        self._unflagged.run({one.host: one for one in services}, current, nodes)

    @property
    def is_busy(self) -> bool:
        """There is something to wait for, be it only to learn how often nova-computes report."""
        return bool(self.waiting) or self._strangers or self._over or self._cloud.is_learning

    @property
    def problems(self) -> Collection[str]:
        return [*self._unflagged.problems.values(), *self._return.problems, *self._left]
