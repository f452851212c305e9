"""Hosts that were fenced without our agent: confirmed by hand, watchdog, another device. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.configuration import Configuration
from vmha_ocf.fencing_level import weak_spot
from vmha_ocf.model import (
    ComputeService,
    Evidence,
    Flag,
    FlagState,
    NodeName,
    NodeState,
    NovaHost,
)
from vmha_ocf.names import Names

BY_HAND = "a human"
"""Whom Pacemaker names where a person confirmed that a node is off."""


def fenced_without_flag(
    nodes: Iterable[NodeState],
    services: Mapping[NovaHost, ComputeService],
    flags: Mapping[NovaHost, Flag],
    names: Names,
) -> Mapping[NovaHost, NodeState]:
    """The compute hosts that are fenced and away, and that nobody flagged: all of a node."""
    return {
        host: node
        for node in nodes
        if is_away(node)
        for host in names.hosts_of(node.name)
        if host in services and host not in flags
    }


def misnamed(
    nodes: Iterable[NodeState], flags: Mapping[NovaHost, Flag], names: Names
) -> Mapping[NodeName, Sequence[NovaHost]]:
    """Nodes that are fenced and away, and what Nova may call them: the same name up to its first dot.

    That is a guess, for a person: nobody is evacuated on the strength of it."""
    flagged = {flag.node for flag in flags.values()}
    found = {
        node.name: [host for host in names.may_be(node.name) if host not in flags]
        for node in nodes
        if is_away(node) and not names.hosts_of(node.name) and node.name not in flagged
    }
    return {node: hosts for node, hosts in found.items() if hosts}


def weakness(node: NodeState, configuration: Configuration) -> str:
    """What may have made Pacemaker say that the node was fenced without switching it off; "" if nothing:
    each of its levels switches the power, or a person confirmed it."""
    return "" if node.fenced_by == BY_HAND else weak_spot(node.name, configuration)


def believed(
    nodes: Mapping[NodeName, NodeState], weak: Callable[[NodeState], str]
) -> Mapping[NodeName, NodeState]:
    """Pacemaker's view, without the fencings that prove nothing: such a node is only away, or back."""
    return {
        name: replace(node, fenced=False, fenced_at=None)
        if (node.fenced or node.fenced_at is not None) and weak(node)
        else node
        for name, node in nodes.items()
    }


def is_away(node: NodeState) -> bool:
    return node.fenced and not node.online


def flag_for(host: NovaHost, node: NodeState, now: float) -> Flag:
    by = node.fenced_by or "pacemaker"
    evidence = Evidence(by, node.fenced_at or now, "Pacemaker reports that the node was fenced")
    return Flag(host, FlagState.NEEDED, node=node.name, evidence=evidence)
