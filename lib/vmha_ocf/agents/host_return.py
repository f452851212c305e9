"""Bringing hosts back into service after their evacuation: read, plan, act."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vmha_ocf import marker, returning
from vmha_ocf.errors import NovaRefused
from vmha_ocf.incident import Event, Step
from vmha_ocf.model import ComputeService, Flag, NovaHost
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.records import STILL, Off


class HostReturn:
    """Follows every service that carries our mark and is not flagged any more."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._beats: dict[NovaHost, str] = {}
        self._marks: dict[NovaHost, marker.Ours] = {}
        self._said: dict[NovaHost, str] = {}

    def run(
        self, services: Sequence[ComputeService], flags: Mapping[NovaHost, Flag], off: Off
    ) -> Collection[NovaHost]:
        """Undo what can be undone now; the hosts that still have something to undo."""
        waiting = set()
        for service in services:
            flag = flags.get(service.host)
            mine = self._mine(service)
            if flag is None and mine is None:
                continue
            if (flag is not None and flag.pending) or off.get(service.host) == STILL:
                self._beats.pop(service.host, None)
            elif not self._step(service, mine, flag, off):
                waiting.add(service.host)
        return waiting

    def _mine(self, service: ComputeService) -> marker.Ours | None:
        """What we changed. Whoever enables the service wipes out our mark, and not our force-down:
        as long as we remember, the host does not stay forced down for ever."""
        mine = marker.ours(service)
        if mine is not None:
            self._marks[service.host] = mine
        elif not (service.enabled and service.forced_down):
            self._marks.pop(service.host, None)
        return self._marks.get(service.host)

    def _step(
        self, service: ComputeService, mine: marker.Ours | None, flag: Flag | None, off: Off
    ) -> bool:
        host = service.host
        beating = service.updated_at != self._beats.setdefault(host, service.updated_at)
        evacuations = self._ports.nova.evacuations_from(host) if beating else ()
        match returning.plan_return(service, mine, evacuations, beating=beating, off=off):
            case returning.Undo() as undo:
                self._undo(undo)
            case returning.Await(reason=reason):
                self._say(host, f"{host}: {reason}")
            case returning.Back():
                self._back(service, flag)
                return True
        return False

    def _undo(self, undo: returning.Undo) -> None:
        """What Nova refuses for one host must not keep the others waiting."""
        host = undo.service.host
        try:
            after = self._ports.nova.update_service(undo.service, undo.change)
        except NovaRefused as error:
            self._say(host, f"{host}: is not {undo.what} yet: {error}")
            return
        self._beats[host] = after.updated_at
        if after.enabled:
            self._marks.pop(
                host, None
            )  # Nothing of ours is left: who forces it down now is not us.
        self._say(host, f"{host}: {undo.what}")
        if undo.change.forced_down is False:
            self._tell(Step.RETURNED, host)

    def _back(self, service: ComputeService, flag: Flag | None) -> None:
        """The flag goes last: a worker that is killed before tells it again."""
        host = service.host
        self._tell(Step.IN_SERVICE, host, _left_as_it_is(service))
        if flag is not None:
            self._ports.flags.clear(host)
            self._ports.say(f"{host}: {_standing(service)}")
        for remembered in (self._beats, self._said, self._marks):
            remembered.pop(host, None)

    def _say(self, host: NovaHost, line: str) -> None:
        if self._said.get(host) != line:
            self._said[host] = line
            self._ports.say(line)

    def _tell(self, step: Step, host: NovaHost, detail: str = "") -> None:
        self._ports.tell(Event(step, host, self._ports.clock.now(), detail=detail))


def _standing(service: ComputeService) -> str:
    left = _left_as_it_is(service)
    return f"its evacuation is over; {left}" if left else "back in service"


def _left_as_it_is(service: ComputeService) -> str:
    left = ["disabled"] if not service.enabled else []
    left += ["forced down"] if service.forced_down else []
    return f"it stays {' and '.join(left)}, which is not ours to undo" if left else ""
