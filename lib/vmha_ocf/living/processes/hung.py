"""Whose nova-compute Nova misses although it should hear of it. Pure.

Nova says that a service is down when its last report is older than service_down_time; that its reports have
stopped is seen before. Silence alone is no failure of a process: two hosts that fall silent together have
lost their message bus, or Nova its own, and a restart would help nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vmha_ocf.agent.boolean import is_true
from vmha_ocf.cluster.configuration import COMPUTE, Configuration, Resource
from vmha_ocf.fencing.names import Names
from vmha_ocf.model import ComputeService, Monotonic, NodeName, NovaHost, Services
from vmha_ocf.proof import planned
from vmha_ocf.proof.presence import Nodes
from vmha_ocf.service import marker

AUTO = "AUTO:"
"""With what Nova begins the reason of a service that it has disabled by itself, as without libvirt
(nova/virt/libvirt/driver.py): no person's will, and not ours."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The last report of a service."""

    updated_at: str
    since: Monotonic
    """When it was first seen."""


Reports = Mapping[NovaHost, Heard]


def hear(before: Reports, services: Services, now: Monotonic) -> Reports:
    def of(one: ComputeService) -> Heard:
        known = before.get(one.host)
        same = known is not None and known.updated_at == one.updated_at
        return known if known is not None and same else Heard(one.updated_at, now)

    return {one.host: of(one) for one in services}


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Pacemaker knows of the hosts."""

    nodes: Nodes
    names: Names
    configuration: Configuration
    flagged: Collection[NovaHost]
    given_up: Collection[NodeName] = ()
    """Where Pacemaker does not have it run any more."""

    def watched(self, host: NovaHost) -> NodeName | None:
        """The node of a host on which Pacemaker is to keep nova-compute running, and nobody has said
        otherwise."""
        node = self.names.node_of(host)
        state = self.nodes.get(node) if node is not None else None
        if node is None or state is None or state.fenced or not state.online:
            return None
        if node in self.given_up or host in self.flagged:
            return None
        if planned.is_in_maintenance(node, self.configuration):
            return None
        managed = any(map(_is_managed, self.configuration.of_kind(COMPUTE)))
        return node if managed else None


def _is_managed(resource: Resource) -> bool:
    meta = resource.meta
    stopped = meta.get("target-role", "").lower() == "stopped"
    return not (
        stopped or is_true(meta.get("maintenance", "")) or _is_no(meta.get("is-managed", ""))
    )


def _is_no(text: str) -> bool:
    return bool(text) and not is_true(text)


@dataclass(frozen=True, slots=True)
class Watched:
    """A service that is to report, as its host is there."""

    service: ComputeService
    node: NodeName
    since: Monotonic
    """When its last report was first seen."""

    @property
    def host(self) -> NovaHost:
        return self.service.host

    @property
    def is_missed(self) -> bool:
        """By Nova, too."""
        return not self.service.up

    @property
    def left_because(self) -> str:
        """Somebody has taken it out of service; "" if nobody has."""
        ours = marker.of_living(self.service) is not None
        if self.service.enabled or ours or self.service.disabled_reason.startswith(AUTO):
            return ""
        return self.service.disabled_reason or "nobody has said why"


def watched(services: Services, reports: Reports, cluster: Cluster) -> list[Watched]:
    """What we have changed ourselves is on its way back, and looked at there."""
    found = []
    for one in services:
        node = cluster.watched(one.host)
        ours = one.forced_down or marker.ours(one) is not None
        if node is not None and not ours:
            found.append(Watched(one, node, reports[one.host].since))
    return found


def silent(every: Iterable[Watched], *, now: Monotonic, after: float) -> list[Watched]:
    """Those that Nova misses, and those that it will: ``after`` so many seconds there is no report."""
    return [one for one in every if one.is_missed or now - one.since >= after]


def together(one: Watched, others: Iterable[Watched], down_time: float) -> list[NovaHost]:
    """Those that have fallen silent within ``down_time`` of this one."""
    return sorted(
        other.host
        for other in others
        if other.host != one.host and abs(other.since - one.since) <= down_time
    )


def unheard(
    one: Watched, every: Iterable[Watched], missed_at: Monotonic, down_time: float
) -> list[NovaHost]:
    """Those of whom nothing has come since Nova was seen to miss this one: whether they have fallen silent
    with it nobody can tell yet. A silence of long before is another one."""
    return [
        other.host
        for other in every
        if other.host != one.host
        and other.since <= missed_at
        and one.since - other.since <= down_time
    ]


def hears_of_another(one: Watched, services: Services, silents: Iterable[Watched]) -> bool:
    """Whether Nova hears of anybody at all."""
    quiet = {each.host for each in silents}
    return any(each.up and each.host not in quiet for each in services if each.host != one.host)
