"""Instances that were marked when the evacuation of their host was over, and the host is away still.

The evacuation left them because nobody had said that they are to be evacuated. Now their owner has, and
they are still down. So their host is looked at now and again, and flagged anew as any that was fenced.
An evacuation is not over before everything marked has left, as long as its host is away: so whatever is
marked there has been marked since, also for a worker that was not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import tagging, task_states
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.model import Flag, NovaHost
from vmha_ocf.ports import Ports

_EVERY = 120.0
"""Seconds between two looks at the instances of one host."""


class AfterDone:
    def __init__(self, ports: Ports, settings: Settings, cloud: Cloud) -> None:
        self._ports = ports
        self._settings = settings
        self._cloud = cloud
        self._looked_at: dict[NovaHost, float] = {}

    def look(self, flags: Mapping[NovaHost, Flag], off: Off) -> Collection[NovaHost]:
        """The hosts to be flagged anew. Raises NovaUnavailable, NovaDenied."""
        away = {
            one.host for one in flags.values() if not one.pending and off.get(one.host) == STILL
        }
        self._looked_at = {host: at for host, at in self._looked_at.items() if host in away}
        return {host for host in sorted(away) if self._is_due(host) and self._is_marked(host)}

    def _is_due(self, host: NovaHost) -> bool:
        return self._ports.clock.monotonic() - self._looked_at.get(host, -inf) >= _EVERY

    def _is_marked(self, host: NovaHost) -> bool:
        instances = self._ports.nova.instances_on(host)
        marks = HostMarks(host, self._ports, self._settings, self._cloud.marks)
        marks.look_up(instances)
        found = any(
            tagging.mark(one, self._settings.marks, marks.images) is tagging.Choice.EVACUATE
            and one.id not in marks.excluded.by
            and one.id not in marks.excluded.perhaps
            and not task_states.is_being_deleted(one)
            for one in instances
        )
        if not found:  # Else at once again, until it is flagged.
            self._looked_at[host] = self._ports.clock.monotonic()
        return found
