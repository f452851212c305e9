"""Which nodes are controllers: who is no compute host, remote or called one. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.cluster.configuration import COMPUTE_ROLE, REMOTE, ROLE, Configuration
from vmha_ocf.model import NodeName, NodeState


def controllers(
    nodes: Mapping[NodeName, NodeState], configuration: Configuration
) -> frozenset[NodeName]:
    """Those that are not known to be away."""
    remotes = {NodeName(one.name) for one in configuration.of_kind(REMOTE)}
    roles = {node: found.get(ROLE, "") for node, found in configuration.attributes.items()}
    named = {node for node, role in roles.items() if role not in ("", COMPUTE_ROLE)}
    return frozenset(
        node
        for node in {*nodes, *named} - remotes
        if roles.get(node) != COMPUTE_ROLE and (node not in nodes or nodes[node].online)
    )
