"""Which nodes are compute hosts, what our devices call them, and which devices fence them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.cluster.configuration import (
    COMPUTE_ROLE,
    OUR_FENCING,
    REMOTE,
    ROLE,
    Configuration,
    Resource,
)
from vmha_ocf.cluster.flag_texts import same
from vmha_ocf.cluster.host_map import parse_host_map
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.inventory import Inventory, find_target
from vmha_ocf.fencing.names import Hosts, Names, Words
from vmha_ocf.fencing.request import Target, host_of
from vmha_ocf.model import NodeName, NovaHost

Inventories = Mapping[str, Sequence[Target]]
"""By fencing device, the hosts of its inventory file."""


@dataclass(frozen=True, slots=True)
class ComputeHost:
    """A machine that runs two nova-computes is two of them, on one node."""

    node: NodeName
    host: NovaHost
    """As it is known to be, else as it would be flagged."""
    devices: Sequence[str] = ()
    """Fencing devices that say they fence it."""


def words_about(
    configuration: Configuration,
    inventories: Inventories,
    domain: str,
    listed: Sequence[NovaHost] | None = None,
) -> Words:
    """For names, without what only flags tell. ``domain`` is NovaEvacuate's."""
    devices = configuration.of_kind(OUR_FENCING)
    remotes = {NodeName(one.name) for one in configuration.of_kind(REMOTE)}
    return Words(
        nodes=frozenset(configuration.attributes.keys() | remotes),
        devices={one.name: words_of(one, inventories.get(one.name, ())) for one in devices},
        domain=domain,
        listed=None if listed is None else frozenset(listed),
    )


def compute_hosts(
    configuration: Configuration, inventories: Inventories, words: Words, names: Names
) -> Sequence[ComputeHost]:
    """By node. A node is a compute host by its attribute, as a remote node, or because one of our
    fencing devices fences it."""
    plugs: dict[NodeName, list[str]] = {}
    for device in configuration.devices:
        for node in plugs_of(device, inventories):
            plugs.setdefault(node, []).append(device.name)
    nodes = _nodes(configuration) | {node for hosts in words.devices.values() for node in hosts}
    return [
        ComputeHost(node, host, tuple(plugs.get(node, ())))
        for node in sorted(nodes)
        for host in names.hosts_of(node) or would_be_flagged(node, words)
    ]


def would_be_flagged(node: NodeName, words: Words) -> Sequence[NovaHost]:
    """By its fencing device, else by ``domain`` of NovaEvacuate, whether Nova knows it or not."""
    by_device = (hosts[node] for hosts in words.devices.values() if node in hosts)
    return next(by_device, (host_of(node, words.domain),))


def words_of(device: Resource, targets: Sequence[Target]) -> Hosts:
    """What one of our devices calls the hosts of its nodes, as it will flag them."""
    plugs = plugs_of(device, {device.name: targets})
    return {node: _hosts_by(device, node, plug, targets) for node, plug in plugs.items()}


def domain_of(device: Resource) -> str:
    return device.parameters.get("domain") or device.parameters.get("compute_domain") or ""


def plugs_of(device: Resource, inventories: Inventories) -> Mapping[NodeName, str]:
    """Pacemaker's pcmk_host_map and pcmk_host_list; without them, what the device itself lists."""
    found = dict(parse_host_map(device.parameters.get("pcmk_host_map", "")))
    for name in re.split(r"[,;\s]+", device.parameters.get("pcmk_host_list", "").strip()):
        if name:
            found.setdefault(NodeName(name), name)
    if not found:
        return {target.node: target.node for target in inventories.get(device.name, ())}
    return found


def misled(configuration: Configuration, inventories: Inventories) -> Sequence[str]:
    """Devices whose map and whose inventory mean two machines by one node: they fence neither."""
    found = []
    for device in configuration.of_kind(OUR_FENCING):
        path = device.parameters.get("inventory", "")
        inventory = Inventory(path, inventories.get(device.name, ()))
        for node, plug in plugs_of(device, inventories).items() if path else ():
            try:
                inventory.find(plug, node)
            except ParameterError as error:
                found.append(f"{device.name} cannot fence {node}: {error.message}")
    return found


def find(hosts: Sequence[ComputeHost], name: str) -> ComputeHost:
    """By Pacemaker's name, by Nova's, or by both as NODE:HOST, letter by letter. Raises ParameterError,
    also where the name means several: a machine is not switched off, or evacuated, by a guess."""
    found = [one for one in hosts if _is_named(one, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ParameterError(
            f"{name} is not the name of one host alone",
            hint=f"say which: {', '.join(f'{one.node}:{one.host}' for one in found)}",
        )
    known = ", ".join(one.node for one in hosts[:8]) + (", ..." if len(hosts) > 8 else "")
    near = next((one for one in hosts if same(name, one.node) or same(name, one.host)), None)
    raise ParameterError(
        f"{name} is not a compute host of this cluster",
        hint=f"names are case-sensitive: did you mean {near.node} ({near.host} in Nova)?"
        if near
        else f"it has {known or 'none'}",
    )


def find_node(hosts: Sequence[ComputeHost], name: str) -> ComputeHost:
    """As find, where the machine is meant: any of its hosts will do."""
    found = [one for one in hosts if _is_named(one, name)]
    return found[0] if len({one.node for one in found}) == 1 else find(hosts, name)


def _is_named(one: ComputeHost, name: str) -> bool:
    return name in (one.node, one.host, f"{one.node}:{one.host}")


def _nodes(configuration: Configuration) -> set[NodeName]:
    told = {node: values.get(ROLE) for node, values in configuration.attributes.items()}
    remotes = {NodeName(one.name) for one in configuration.of_kind(REMOTE)}
    compute = {node for node, role in told.items() if role == COMPUTE_ROLE}
    return compute | {node for node in remotes if told.get(node) in (None, COMPUTE_ROLE)}


def _hosts_by(
    device: Resource, node: NodeName, plug: str, targets: Sequence[Target]
) -> Sequence[NovaHost]:
    target = find_target(targets, plug, node)
    return target.hosts if target else (host_of(plug, domain_of(device)),)
