"""Pacemaker's configuration of the simulated cluster, as whoever followed pcs-examples has left it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from vmha_ocf.cluster.configuration import (
    COMPUTE,
    COMPUTE_ROLE,
    EVACUATOR,
    INSTANCES,
    OUR_FENCING,
    REMOTE,
    ROLE,
    Configuration,
    Resource,
    Result,
)
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.request import Target
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.sim.base.scenario import PacemakerSpec
from vmha_ocf.sim.cluster.hosts import Host

OURS = "fence_compute"
RECORD = "record_only"
"""Our agent behind another device of the same level."""
OTHER = "other"
"""Any other device: it switches the power, and our agent knows nothing of it."""
KDUMP = "kdump"
"""Succeeds at a message, whoever sent it, and switches nothing."""
PING = "heuristics_ping"
"""Succeeds where the network is well, and switches nothing."""
PINGS = "ocf:pacemaker:ping"
WATCHER = "nova-instances"
_KINDS = {WATCHER: INSTANCES}
"""Of clones that measure; the others ping."""
DEVICES = (OURS, RECORD, OTHER, KDUMP, PING)

_OTHERS = {
    OTHER: "stonith:fence_ipmilan",
    KDUMP: "stonith:fence_kdump",
    PING: "stonith:fence_heuristics_ping",
}

Levels = Sequence[Sequence[str]]
"""The devices of each fencing level of every compute node."""


def configured(
    settings: PacemakerSpec,
    evacuator: Mapping[str, str],
    hosts: Sequence[Host],
    attributes: Mapping[NodeName, Mapping[str, str]],
    measuring: Mapping[str, Collection[NodeName]],
) -> Configuration:
    """``evacuator`` are NovaEvacuate's parameters, ``attributes`` those of the nodes in the CIB,
    ``measuring`` where each clone runs that measures a network."""
    roles = {NodeName(name): "controller" for name in settings.controllers}
    roles |= {host.node: COMPUTE_ROLE for host in hosts}
    nodes = [host.node for host in hosts]
    return Configuration(
        resources=[
            Resource("nova-evacuate", EVACUATOR, evacuator),
            Resource("nova-compute", COMPUTE, meta=_meta(settings), clone="nova-compute-clone"),
            *(
                Resource(name, _KINDS.get(name, PINGS), clone=f"{name}-clone")
                for name in measuring
            ),
            *(_device(name, settings, hosts) for name in dict.fromkeys(chain(*settings.levels))),
            *(Resource(node, REMOTE, {"reconnect_interval": "60s"}) for node in nodes),
        ],
        levels=levels_of(settings.levels, nodes),
        properties={"stonith-action": settings.action},
        attributes={
            node: {ROLE: role, **attributes.get(node, {})} for node, role in roles.items()
        },
        results={
            name: [Result(node, "monitor", 0) for node in there]
            for name, there in measuring.items()
        },
    )


def _meta(settings: PacemakerSpec) -> Mapping[str, str]:
    if not settings.migration_threshold:
        return {}
    return {
        "migration-threshold": str(settings.migration_threshold),
        "failure-timeout": f"{settings.timing.failure_timeout:g}s",
    }


def inventory_of(hosts: Sequence[Host], path: str) -> Inventory:
    """The file of a device that has one for all of them. Their BMCs are not in it."""
    names: dict[NodeName, list[NovaHost]] = {}
    for host in hosts:
        names.setdefault(host.node, []).append(host.name)
    targets = [Target(own[0], node, None, tuple(own[1:])) for node, own in names.items()]
    return Inventory(path, targets)


def levels_of(levels: Levels, nodes: Iterable[NodeName]) -> Sequence[Mapping[str, str]]:
    """Those of each node, as the CIB has them."""
    return [
        {"target": node, "index": str(index), "devices": ",".join(devices)}
        for node in nodes
        for index, devices in enumerate(levels, 1)
    ]


def _device(name: str, settings: PacemakerSpec, hosts: Sequence[Host]) -> Resource:
    """Ours know the hosts by what Nova calls them, others by Pacemaker's names alone."""
    if name in _OTHERS:
        nodes = {"pcmk_host_list": " ".join(host.node for host in hosts)}
        return Resource(name, _OTHERS[name], nodes)
    nova = settings.host_map
    map_ = ";".join(f"{host.node}:{host.name if nova else host.node}" for host in hosts)
    own = {"record_only": "1"} if name == RECORD else {"ip": "192.0.2.1"}
    return Resource(name, OUR_FENCING, {**settings.fence_options, "pcmk_host_map": map_, **own})
