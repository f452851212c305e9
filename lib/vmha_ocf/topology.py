"""Which nodes are compute hosts, what Nova calls them, and which devices fence them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.configuration import (
    COMPUTE_ROLE,
    OUR_FENCING,
    REMOTE,
    ROLE,
    Configuration,
    Resource,
)
from vmha_ocf.errors import ParameterError
from vmha_ocf.fence_request import Target, host_of
from vmha_ocf.flag import same
from vmha_ocf.model import NodeName, NovaHost

Inventories = Mapping[str, Sequence[Target]]
"""By fencing device, the hosts of its inventory file."""


@dataclass(frozen=True, slots=True)
class ComputeHost:
    node: NodeName
    host: NovaHost
    """As the flag will name it: by its fencing device, else by ``domain`` of NovaEvacuate."""
    devices: Sequence[str] = ()
    """Fencing devices that say they fence it."""


def compute_hosts(
    configuration: Configuration, inventories: Inventories, domain: str
) -> Sequence[ComputeHost]:
    """By node. A node is a compute host by its attribute, as a remote node, or because one of our
    fencing devices fences it."""
    plugs: dict[NodeName, dict[str, str]] = {}
    hosts: dict[NodeName, NovaHost] = {}
    for device in configuration.devices:
        for node, plug in plugs_of(device, inventories).items():
            plugs.setdefault(node, {})[device.name] = plug
            if device.kind == OUR_FENCING:
                hosts[node] = _host_by(device, node, plug, inventories)
    return [
        ComputeHost(node, hosts.get(node) or host_of(node, domain), tuple(plugs.get(node, ())))
        for node in sorted(_nodes(configuration) | hosts.keys())
    ]


def plugs_of(device: Resource, inventories: Inventories) -> Mapping[NodeName, str]:
    """Pacemaker's pcmk_host_map and pcmk_host_list; without them, what the device itself lists."""
    mapped = device.parameters.get("pcmk_host_map", "")
    found = {NodeName(node): plug for node, plug in re.findall(r"([^:;\s]+):([^;\s]*)", mapped)}
    for name in re.split(r"[,;\s]+", device.parameters.get("pcmk_host_list", "").strip()):
        if name:
            found.setdefault(NodeName(name), name)
    if not found:
        return {target.node: target.node for target in inventories.get(device.name, ())}
    return found


def find(hosts: Sequence[ComputeHost], name: str) -> ComputeHost:
    """By Pacemaker's name or by Nova's. Raises ParameterError."""
    for one in hosts:
        if same(name, one.node) or same(name, one.host):
            return one
    known = ", ".join(one.node for one in hosts[:8]) + (", ..." if len(hosts) > 8 else "")
    raise ParameterError(
        f"{name} is not a compute host of this cluster", hint=f"it has {known or 'none'}"
    )


def _nodes(configuration: Configuration) -> set[NodeName]:
    told = {node: values.get(ROLE) for node, values in configuration.attributes.items()}
    remotes = {NodeName(one.name) for one in configuration.of_kind(REMOTE)}
    compute = {node for node, role in told.items() if role == COMPUTE_ROLE}
    return compute | {node for node in remotes if told.get(node) in (None, COMPUTE_ROLE)}


def _host_by(device: Resource, node: NodeName, plug: str, inventories: Inventories) -> NovaHost:
    for target in inventories.get(device.name, ()):
        if plug in (target.node, target.host) or node == target.node:
            return target.host
    domain = device.parameters.get("domain") or device.parameters.get("compute_domain") or ""
    return host_of(plug, domain)
