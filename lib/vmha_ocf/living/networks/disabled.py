"""Which hosts are to be disabled for a network that they have lost, and where it is well again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.living.disabling.causes import Cause, joined
from vmha_ocf.living.networks.lasting import Lasting
from vmha_ocf.living.networks.told import SEVERAL, asked, wide_ones
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.service.marker import NETWORK

_SEVERAL = 2
_ROWS = {Action.DISABLE, Action.MIGRATE, Action.FENCE}


def cause(policy: Policy, lasting: Lasting, hosts: Mapping[NodeName, Sequence[NovaHost]]) -> Cause:
    """``hosts``: those that are looked at, by what Nova calls them."""
    held_for = policy.gates.held_for
    wide = {*wide_ones(policy, lasting), *lasting.wide_within(held_for)}
    down = {net: nodes for net, nodes in lasting.down_for(held_for).items() if net not in wide}
    up = lasting.up_for(held_for)
    counting = [one for one in policy.measured if _disables(policy, one, SEVERAL)]
    wanted: dict[NovaHost, str] = {}
    well: dict[NovaHost, Collection[str]] = {}
    for node, names in hosts.items():
        lost = _lost(policy, [one for one, nodes in down.items() if node in nodes])
        wanted |= dict.fromkeys(names, joined(lost)) if lost else {}
        well |= dict.fromkeys(names, [one for one, nodes in up.items() if node in nodes])
    ailing = {
        host
        for node, network in lasting.down
        if network in counting
        for host in hosts.get(node, ())
    }
    return Cause(NETWORK, tuple(policy.measured), bool(counting), wanted, ailing, well)


def _lost(policy: Policy, networks: Collection[str]) -> Collection[str]:
    """Those of one host that it is to be disabled for."""
    if len(networks) >= _SEVERAL and _disables(policy, SEVERAL):
        return networks
    return [one for one in networks if _disables(policy, one)]


def _disables(policy: Policy, *networks: str) -> bool:
    """A network is its host's: one class is enough. A host that is left, or fenced, is disabled first."""
    return any(asked(policy, one) & _ROWS for one in networks)
