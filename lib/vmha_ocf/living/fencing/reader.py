"""What would become of each instance of a host if it were fenced now: by the worker's own planner."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.policy.matching import Images
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.records import STILL
from vmha_ocf.evacuation.memory import Memory
from vmha_ocf.evacuation.plan import survey
from vmha_ocf.evacuation.reading import HostReader
from vmha_ocf.evacuation.verdict import Verdict
from vmha_ocf.evacuation.view import Surroundings, View
from vmha_ocf.living.fencing.ports import FencingPorts
from vmha_ocf.living.processes import tasks
from vmha_ocf.model import (
    Epoch,
    Evidence,
    Flag,
    FlagState,
    Instance,
    Monotonic,
    NodeName,
    NovaHost,
)

_DAY = 86400.0
"""Nobody moves one instance for longer."""


@dataclass(frozen=True, slots=True)
class Read:
    instances: Sequence[Instance]
    verdicts: Sequence[Verdict]
    images: Images
    """The properties of all of its images."""
    task: str = ""
    """What nova-compute or libvirt there is in the middle of; "" if nothing."""


class Reader:
    def __init__(self, ports: FencingPorts, settings: Settings, cloud: Cloud) -> None:
        self._ports = ports
        self._settings = settings
        self._cloud = cloud

    def read(self, host: NovaHost, node: NodeName, down: Collection[NovaHost]) -> Read | None:
        """``down``: hosts that are flagged. None: some of it is not there yet. Raises NovaUnavailable,
        NovaDenied."""
        ports, cloud = self._ports, self._cloud
        cloud.ask_groups()
        if cloud.awaits_groups:
            return None
        reader = HostReader(host, ports, self._settings, cloud)
        reader.begin(anew=True)
        now = ports.clock.now()
        proof = Evidence("vmha", now, "if it were fenced now")
        flag = Flag(host, FlagState.NEEDED, node=node, evidence=proof)
        reading = reader.finish(flag)
        off = dict.fromkeys([host, *down], STILL)
        view = View(flag, reading, Surroundings(off, groups=cloud.groups()))
        found = survey(
            view,
            settings=self._settings,
            memory=self._memory(),
            now=ports.clock.monotonic(),
        )
        moves = ports.nova.moves_since(host, Epoch(now - _DAY))
        return Read(
            reading.instances,
            found.verdicts,
            self._images(reading.instances),
            next(iter(tasks.under_way(reading.instances, moves)), ""),
        )

    def _memory(self) -> Memory:
        """As of a worker that has watched for long."""
        now, settings = self._ports.clock.monotonic(), self._settings
        long_ago = Monotonic(now - max(settings.settle, settings.evacuate_delay))
        return Memory(first_seen=long_ago, watching=long_ago, looked=now)

    def _images(self, instances: Sequence[Instance]) -> Images:
        images = {one.image for one in instances if one.image is not None}
        return self._ports.nova.image_marks(sorted(images)) if images else {}
