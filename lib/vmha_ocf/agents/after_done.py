"""Instances that were marked when the evacuation of their host was over, and the host is away still.

The evacuation left them because nobody had said that they are to be evacuated. Now their owner has, and
they are still down. So their host is looked at now and again, and flagged anew as any that was fenced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf

from vmha_ocf import tagging, task_states
from vmha_ocf.agents.cloud import Cloud
from vmha_ocf.agents.host_marks import HostMarks
from vmha_ocf.agents.host_requests import name_of
from vmha_ocf.model import Flag, InstanceId, NovaHost
from vmha_ocf.policy import Policy
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.records import STILL, Off

_EVERY = 120.0
"""Seconds between two looks at the instances of one host."""


class AfterDone:
    def __init__(self, ports: WorkerPorts, policy: Policy, cloud: Cloud) -> None:
        self._ports = ports
        self._policy = policy
        self._cloud = cloud
        self._left: dict[NovaHost, frozenset[InstanceId]] = {}
        """Marked instances that were left on purpose."""
        self._looked_at: dict[NovaHost, float] = {}
        self._told: dict[NovaHost, Mapping[InstanceId, str]] = {}
        """Those of them that nobody here knows the reason of, with their names."""

    @property
    def problems(self) -> Sequence[str]:
        return [
            f"{host}: {', '.join(names.values())} {_ended(host)}"
            for host, names in self._told.items()
        ]

    @property
    def told(self) -> Mapping[InstanceId, str]:
        return {
            one: _ended(host).removeprefix("is marked, and ")
            for host, names in self._told.items()
            for one in names
        }

    def over(self, host: NovaHost) -> None:
        """Its evacuation has just ended, and left nothing that is marked."""
        self._left[host] = frozenset()
        for known in (self._looked_at, self._told):
            known.pop(host, None)

    def look(self, flags: Mapping[NovaHost, Flag], off: Off) -> Collection[NovaHost]:
        """The hosts to be flagged anew. Raises NovaUnavailable, NovaDenied."""
        away = {
            one.host for one in flags.values() if not one.pending and off.get(one.host) == STILL
        }
        self._left = {host: left for host, left in self._left.items() if host in away}
        self._looked_at = {host: at for host, at in self._looked_at.items() if host in away}
        self._told = {host: names for host, names in self._told.items() if host in away}
        return {host for host in sorted(away) if self._is_due(host) and self._is_marked_anew(host)}

    def _is_due(self, host: NovaHost) -> bool:
        return self._ports.clock.monotonic() - self._looked_at.get(host, -inf) >= _EVERY

    def _is_marked_anew(self, host: NovaHost) -> bool:
        """What is marked on a host that another worker, or an operator, has called done was left for a
        reason that nobody knows any more: it is told, and only what is added to it counts."""
        marked = self._marked(host)
        left = self._left.setdefault(host, frozenset(marked))
        told = {one: marked[one] for one in left if one in marked}
        if told:
            self._told[host] = told
        else:
            self._told.pop(host, None)
        self._looked_at[host] = self._ports.clock.monotonic()
        if left.issuperset(marked):
            return False
        self._looked_at.pop(host)  # Until it is flagged.
        return True

    def _marked(self, host: NovaHost) -> Mapping[InstanceId, str]:
        """With their names."""
        instances = self._ports.nova.instances_on(host)
        marks = HostMarks(host, self._ports, self._policy, self._cloud.marks)
        marks.look_up(instances)
        return {
            one.id: name_of(one)
            for one in instances
            if tagging.mark(one, self._policy.marks, marks.images) is tagging.Choice.EVACUATE
            and not task_states.is_being_deleted(one)
        }


def _ended(host: NovaHost) -> str:
    return f"is marked, and the evacuation of its host has ended without it: vmha flag {host}"
