"""Hosts that were fenced without our agent: confirmed by hand, watchdog, another device. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vmha_ocf.model import (
    ComputeService,
    Evidence,
    Flag,
    FlagState,
    NodeName,
    NodeState,
    NovaHost,
)


def host_of(node: NodeName, domain: str, services: Mapping[NovaHost, ComputeService]) -> NovaHost:
    """The Nova host of a node: the same name, or the node's with ``domain``. Never a guess."""
    full = NovaHost(f"{node}.{domain}")
    return full if domain and full in services else NovaHost(str(node))


def fenced_without_flag(
    nodes: Iterable[NodeState],
    services: Mapping[NovaHost, ComputeService],
    flags: Mapping[NovaHost, Flag],
    domain: str,
) -> Mapping[NovaHost, NodeState]:
    """The compute hosts that are fenced and away, and that nobody flagged."""
    found = {}
    for node in nodes:
        host = host_of(node.name, domain, services)
        if is_away(node) and host in services and host not in flags:
            found[host] = node
    return found


def misnamed(
    nodes: Iterable[NodeState],
    services: Mapping[NovaHost, ComputeService],
    flags: Mapping[NovaHost, Flag],
    domain: str,
) -> Mapping[NodeName, NovaHost]:
    """Nodes that are fenced and away, and what Nova may call them: the same name up to its first dot.

    That is a guess, for a person: nobody is evacuated on the strength of it."""
    near = {_short(host): host for host in services if host not in flags}
    flagged = {flag.node for flag in flags.values()}
    return {
        node.name: near[_short(node.name)]
        for node in nodes
        if is_away(node)
        and host_of(node.name, domain, services) not in services
        and node.name not in flagged
        and _short(node.name) in near
    }


def _short(name: str) -> str:
    return name.partition(".")[0].casefold()


def is_away(node: NodeState) -> bool:
    return node.fenced and not node.online


def flag_for(host: NovaHost, node: NodeState, now: float) -> Flag:
    by = node.fenced_by or "pacemaker"
    evidence = Evidence(by, node.fenced_at or now, "Pacemaker reports that the node was fenced")
    return Flag(host, FlagState.NEEDED, node=node.name, evidence=evidence)
