"""Hosts that have left in peace and do not come back: which they are, and what there is to say. Pure.

Pacemaker waits for a node that was shut down in peace as long as it takes: it may be rebooted for a kernel.
If that host dies before it is back, nobody fences it, so nobody flags it, and Nova goes on calling its
instances active. Nobody can tell from here that it is dead, and a person can: after some minutes it is told
with what waits for it. What people keep in maintenance, or have stopped, they know of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import ComputeService, NodeName, NovaHost
from vmha_ocf.proof import planned
from vmha_ocf.proof.presence import Nodes

PATIENCE = 300.0
"""Seconds that a machine takes to reboot, memory test and all."""


def left(nodes: Nodes, configuration: Configuration) -> frozenset[NodeName]:
    """The nodes that are away and not fenced, and of which nobody has said that they are to be."""
    return frozenset(
        node.name
        for node in nodes.values()
        if not node.online
        and not node.fenced
        and not planned.is_stopped(node.name, configuration)
        and not planned.is_in_maintenance(node.name, configuration)
    )


def hosts_of(
    nodes: Iterable[NodeName],
    services: Iterable[ComputeService],
    flagged: Collection[NovaHost],
    names: Names,
) -> Mapping[NovaHost, NodeName]:
    """Their hosts, as far as Nova calls them down. A flag of one of them is told by itself."""
    down = {one.host for one in services if not one.up}
    return {
        host: node
        for node in sorted(nodes)
        for host in names.hosts_of(node)
        if host in down and host not in flagged
    }


def told(host: NovaHost) -> str:
    """Of an instance of ours on it."""
    return f"waits for {host}, which is away and not fenced"


def problem(node: NodeName, since: float, hosts: Sequence[NovaHost], waiting: int) -> str:
    """``since``: seconds since the epoch; ``waiting``: instances of ours."""
    at = datetime.fromtimestamp(since, UTC).strftime("%H:%M:%S UTC")
    name = "" if list(hosts) == [str(node)] else f" ({', '.join(hosts)})"
    wait = "1 instance waits" if waiting == 1 else f"{waiting} instances wait"
    return (
        f"{node}{name} has been away since {at} and is not fenced: {wait} for it; "
        f"if it does not come back: pcs stonith fence {node}"
    )
