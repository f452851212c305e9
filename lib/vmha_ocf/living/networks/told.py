"""What people are told of networks that are down, or that nobody measures. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.living.disabling import causes
from vmha_ocf.living.networks.lasting import MOMENT, Lasting
from vmha_ocf.living.networks.measured import Readings
from vmha_ocf.model import NodeName, NovaHost

SEVERAL = "several"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Told:
    sentence: str
    lost: Sequence[str] = ()
    """The networks that are down, of ``node``, ..."""
    node: NodeName | None = None
    """... or of too many nodes to be theirs."""


def asked(policy: Policy, network: str) -> frozenset[Action]:
    """What any class asks for: a network is its host's."""
    kind = f"network.{network}"
    return frozenset(action for one in policy.classes for action in one.rows.get(kind, ()))


def tell(policy: Policy, lasting: Lasting, readings: Readings) -> Iterator[Told]:
    """Only of networks that a row asks about."""
    down = lasting.down_for(policy.gates.held_for)
    wide = wide_ones(policy, lasting)
    several = _several(policy, down, wide)
    for network, nodes in down.items():
        if not _tells(policy, network):
            continue
        if network in wide:
            yield Told(_of_many(network, lasting.down_for(0.0)[network], policy), [network])
        else:
            yield from (
                _of_one(policy, one, network, lasting) for one in nodes if one not in several
            )
    yield from (_of_several(policy, node, networks) for node, networks in several.items())
    for network, nodes in lasting.unknown_for(MOMENT).items():
        if _tells(policy, network):
            yield Told(_unknown(network, nodes, readings))


def with_disabled(
    one: Told, hosts: Mapping[NodeName, NovaHost], disabled: Collection[NovaHost]
) -> Told:
    """For the history: whether the host is disabled for it."""
    if one.node is None:
        return one
    return replace(one, sentence=causes.told(one.sentence, hosts[one.node], disabled))


def wide_ones(policy: Policy, lasting: Lasting) -> Collection[str]:
    """Networks that are down on more hosts at once than the gate lets through."""
    at_once = lasting.down_for(0.0)
    return [one for one, nodes in at_once.items() if len(nodes) > policy.gates.hosts_at_once]


def _tells(policy: Policy, network: str) -> bool:
    return bool((asked(policy, network) | asked(policy, SEVERAL)) - {Action.NONE})


def _several(
    policy: Policy, down: Mapping[str, Sequence[NodeName]], wide: Collection[str]
) -> Mapping[NodeName, list[str]]:
    """The nodes that have lost two networks or more, each for reasons of their own."""
    if not asked(policy, SEVERAL) - {Action.NONE}:
        return {}
    found: dict[NodeName, list[str]] = {}
    for network, nodes in down.items():
        for node in nodes if network not in wide else ():
            found.setdefault(node, []).append(network)
    return {node: networks for node, networks in found.items() if len(networks) > 1}


def _what(policy: Policy, networks: Sequence[str]) -> str:
    """What is done about its instances."""
    several = [SEVERAL] if len(networks) > 1 else []
    if any(Action.MIGRATE in asked(policy, one) for one in networks):
        return "its instances leave it where their row says so"
    if any(Action.FENCE in asked(policy, one) for one in (*networks, *several)):
        return "it is fenced where the rows of all that run there say so"
    return "its instances are left as they are"


def _of_one(policy: Policy, node: NodeName, network: str, lasting: Lasting) -> Told:
    sentence = (
        f"{node} has lost its {network} network: {lasting.down[node, network].why}; "
        f"{_what(policy, [network])}: look at its links and its switch"
    )
    return Told(sentence, [network], node)


def _of_several(policy: Policy, node: NodeName, networks: Sequence[str]) -> Told:
    sentence = (
        f"{node} has lost {len(networks)} networks: {', '.join(networks)}; "
        f"{_what(policy, networks)}: look at its links and its switch"
    )
    return Told(sentence, networks, node)


def _of_many(network: str, nodes: Sequence[NodeName], policy: Policy) -> str:
    by = policy.measured[network].resource or "NovaInstances"
    return (
        f"{_names(nodes)} have lost their {network} network together: look at its switch, and at what "
        f"{by} measures it by; nothing is done about a single host"
    )


def _unknown(network: str, nodes: Sequence[NodeName], readings: Readings) -> str:
    return (
        f"how the {network} network of {_names(nodes)} is, nobody knows: "
        f"{readings[nodes[0], network].why}; nothing is done about it"
    )


def _names(nodes: Sequence[NodeName]) -> str:
    rest = len(nodes) - _NAMED
    return ", ".join(nodes[:_NAMED]) + (f" and {rest} more hosts" if rest > 0 else "")
