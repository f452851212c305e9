"""Which hosts of Nova run on which node of Pacemaker: the one answer, for everybody. Pure.

A machine may run several nova-computes, so a node has any number of hosts, and a host has one node. These
know, and who comes first is believed first:

1. our fencing devices, which tell the name that they flag (pcmk_host_map, inventory, their ``domain``);
2. the flags that were seen, each with the node that was switched off;
3. ``domain`` of NovaEvacuate;
4. the node's own name.

An answer counts only if Nova lists a host of exactly that name, and the last two only for hosts that nobody
better has given to another node. Two that are believed equally and disagree leave it unknown: to evacuate
a healthy host that is called alike would run its instances twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.fencing.request import host_of
from vmha_ocf.model import Flag, NodeName, NovaHost

Hosts = Mapping[NodeName, Sequence[NovaHost]]
Pair = tuple[NodeName, NovaHost]


@dataclass(frozen=True, slots=True)
class Words:
    """What there is to learn from."""

    nodes: Collection[NodeName] = ()
    devices: Mapping[str, Hosts] = field(default_factory=dict)
    """What each of our fencing devices calls the hosts of its nodes."""
    flagged: Collection[Pair] = ()
    """Of flags that are pending."""
    remembered: Collection[Pair] = ()
    """Of flags that were. A device that was corrected since then is right."""
    domain: str = ""
    listed: Collection[NovaHost] | None = None
    """All hosts that Nova lists; None is not known yet: then nothing is but what devices and flags say."""


@dataclass(frozen=True, slots=True)
class Names:
    hosts: Hosts = field(default_factory=dict)
    doubts: Mapping[NodeName, str] = field(default_factory=dict)
    """What contradicts itself, a sentence each: such a node has no hosts."""
    unclaimed: Collection[NovaHost] = ()
    """Hosts that Nova lists and that are no node's."""

    def hosts_of(self, node: NodeName) -> Sequence[NovaHost]:
        """() is none, or not known which."""
        return self.hosts.get(node, ())

    def node_of(self, host: NovaHost) -> NodeName | None:
        return next((node for node, hosts in self.hosts.items() if host in hosts), None)

    def may_be(self, node: NodeName) -> Sequence[NovaHost]:
        """Its hosts; or else those called alike, up to the first dot. That is a guess: for a person, and
        to be careful. Nobody is evacuated on the strength of it."""
        return self.hosts_of(node) or tuple(
            sorted(host for host in self.unclaimed if short(host) == short(node))
        )


def short(name: str) -> str:
    return name.partition(".")[0].casefold()


def pairs_of(flags: Iterable[Flag]) -> frozenset[Pair]:
    """What flags tell of names. One without a proof names nothing: it was typed, or cannot be read."""
    return frozenset(
        (flag.node, flag.host)
        for flag in flags
        if flag.node is not None and flag.evidence is not None
    )


def learn(words: Words) -> Names:
    told = _Told(words)
    hosts = {**told.certain, **_weak(words, told)}
    owners: dict[NovaHost, list[NodeName]] = {}
    for node in sorted(hosts):
        for host in hosts[node]:
            owners.setdefault(host, []).append(node)
    doubts = dict(told.doubts)
    for host, nodes in owners.items():
        if len(nodes) > 1:
            doubts |= dict.fromkeys(nodes, _shared(host, nodes))
    return Names(
        {node: tuple(found) for node, found in hosts.items() if node not in doubts},
        doubts,
        tuple(host for host in words.listed or () if host not in owners),
    )


class _Told:
    """What devices and flags say, and where they contradict each other."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.certain: dict[NodeName, Sequence[NovaHost]] = {}
        self.doubts: dict[NodeName, str] = {}
        nodes = {node for hosts in words.devices.values() for node in hosts}
        nodes |= {node for node, _ in (*words.flagged, *words.remembered)}
        for node in sorted(nodes):
            self._decide(node)

    def _decide(self, node: NodeName) -> None:
        by_device = dict(self._of_devices(node))
        flagged = self._listed(host for each, host in sorted(self._words.flagged) if each == node)
        answers = {frozenset(hosts) for hosts in by_device.values()}
        if len(answers) > 1:
            who = [f"{', '.join(hosts)} for {name}" for name, hosts in by_device.items()]
            self.doubts[node] = _contradiction(node, who)
            return
        device = next(iter(by_device.values()), ())
        strange = [host for host in flagged if host not in device]
        if device and strange:
            name = next(iter(by_device))
            who = [f"{', '.join(device)} for {name}", f"{', '.join(strange)} for its flag"]
            self.doubts[node] = _contradiction(node, who)
            return
        former = (host for each, host in sorted(self._words.remembered) if each == node)
        found = device or tuple(dict.fromkeys((*flagged, *self._listed(former))))
        if found:
            self.certain[node] = found

    def _of_devices(self, node: NodeName) -> Iterator[tuple[str, Sequence[NovaHost]]]:
        for name, hosts in self._words.devices.items():
            listed = self._listed(hosts.get(node, ()))
            if listed:
                yield name, listed

    def _listed(self, hosts: Iterable[NovaHost]) -> Sequence[NovaHost]:
        known = self._words.listed
        return tuple(host for host in hosts if known is None or host in known)


def _weak(words: Words, told: _Told) -> Hosts:
    taken = {host for hosts in told.certain.values() for host in hosts}
    found: dict[NodeName, Sequence[NovaHost]] = {}
    for node in words.nodes:
        if node in told.certain or node in told.doubts:
            continue
        for host in (host_of(node, words.domain), NovaHost(str(node))):
            if host in (words.listed or ()) and host not in taken:
                found[node] = (host,)
                break
    return found


def _contradiction(node: NodeName, who: Sequence[str]) -> str:
    return (
        f"what Nova calls {node} is not certain: it is {' and '.join(who)}: correct pcmk_host_map or "
        "the inventory"
    )


def _shared(host: NovaHost, nodes: Sequence[NodeName]) -> str:
    return (
        f"{host} of Nova would be {' and '.join(nodes)} at once: correct pcmk_host_map, the inventory "
        "or domain"
    )


def way_to_say(node: NodeName, host: NovaHost, words: Words) -> str:
    """What a person does so that ``node`` is known to be ``host``. Followed, it is."""
    for name, hosts in words.devices.items():
        if node in hosts:
            return f"have {name} name it: pcmk_host_map={node}:{host}, or host={host} in its inventory"
    rest = host.removeprefix(f"{node}.")
    if not words.domain and host_of(node, rest) == host:
        return f"set domain={rest} of NovaEvacuate"
    return f"name it in a fence_compute device of its fencing level: pcmk_host_map={node}:{host}"
