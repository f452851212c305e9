"""Hosts in service, in a boot whose instances nobody has looked after: read from Pacemaker and Nova."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import Flag, NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import boots, planned
from vmha_ocf.proof.boots import Served
from vmha_ocf.proof.presence import Nodes


class Known(Protocol):
    """What is known of the nodes; the worker's Naming is one."""

    @property
    def nodes(self) -> Nodes: ...
    @property
    def names(self) -> Names: ...
    @property
    def configuration(self) -> Configuration: ...


@dataclass(frozen=True, slots=True)
class Booted:
    node: NodeName
    host: NovaHost
    served: Sequence[Served]
    """The boots that nobody has looked after, oldest first: the newest is the one that it is in."""
    up: bool
    """By Nova's word: as long as its service is down, or forced down, it may not have looked."""
    startable: bool
    """Nobody keeps it, or this cluster, in maintenance, and Nova may use it."""


@dataclass(frozen=True, slots=True)
class Left:
    """A host, and its boots that nobody has looked after, wherever it is now."""

    host: NovaHost
    served: Sequence[Served]


class BootedHosts:
    def __init__(self, ports: Ports, cloud: Cloud, known: Known) -> None:
        self._ports = ports
        self._cloud = cloud
        self._known = known
        self.anew: Mapping[NodeName, Sequence[Served]] = {}
        """The boots that nobody has looked after, of all nodes that are known for longer."""
        self.nameless: Mapping[NodeName, Sequence[NovaHost]] = {}
        """Nodes that have booted and no host is known of, each with the hosts that are called alike."""
        self._new: dict[NodeName, Sequence[Served]] = {}

    def waiting(self, flags: Mapping[NovaHost, Flag]) -> Sequence[Booted]:
        """All hosts of a node, or none: a flag of one concerns the machine. Raises as Notes and Nova do."""
        looked = self._ports.notes.read(boots.LOOKED)
        anew: dict[NodeName, Sequence[Served]] = {}
        self._new = {}
        for node, text in self._ports.notes.read(boots.SERVED).items():
            served = boots.since(looked.get(node, ""), boots.parse_served(text))
            if served:
                known = node in looked or boots.are_known_from_their_start(served)
                (anew if known else self._new)[node] = served
        self.anew, self.nameless = anew, {}
        return self._in_service(anew, flags) if anew else ()

    def left(self) -> Sequence[Left]:
        """All of which a boot is to be looked after, as ``waiting`` has found them: also while they are
        evacuated, because what has left already may be off where it is."""
        names = self._known.names
        return [
            Left(host, served)
            for node, served in self.anew.items()
            for host in names.hosts_of(node)
        ]

    def meet(self) -> None:
        """Nodes that are known since the last look: what ran in their former boots nobody can tell."""
        for node, served in self._new.items():
            self.settle(node, served)

    def settle(self, node: NodeName, served: Sequence[Served]) -> None:
        """Its instances have been looked after."""
        self._ports.notes.write(node, boots.LOOKED, served[-1].boot)

    def is_whole(self, node: NodeName, hosts: Iterable[NovaHost]) -> bool:
        """Whether these are all hosts of the node."""
        return set(hosts) >= set(self._known.names.hosts_of(node))

    def _in_service(
        self, anew: Mapping[NodeName, Sequence[Served]], flags: Mapping[NovaHost, Flag]
    ) -> Sequence[Booted]:
        booted = self._ports.notes.read_passing(boots.BOOTED)
        services = {one.host: one for one in self._cloud.services()}
        configuration = self._known.configuration
        there = list(self._there(anew, booted))
        self.nameless = self._of_no_host(node for node, _ in there)
        found = []
        for node, served in there:
            hosts = self._known.names.hosts_of(node)
            if any(host in flags for host in hosts):
                continue
            for host in hosts:
                service = services.get(host)
                if service is not None:
                    startable = service.schedulable and not planned.is_in_maintenance(
                        node, configuration
                    )
                    found.append(Booted(node, host, served, service.up, startable))
        return found

    def _of_no_host(self, nodes: Iterable[NodeName]) -> Mapping[NodeName, Sequence[NovaHost]]:
        names = self._known.names
        return {
            node: names.may_be(node)
            for node in nodes
            if not names.hosts_of(node) and node not in names.doubts and names.may_be(node)
        }

    def _there(
        self, anew: Mapping[NodeName, Sequence[Served]], booted: Mapping[NodeName, str]
    ) -> Iterator[tuple[NodeName, Sequence[Served]]]:
        """Connected, and in that very boot still, as far as it has told."""
        for node, served in anew.items():
            state = self._known.nodes.get(node)
            boot = served[-1].boot
            if state is not None and state.online and booted.get(node, boot) == boot:
                yield node, served
