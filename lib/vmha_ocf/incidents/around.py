"""What a round has seen around it, and how each compute host is by that: for whoever looks on. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.model import (
    ComputeService,
    Epoch,
    Flag,
    FlagState,
    NodeName,
    NodeState,
    NovaHost,
    Services,
)

Seen = tuple[str, Epoch | None]
"""A state in one word, and since when; None is not known."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the worker has read anyway: nothing is asked for it, and nothing of it changes afterwards."""

    nodes: Mapping[NodeName, NodeState] = field(default_factory=dict)
    hosts: Mapping[NodeName, Sequence[NovaHost]] = field(default_factory=dict)
    listed: Collection[NovaHost] = ()
    """All compute hosts of Nova, as far as they are known."""
    services: Services | None = None
    """As they were read last; None before that."""
    held: Sequence[str] = ()
    """Why nothing new is begun."""
    plain: Sequence[str] = ()
    """What a person should see, of all the problems, and what names no instance."""
    policy: Policy = Policy()
    policy_problem: str = ""
    """It is not understood, or not the same on all controllers."""


def hosts(around: Around, flags: Mapping[NovaHost, Flag]) -> Sequence[Mapping[str, Any]]:
    """Those that are not well first."""
    services = {one.host: one for one in around.services or ()}
    nodes = {host: node for node, found in around.hosts.items() for host in found}
    rows = []
    for host in {*flags, *around.listed, *nodes}:
        node = nodes.get(host) or (flags[host].node if host in flags else None)
        service = services.get(host)
        state, since = _state(flags.get(host), around.nodes.get(node) if node else None, service)
        row = {"host": host, "node": node, "state": state, "since": since or None}
        rows.append({**row, "nova": _nova(service)})
    return sorted(
        rows, key=lambda row: (row["state"] == "up", row["state"], in_order(row["host"]))
    )


def in_order(host: str) -> Sequence[tuple[str, int]]:
    """By name, compute-2 before compute-10."""
    return [(word, int(number or 0)) for word, number in re.findall(r"([^0-9]*)([0-9]*)", host)]


def _state(flag: Flag | None, node: NodeState | None, service: ComputeService | None) -> Seen:
    if flag is not None:
        return _of_flagged(flag, node)
    if node is None:
        return "unknown", None
    if not node.online:
        return ("fenced", node.fenced_at) if node.fenced else ("lost", None)
    return _of_service(service), node.connected_at


def _of_flagged(flag: Flag, node: NodeState | None) -> Seen:
    if flag.state is FlagState.CLAIMED:
        return "evacuating", flag.since
    if flag.state is FlagState.NEEDED:
        return "waiting", flag.proved_at
    if node is None or not node.online:
        return "away", flag.proved_at
    return "returning", node.connected_at


def _of_service(service: ComputeService | None) -> str:
    if service is None or (service.up and service.enabled):
        return "up"
    if service.forced_down:
        return "forced-down"
    return "disabled" if service.up else "nova-down"


def _nova(service: ComputeService | None) -> str | None:
    """Of its nova-compute, in Nova's words."""
    if service is None:
        return None
    if service.forced_down:
        return "forced down"
    return ("up" if service.up else "down") + ("" if service.enabled else ", disabled")
