"""Hosts that were fenced without our agent: confirmed by hand, watchdog, another device. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.cloud import records
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.fencing.levels import weak_spot
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import (
    ComputeService,
    Epoch,
    Evidence,
    Flag,
    FlagState,
    NodeName,
    NodeState,
    NovaHost,
)
from vmha_ocf.proof.presence import is_proved, state_of

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


def tells_nothing(flag: Flag, node: NodeState | None, now: float) -> bool:
    """It waits without evidence: typed, or an older agent's. Or with one of a time that has not come yet,
    of a clock that somebody has set since, and its node was fenced at a time that has: that counts."""
    if not flag.pending or not is_proved(flag):
        return flag.pending
    fenced_at = node.fenced_at if node else None
    soon = now + records.APART
    return fenced_at is not None and fenced_at <= soon < flag.proved_at


def fenced_and_back(
    flags: Iterable[Flag],
    nodes: Mapping[NodeName, NodeState],
    services: Mapping[NovaHost, ComputeService],
    names: Names,
    *,
    now: float,
    ahead: float,
) -> Mapping[NovaHost, NodeState]:
    """The hosts of flags that tell nothing, and whose node was fenced and is back: the flag keeps
    nova-compute at its gate, so that Nova has not heard of it since. Were it in use, it had.
    ``ahead``: seconds that our clock, which shows ``now``, is ahead of Nova's."""
    return {
        flag.host: node
        for flag in flags
        if flag.host in services
        if (node := state_of(flag, nodes, names)) is not None
        if tells_nothing(flag, node, now)
        if _is_silent_since(node, services[flag.host], ahead)
    }


def _is_silent_since(node: NodeState, service: ComputeService, ahead: float) -> bool:
    """Since its last fencing, after which its connection was made anew."""
    heard = records.seconds(service.updated_at)
    if node.fenced_at is None or node.connected_at is None or heard is None:
        return False
    if service.up or service.forced_down or not node.online:
        return False
    return node.connected_at > node.fenced_at and heard + ahead <= node.fenced_at + records.APART


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


def nameless(
    flags: Iterable[Flag], names: Names, listed: Collection[NovaHost] | None
) -> Mapping[NovaHost, Flag]:
    """The hosts of nodes that were proved to be off, and flagged by a name that Nova does not have, each
    with that flag: whoever switched the node off, and read that, was told another name than we are.
    ``listed``: all hosts of Nova; None is not known."""
    return {
        host: flag
        for flag in flags
        if listed is not None and flag.node is not None and flag.host not in listed
        if is_proved(flag)
        for host in names.hosts_of(flag.node)
    }


def renamed(flag: Flag, host: NovaHost) -> Flag:
    return Flag(host, FlagState.NEEDED, node=flag.node, evidence=flag.evidence)


def is_told(flag: Flag, other: Flag | None) -> bool:
    """Whether ``other`` tells of the power-off that ``flag`` tells of, or of a later one."""
    if other is None or flag.evidence is None:
        return False
    if not other.pending:
        return True
    return other.evidence is not None and other.evidence.at >= flag.evidence.at


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
    evidence = Evidence(
        by, Epoch(node.fenced_at or now), "Pacemaker reports that the node was fenced"
    )
    return Flag(host, FlagState.NEEDED, node=node.name, evidence=evidence)
