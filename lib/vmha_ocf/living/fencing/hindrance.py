"""What keeps a node from being fenced by policy, whoever is on it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from vmha_ocf.agent.boolean import is_true
from vmha_ocf.cloud import capacity
from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster import storm
from vmha_ocf.cluster.configuration import COMPUTE, REMOTE, Configuration
from vmha_ocf.fencing.levels import weak_spot
from vmha_ocf.model import Flag, FlagState, NodeName, NovaHost
from vmha_ocf.proof import planned

Patterns = Sequence[str]


def of_node(
    node: NodeName, hosts: Collection[NovaHost], configuration: Configuration, never: Patterns
) -> str:
    """By what people have configured; "" if nothing. ``hosts``: what Nova calls it."""
    if len(hosts) != 1:
        return f"several hosts of Nova are {node}"
    if any(fnmatchcase(name, one) for one in never for name in (node, *hosts)):
        return "never_fence names it"
    if planned.is_in_maintenance(node, configuration) or _is_unmanaged(node, configuration):
        return "it is in maintenance"
    if not configuration.has("fencing-enabled", default=True) or not configuration.devices:
        return "Pacemaker fences nobody here"
    if all(one.name != node for one in configuration.of_kind(REMOTE)):
        return "it is no remote node: it may be a controller"
    weak = weak_spot(node, configuration)
    return f"{weak} could say so without switching it off" if weak else ""


def room(host: NovaHost, others: Collection[NovaHost], rooms: Sequence[HostRoom]) -> str:
    """Why there is none on ``others`` for all that it has, by Placement's sums; "" if there is."""
    mine = _of(host, rooms)
    if mine is None:
        return f"Placement does not say what {host} has"
    free = [it for it in (_of(one, rooms) for one in others) if it is not None and it != mine]
    short = [one for one in capacity.shortages([mine, *free]) if one.host == mine.host]
    return "; ".join(f"it needs {one.needs} {one.what}, and {one.free} are free" for one in short)


def storms(
    node: NodeName, host: NovaHost, failures: storm.Failures, limits: storm.Limits, *,
    now: float, hosts: int | None,
) -> bool:  # fmt: skip
    """Whether it would be one failure too many. A release covers what fails, and not what we fence."""
    every = {**failures, node: storm.noted(failures.get(node, ()), now)}
    lost = Flag(host, FlagState.NEEDED, node=node)
    return bool(storm.held([lost], storm.come(every, now), limits, hosts=hosts))


def _is_unmanaged(node: NodeName, configuration: Configuration) -> bool:
    mine = [one for one in configuration.of_kind(REMOTE) if one.name == node]
    return any(
        is_true(one.meta.get("maintenance", "")) or not is_true(one.meta.get("is-managed", "true"))
        for one in (*mine, *configuration.of_kind(COMPUTE))
    )


def _of(host: NovaHost, rooms: Sequence[HostRoom]) -> HostRoom | None:
    """A provider has the hypervisor's name, which may be the host's with a domain."""
    same = [one for one in rooms if one.host == host]
    short = [one for one in rooms if _short(one.host) == _short(host)]
    found = same or short
    return found[0] if len(found) == 1 else None


def _short(host: NovaHost) -> str:
    return host.partition(".")[0]
