"""The instances of one host that are ours and off, before anybody has asked why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import tagging
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.booting import off_since
from vmha_ocf.model import Instance, NovaHost
from vmha_ocf.ports import Ports


@dataclass(frozen=True, slots=True)
class Listed:
    """``off``: those that are ours, as far as that can be told, and stopped."""

    off: Sequence[Instance]
    starting: int = 0
    """Instances that are being started there."""
    problem: str = ""


class OffInstances:
    def __init__(self, ports: Ports, settings: Settings, cloud: Cloud) -> None:
        self._ports = ports
        self._settings = settings
        self._cloud = cloud

    def on(self, host: NovaHost) -> Listed:
        """On a thread of its own. Never raises a VmhaError: what is not known is its problem."""
        try:
            instances = self._ports.nova.instances_on(host)
        except VmhaError as error:
            return Listed((), problem=not_known(host, error))
        off = [one for one in instances if off_since.may_be(one)]
        marks = HostMarks(host, self._ports, self._settings, self._cloud.marks)
        if off:
            marks.look_up(off)
        ours = [one for one in off if self._choice(one, marks) is Choice.EVACUATE]
        starting = sum(1 for one in instances if one.task_state == "powering-on")
        return Listed(ours, starting, marks.problem)

    def _choice(self, one: Instance, marks: HostMarks) -> Choice:
        return tagging.choose(
            one, self._settings, marks.images, marks.anything_marked, marks.excluded
        )


def not_known(host: NovaHost, error: VmhaError) -> str:
    return f"what ran on {host} before it booted is not known: {error}"
