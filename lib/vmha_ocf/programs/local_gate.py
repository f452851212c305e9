"""A look at the gate of the host that this runs on, through Pacemaker's tools."""

from __future__ import annotations

from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.living.booting import gate, keeper
from vmha_ocf.model import Flag, NodeName, NovaHost


def look(host: NovaHost, node: str, timeout: float) -> gate.Open | gate.Wait:
    """``node`` is Pacemaker's name of this host; empty: Pacemaker is asked for it. ``timeout``:
    seconds for one call of its tools, of which this makes two or three."""
    attrd, cib = Attrd(timeout=timeout), Cib(timeout=timeout)

    def read() -> Flag | None:
        name = NodeName(node) if node else PacemakerCluster(cib, timeout=timeout).local_node()
        return FlagStore(attrd, cib, SystemClock()).read_for(host, name)

    return keeper.look(host, read)
