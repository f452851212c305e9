"""What Pacemaker's view of the nodes says about flagged hosts: off, proved off, back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import NEVER, ComputeService, Epoch, Flag, NodeName, NodeState, NovaHost

Nodes = Mapping[NodeName, NodeState]
Services = Sequence[ComputeService] | None
"""As last seen; None is not seen yet."""


def state_of(flag: Flag, nodes: Nodes, names: Names) -> NodeState | None:
    """The node of a flag: the one that it names, else the one that its host is known to be."""
    node = flag.node if flag.node is not None else names.node_of(flag.host)
    return nodes.get(node) if node is not None else None


def is_back(flag: Flag, nodes: Nodes, names: Names) -> bool:
    state = state_of(flag, nodes, names)
    return state is not None and state.online and not state.fenced


def fenced_at(nodes: Nodes, names: Names) -> Mapping[NodeName, Epoch]:
    """When those that have a host of Nova's were fenced last, in seconds since the epoch."""
    return {
        name: node.fenced_at
        for name, node in nodes.items()
        if node.fenced_at is not None and names.hosts_of(name)
    }


def lost(known: Iterable[Flag], nodes: Nodes, names: Names) -> frozenset[NodeName]:
    """The nodes that are fenced or not heard of any more, and that have a host that is not flagged yet."""
    proved = [flag for flag in known if is_proved(flag)]
    flagged = {state.name for flag in proved if (state := state_of(flag, nodes, names))}
    hosts = {flag.host for flag in proved}

    def is_flagged(node: NodeName) -> bool:
        several = len(names.hosts_of(node)) > 1
        return hosts.issuperset(names.hosts_of(node)) if several else node in flagged

    return frozenset(
        state.name
        for state in nodes.values()
        if (state.fenced or not state.online) and not is_flagged(state.name)
    )


def is_proved(flag: Flag) -> bool:
    """Whether it comes with evidence: somebody has read the host's power as off, and recorded it.

    What anybody may write into attrd, a claim too, is none. Where Pacemaker says that the node of such
    a flag is fenced and away, that is recorded first (proof/flagging.py), as for a host without a
    flag: what is only true now would be forgotten when the host boots in the middle of it all.
    """
    return flag.pending and flag.evidence is not None and flag.evidence.at > 0.0


def hosts_off(flags: Iterable[Flag], nodes: Nodes, names: Names) -> Off:
    """The hosts proved to be off, and until when.

    A pending flag keeps a host at its gate, but if it has booted, only what went before counts.
    """
    off: dict[NovaHost, Epoch] = {}
    for state in nodes.values():
        until = STILL if state.fenced and not state.online else state.fenced_at
        if until is not None:
            off |= dict.fromkeys(names.hosts_of(state.name), until)
    for flag in flags:
        until = _off_until(flag, nodes, names)
        if until is not None:
            off[flag.host] = max(until, off.get(flag.host, NEVER))
    return off


def _off_until(flag: Flag, nodes: Nodes, names: Names) -> Epoch | None:
    state = state_of(flag, nodes, names)
    if state is not None and state.fenced and not state.online:
        return STILL
    if not is_proved(flag):
        return state.fenced_at if state else None
    if not is_back(flag, nodes, names):
        return STILL
    return flag.evidence.at if flag.evidence else None


def gated(flags: Iterable[Flag]) -> frozenset[NovaHost]:
    """Hosts that take nothing before their evacuation is over, whether they have booted or not."""
    return frozenset(flag.host for flag in flags if is_proved(flag))


def destinations(services: Services, off: Off, gated: Collection[NovaHost]) -> Services:
    """Those that can take instances: for a minute Nova calls up what has just died."""
    if services is None:
        return None
    return tuple(
        one
        for one in services
        if one.schedulable and off.get(one.host) != STILL and one.host not in gated
    )
