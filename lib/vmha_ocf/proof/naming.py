"""What one worker knows of the names of nodes and hosts, kept up to date: read and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Protocol

from vmha_ocf.cluster.configuration import OUR_FENCING, Configuration, Resource
from vmha_ocf.cluster.ports import ConfiguredCluster
from vmha_ocf.errors import VmhaError
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.names import Hosts, Names, Words, learn, pairs_of
from vmha_ocf.fencing.topology import domain_of, words_of
from vmha_ocf.model import Flag, NodeName, NodeState, NovaHost, Services
from vmha_ocf.ports import Clock
from vmha_ocf.proof import fenced_elsewhere, leftover, presence
from vmha_ocf.proof.presence import Nodes
from vmha_ocf.proof.seen_fencings import SeenFencings

EVERY = 30.0
"""Seconds between two looks at Pacemaker's configuration and the inventories: people change them."""
AGAIN = 3.0
"""Seconds after a look that failed."""


class NamingPorts(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def cluster(self) -> ConfiguredCluster: ...
    @property
    def read_inventory(self) -> Callable[[str, str], Inventory]: ...


class Naming:
    """What cannot be read now stays as it was, and is a problem. With the names it knows whether
    Pacemaker's word that a node was fenced can be believed: both are read from the configuration."""

    def __init__(self, ports: NamingPorts, domain: str) -> None:
        self.configuration = Configuration()
        self.words = Words(domain=domain)
        self.names = Names()
        self._problems: dict[str, str] = {}
        self.nodes: Nodes = {}
        """Pacemaker's view, without the fencings that prove nothing."""
        self.seen = SeenFencings()
        self._ports = ports
        self._weak: dict[tuple[NodeName, str], str] = {}
        self._due = -inf
        self._unknown: frozenset[NodeName] = frozenset()
        """Nodes that were away at the last look, and no host of them was known."""

    @property
    def problems(self) -> Sequence[str]:
        return list(dict.fromkeys((*self._problems.values(), *self.names.doubts.values())))

    @property
    def fenced(self) -> Mapping[NodeName, float]:
        """When those nodes that have a host of Nova's were fenced last, in seconds since the epoch."""
        return presence.fenced_at(self.nodes, self.names)

    def list_seen(self, services: Services) -> None:
        """All that Nova has."""
        self._learn(replace(self.words, listed=services.hosts))

    def look(self, flags: Mapping[NovaHost, Flag], nodes: Nodes) -> None:
        """Never raises. A node that is lost and unknown may be a new one: it is looked up at once."""
        now = self._ports.clock.monotonic()
        self.seen.look(nodes, now)
        away = {node.name for node in nodes.values() if node.fenced or not node.online}
        unknown = frozenset(node for node in away if not self.names.hosts_of(node))
        devices = self.words.devices
        if now >= self._due or not unknown <= self._unknown:
            devices = self._read()
            self._due = now + (AGAIN if self._problems else EVERY)
        self._unknown = unknown
        pending = pairs_of(flag for flag in flags.values() if flag.pending)
        former = frozenset((*self.words.remembered, *self.words.flagged)) - pending
        self._learn(
            replace(
                self.words,
                nodes=frozenset(nodes),
                devices=devices,
                flagged=pending,
                remembered=former,
            )
        )

        self.nodes = fenced_elsewhere.believed(nodes, self.weakness)

    def weakness(self, node: NodeState) -> str:
        """See fenced_elsewhere; of the configuration that was read last."""
        if not self.configuration.resources:
            return "a device that nobody has looked up yet"
        if (node.name, node.fenced_by) not in self._weak:
            weak = fenced_elsewhere.weakness(node, self.configuration)
            self._weak[node.name, node.fenced_by] = weak
        return self._weak[node.name, node.fenced_by]

    def unproved(self, flag: Flag) -> str:
        return leftover.unproved(flag, self.nodes, self.names, self.words.listed)

    def _learn(self, words: Words) -> None:
        if words != self.words:
            self.words, self.names = words, learn(words)

    def _read(self) -> Mapping[str, Hosts]:
        self._problems.clear()
        try:
            self.configuration = self._ports.cluster.configuration()
        except VmhaError as error:
            self._problems["configuration"] = str(error)
            return self.words.devices
        self._weak.clear()
        return {one.name: self._told_by(one) for one in self.configuration.of_kind(OUR_FENCING)}

    def _told_by(self, device: Resource) -> Hosts:
        """No target is kept: each has the password of its BMC."""
        path = device.parameters.get("inventory", "")
        try:
            inventory = self._ports.read_inventory(path, domain_of(device)) if path else None
        except VmhaError as error:
            self._problems[device.name] = f"what {device.name} calls its hosts: {error}"
            return self.words.devices.get(device.name, {})
        return words_of(device, inventory.targets if inventory else ())
