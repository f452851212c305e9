"""Instances that were off since a boot of their host when that host died, and were evacuated as they were.

Nova takes them for stopped by then, so they are stopped where they are now. What ran before that boot has
not run since, and its owner has not asked for that: it is told, or started, as where its host is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.living.booting import off_since
from vmha_ocf.living.booting.asked_since import AskedSince, Wanted
from vmha_ocf.living.booting.hosts import Known, Left
from vmha_ocf.living.booting.off_instances import OffInstances, not_known
from vmha_ocf.living.booting.off_since import Found, Off
from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import planned
from vmha_ocf.proof.boots import Served


class EvacuatedOff:
    def __init__(
        self, ports: Ports, settings: Settings, cloud: Cloud, known: Known, asked: AskedSince
    ) -> None:
        self.found: Mapping[NovaHost, Sequence[Found]] = {}
        """By the host that they have left."""
        self.problems: dict[NovaHost, str] = {}
        """What is not known, by that host."""
        self.served: Mapping[NovaHost, Sequence[Served]] = {}
        """The boots of that host that nobody has looked after."""
        self._startable: frozenset[NovaHost] = frozenset()
        self._ports = ports
        self._cloud = cloud
        self._known = known
        self._off = OffInstances(ports, settings, cloud)
        self._asked = asked

    def look(self, left: Sequence[Left]) -> None:
        """Raises NovaUnavailable, NovaDenied: of what concerns all of them."""
        self.problems = {}
        by_dest = self._gone_from(left)
        source = {instance: one for each in by_dest.values() for instance, one in each.items()}
        off = self._asked.of(self._stopped(by_dest))
        for host, error in self._asked.trouble.items():
            for one in by_dest.get(host, {}).values():
                self.problems[one.host] = not_known(one.host, error)
        found: dict[NovaHost, list[Found]] = {one.host: [] for one in left}
        for instance, each in off.items():
            if each.off is not Off.LEFT:
                host = source[instance].host
                found[host].append(replace(each, left=host))
        self.found, self.served = found, {one.host: one.served for one in left}
        self._startable = frozenset(self._used() if any(found.values()) else ())

    def is_empty(self, host: NovaHost) -> bool:
        """As far as somebody has looked."""
        return host in self.found and not self.found[host] and host not in self.problems

    def startable(self, one: Found) -> bool:
        """Nobody keeps the host where it is now, or this cluster, in maintenance, and Nova may use it."""
        return one.instance.host in self._startable

    def _used(self) -> Iterable[NovaHost]:
        for one in self._cloud.services():
            node = self._known.names.node_of(one.host)
            kept = node is not None and planned.is_in_maintenance(node, self._known.configuration)
            if one.schedulable and not kept:
                yield one.host

    def _stopped(self, by_dest: Mapping[NovaHost, Mapping[InstanceId, Left]]) -> Wanted:
        there, wanted = sorted(by_dest), []
        for host, listed in zip(there, self._ports.parallel(self._off.on, there), strict=True):
            gone = by_dest[host]
            wanted += [(one, gone[one.id].served) for one in listed.off if one.id in gone]
            if listed.problem:
                self.problems |= {one.host: listed.problem for one in gone.values()}
        return wanted

    def _gone_from(self, left: Sequence[Left]) -> Mapping[NovaHost, Mapping[InstanceId, Left]]:
        """By the host where they are now, which may be another one than Nova had chosen first."""
        by_dest: dict[NovaHost, dict[InstanceId, Left]] = {}
        if left:
            since = min(one.served[0].at for one in left)
            evacuations = self._ports.nova.evacuations_since(since)
            for one in left:
                gone = off_since.evacuated_since(evacuations, one.host, one.served)
                for instance, host in gone.items():
                    by_dest.setdefault(host, {})[instance] = one
        return by_dest
