"""Putting back what our attempts have turned to error, on hosts that returned with it: read, plan, act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import records, tagging
from vmha_ocf.cloud.known_marks import CloudMarks
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.records import Off
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import Instance, InstanceId, NovaHost
from vmha_ocf.ports import Nova
from vmha_ocf.service import damage
from vmha_ocf.service.damage import ASKED, Damaged, Way
from vmha_ocf.service.ports import ServicePorts
from vmha_ocf.service.trace import Trace

_SHOWN = 3
"""Instances that are named in one problem."""


class PutBack:
    """``problems``: what is left of it, by host, as long as it lasts."""

    def __init__(self, ports: ServicePorts, settings: Settings, marks: CloudMarks) -> None:
        self.problems: dict[NovaHost, str] = {}
        self._ports = ports
        self._settings = settings
        self._marks = marks
        self._asking: set[NovaHost] = set()

    def look(self, trace: Trace, off: Off, *, fresh: bool) -> bool:
        """True when nothing of ours is left on a host that is in service. ``fresh``: the flag of the
        failure is still there; without it the trace may be of long ago, and nothing is asked for."""
        left = self._left(trace, off)
        asked = [one for one in left if one.way in (Way.REBOOT, Way.STOP)] if fresh else []
        batch = asked[: self._settings.caps.batch]
        if batch:
            self._put_back(batch, trace)
        (self._asking.add if asked else self._asking.discard)(trace.host)
        waiting = {one.instance.id for one in left if one.way is Way.WAIT}
        waiting |= {one.instance.id for one in asked}
        self._tell(trace.host, [one for one in left if one.instance.id not in waiting])
        return not left

    def has_asked(self, host: NovaHost) -> bool:
        """At the last look nothing was left to ask for."""
        return host not in self._asking

    def forget(self, host: NovaHost) -> None:
        self.problems.pop(host, None)
        self._asking.discard(host)

    def _left(self, trace: Trace, off: Off) -> Sequence[Damaged]:
        found = records.by_instance(self._ports.nova.evacuations_from(trace.host))
        if not damage.may_be_some(found, trace):
            return ()
        instances = self._ports.nova.instances_on(trace.host)
        broken = [one for one in instances if damage.is_broken(one, trace)]
        return damage.of_ours(broken, self._choices(trace, broken), found, off, trace)

    def _choices(self, trace: Trace, instances: Sequence[Instance]) -> dict[InstanceId, Choice]:
        """As it was decided for this failure, where that was decided."""
        marks = HostMarks(trace.host, self._ports, self._settings, self._marks)
        marks.look_up(instances)
        marked = False if trace.untagged else marks.anything_marked
        return {
            one.id: tagging.choose(one, self._settings, marks.images, marked) for one in instances
        }

    def _put_back(self, batch: Sequence[Damaged], trace: Trace) -> None:
        """Noted first: whoever comes after us asks for nothing twice."""
        noted = {**trace.was, **{one.instance.id: ASKED for one in batch}}
        self._ports.traces.write(replace(trace, was=noted), ())
        for one, error in zip(batch, self._ports.parallel(self._ask, batch), strict=True):
            name = one.instance.name or one.instance.id
            how = "rebooted hard" if one.way is Way.REBOOT else "stopped"
            line = f"{trace.host}: {name} is in error since we tried to evacuate it: {how}"
            self._ports.say(line)
            if error is not None:
                doing = "reboot" if one.way is Way.REBOOT else "stop"
                self._ports.say(f"{trace.host}: the request to {doing} {name} failed: {error}")

    def _ask(self, one: Damaged) -> VmhaError | None:
        try:
            if one.way is Way.REBOOT:
                self._ports.nova.reboot(one.instance)
            else:
                self._ports.nova.stop(one.instance)
        except VmhaError as error:
            return error
        return None

    def _tell(self, host: NovaHost, left: Sequence[Damaged]) -> None:
        self.problems.pop(host, None)
        if left:
            self.problems[host] = f"{host}: {_names(one.told for one in left)}"


def still_left(nova: Nova, trace: Trace) -> Mapping[InstanceId, str]:
    """The trace of a failure that is over is kept while something of it is left on the host: to be noted
    when that host fails again. Raises NovaUnavailable, NovaDenied."""
    found = records.by_instance(nova.evacuations_from(trace.host))
    if not damage.may_be_some(found, trace):
        return {}
    return damage.still_left(nova.instances_on(trace.host), found, trace)


def _names(told: Iterable[str]) -> str:
    sentences = list(told)
    more = f" (and {len(sentences) - _SHOWN} more)" if len(sentences) > _SHOWN else ""
    return "; ".join(sentences[:_SHOWN]) + more
