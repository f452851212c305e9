"""This compute host: its guests, and what NovaCompute notes of it in Pacemaker's configuration.

Without a look at the quorum, which a remote node cannot have: what calls it runs because a DC with
quorum has decided so.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import CommandUnavailable
from vmha_ocf.living.booting import starters
from vmha_ocf.model import NodeName
from vmha_ocf.proof import boots


class ComputeHost:
    """``node`` is Pacemaker's name of it; empty: Pacemaker is asked. ``timeout``: seconds for one call."""

    def __init__(self, node: str, timeout: float) -> None:
        self._node = node
        self._cib = Cib(timeout=timeout)
        self._timeout = timeout

    def guests(self) -> int:
        return probe.guests()

    def note_boot(self) -> None:
        """Raises CommandUnavailable, ClusterUnavailable, ParameterError."""
        found = probe.boot_id()
        if not found:
            raise CommandUnavailable("the kernel does not tell the id of this boot")
        self._note(boots.STARTED, found)

    def note_served(self) -> None:
        """In the controllers' memory, too: a configuration that somebody restores a moment later has no
        note of this boot. Raises CommandUnavailable, ClusterUnavailable, ParameterError."""
        boot, known = probe.boot_id(), self._cib.node_attributes(boots.SERVED)
        before = boots.parse_served(known.get(self._name, ""))
        if not boots.is_new(boot, before):
            return
        clock = SystemClock()
        served = [*before, boots.Served(boot, clock.now() - clock.monotonic(), clock.now())]
        self._note(boots.SERVED, boots.format_served(served))
        looked = self._cib.node_attributes(boots.LOOKED).get(self._name, "")
        waiting = boots.format_served(boots.since(looked, served))
        Attrd(timeout=self._timeout).update(boots.WAITING, boots.waiting_key(self._name), waiting)

    def note_guests(self, proof: float) -> None:
        """Raises CommandUnavailable, ClusterUnavailable, ParameterError."""
        self._note(boots.GUESTS, boots.format_guests(proof))

    def note_starters(self, found: Sequence[str]) -> None:
        """Raises CommandUnavailable, ClusterUnavailable, ParameterError."""
        self._note(starters.ATTRIBUTE, starters.format_starters(found))

    def _note(self, name: str, text: str) -> None:
        self._cib.set_node_attribute(self._name, name, text)

    @property
    def _name(self) -> NodeName:
        found = self._node or PacemakerCluster(self._cib, timeout=self._timeout).local_node()
        return NodeName(found)
