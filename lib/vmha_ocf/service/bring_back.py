"""Bringing hosts back into service after their evacuation: read, plan, act."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.heartbeat import Heartbeat
from vmha_ocf.cloud.known_marks import CloudMarks
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.errors import NovaRefused, ParameterError, VmhaError
from vmha_ocf.model import NEVER, ComputeService, Event, Flag, NodeName, NovaHost, Services, Step
from vmha_ocf.service import marker, ownership, returning
from vmha_ocf.service.ownership import Owned
from vmha_ocf.service.ports import ServicePorts
from vmha_ocf.service.put_back import PutBack
from vmha_ocf.service.row import settings
from vmha_ocf.service.trace import Trace, Traces
from vmha_ocf.service.waits import PATIENCE, Waits

Flagged = Mapping[NovaHost, Flag]


@dataclass(frozen=True, slots=True)
class _Beat:
    """A service as it was seen last, and its heartbeats so far."""

    service: ComputeService
    beat: Heartbeat


class HostReturn:
    """Follows every service that carries our mark or has our trace, and is not flagged any more."""

    def __init__(self, ports: ServicePorts, settings: Settings, marks: CloudMarks) -> None:
        self._ports = ports
        self._put_back = PutBack(ports, settings, marks)
        self._waits = Waits(ports)
        self._beats: dict[NovaHost, _Beat] = {}
        self._seen: dict[NovaHost, Trace] = {}
        """What we have seen to be ours with our own eyes: whatever becomes of mark and trace."""
        self._unforced_by_others: set[NovaHost] = set()
        """Seen so, while our mark still says that we had forced them down."""
        self._illegible: Mapping[NodeName, str] = {}
        self._certain: Collection[NovaHost] = ()
        """Whose trace is known to be the last one that was written."""
        self._failed: dict[NovaHost, str] = {}

    @property
    def problems(self) -> Collection[str]:
        illegible = (_illegible(node, text) for node, text in self._illegible.items())
        damaged = self._put_back.problems.values()
        return [*self._waits.problems.values(), *self._failed.values(), *damaged, *illegible]

    def run(self, services: Services, flags: Flagged, off: Off) -> Collection[NovaHost]:
        """Undo what can be undone now; the hosts that still have something to undo. One that cannot be
        judged keeps no other waiting, and is not forgotten. Raises FlagsUnavailable."""
        traces = self._ports.traces.read()
        self._illegible, self._certain = traces.illegible, traces.certain
        self._failed = {}
        self._write_again(traces)
        waiting = set()
        for service in services:
            host = service.host
            flag, trace = flags.get(host), self._known(service, traces.of.get(host))
            if flag is None and trace is None and marker.ours(service) is None:
                self._forget(host)
                self._put_back.forget(host)
            elif (flag is not None and flag.pending) or _is_left(service, off):
                self._beats.pop(host, None)
                self._unforced_by_others.discard(host)
                self._waits.over(host)
                self._put_back.forget(host)
            elif not self._attempt(service, trace, flag, off):
                waiting.add(host)
        self._forget_deleted({*traces.of, *flags} - services.hosts, flags)
        return waiting

    def _write_again(self, traces: Traces) -> None:
        """What a restored configuration has brought back, or taken away: where all controllers are away
        one day, it is all that is left. A node that is gone keeps nothing."""
        for host in sorted(traces.astray):
            trace = traces.of.get(host)
            if trace is None:
                self._ports.traces.remove(host)
            else:
                with suppress(ParameterError):
                    self._ports.traces.write(trace, ())

    def _known(self, service: ComputeService, trace: Trace | None) -> Trace | None:
        """Whoever writes the reason wipes out our mark, and not our force-down."""
        host, mark = service.host, marker.ours(service)
        if mark is None or not mark.forced_down:
            self._unforced_by_others.discard(host)
        elif not service.forced_down:
            self._unforced_by_others.add(host)
        if not service.forced_down or (mark is not None and not mark.forced_down):
            self._seen.pop(host, None)
        elif mark is not None:
            self._seen[host] = Trace(host, service.id, NEVER, mark)
        seen = self._seen.get(host)
        if trace is None or seen is None or trace.ours.forced_down or mark is not None:
            return trace or seen
        # It was fenced again before its return, when nothing but our own eyes told whose it was.
        return replace(trace, ours=replace(trace.ours, forced_down=True))

    def _attempt(
        self, service: ComputeService, trace: Trace | None, flag: Flag | None, off: Off
    ) -> bool:
        try:
            return self._step(service, trace, flag, off)
        except VmhaError as error:
            self._failed[service.host] = f"{service.host} is not back in service yet: {error}"
            return False

    def _step(
        self, service: ComputeService, trace: Trace | None, flag: Flag | None, off: Off
    ) -> bool:
        """True when nothing is left to do."""
        if trace is not None and trace.ours.forced_down and not service.forced_down:
            with suppress(ParameterError):  # No node can keep it: then nobody brings it back.
                trace = self._unforced(trace)  # Whoever did that.
        owned = self._owned(service, trace, flag)
        if owned.told:
            self._waits.note(service.host, owned.told, patience=0.0)
            return False
        host, beating = service.host, self._is_beating(service)
        evacuations = self._ports.nova.evacuations_from(host) if beating else ()
        match returning.plan_return(service, owned.ours, evacuations, beating=beating, off=off):
            case returning.Undo() as undo:
                self._undo(undo, trace)
            case returning.Await(reason=reason):
                self._waits.note(host, f"{host}: {reason}", patience=PATIENCE if beating else None)
            case returning.Back():
                return self._back(service, trace, flag, off)
        return False

    def _owned(self, service: ComputeService, trace: Trace | None, flag: Flag | None) -> Owned:
        """The flag of the failure is kept until its return is over."""
        doubted = trace is not None and ownership.is_doubted(trace)
        witness = (flag is not None and not doubted) or service.host in self._seen
        if not witness and trace is not None and ownership.needs_witness(service, trace):
            witness = ownership.stood_since(trace, self._ports.nova.evacuations_from(service.host))
            if witness:
                self._seen[service.host] = trace
        certain = service.host in self._certain
        owned = ownership.weigh(service, trace, witness=witness, certain=certain)
        if owned.ours is None or service.host not in self._unforced_by_others:
            return owned
        # What is forced down since is not ours, although nobody could renew our mark in time.
        ours = replace(owned.ours, forced_down=owned.ours.forced_down and not service.forced_down)
        return replace(owned, ours=ours)

    def _is_beating(self, service: ComputeService) -> bool:
        """Since we began to look, twice: what a person changes moves the time once, and need not show. A
        host that is off would be un-forced, and Nova would send it instances for a minute."""
        now = self._ports.clock.monotonic()
        before = self._beats.get(service.host) or _Beat(
            service, Heartbeat(service.updated_at, now)
        )
        same = settings(service) == settings(before.service)
        beat = (before.beat.seen if same else before.beat.doubted)(service.updated_at, now)
        self._beats[service.host] = _Beat(service, beat)
        return beat.alive

    def _undo(self, undo: returning.Undo, trace: Trace | None) -> None:
        """What Nova refuses for one host must not keep the others waiting. The list may be old: what
        somebody has changed since is judged anew in the next round."""
        host = undo.service.host
        now = self._ports.nova.services(host)
        if settings(undo.service) not in map(settings, now):
            return
        try:
            after = self._ports.nova.update_service(undo.service, undo.change)
        except NovaRefused as error:
            self._waits.note(host, f"{host}: is not {undo.what} yet: {error}")
            return
        if host in self._beats:
            beat = self._beats[host].beat.after_our_change(after.updated_at)
            self._beats[host] = _Beat(after, beat)
        self._waits.note(host, f"{host}: {undo.what}", patience=None)
        if undo.change.forced_down is False:
            self._seen.pop(host, None)
            if trace is not None:
                self._unforced(trace)
            self._tell(Step.RETURNED, host)

    def _back(
        self, service: ComputeService, trace: Trace | None, flag: Flag | None, off: Off
    ) -> bool:
        """The flag goes last: a worker that is killed before tells it again. The trace stays as long as
        an instance there is what our attempts have made of it."""
        host = service.host
        whole = trace is not None and service.up
        if trace is not None and service.up:
            whole = self._put_back.look(trace, off, fresh=flag is not None)
            if flag is not None and not self._put_back.has_asked(host):
                return False
        if flag is not None:
            self._tell(Step.IN_SERVICE, host, _left_as_it_is(service))
        if whole:
            self._ports.traces.remove(host)
        if flag is not None:
            self._ports.flags.clear(host)
            self._ports.say(f"{host}: {_standing(service)}")
        self._forget(host)
        return True

    def _unforced(self, trace: Trace) -> Trace:
        """At once: what somebody forces down from now on is not ours."""
        left = replace(trace, ours=replace(trace.ours, forced_down=False))
        self._ports.traces.write(left, ())
        return left

    def _forget_deleted(self, hosts: Iterable[NovaHost], flags: Flagged) -> None:
        """Of hosts whose service was deleted nothing is left to undo. Asked by its name, Nova says
        whether it knows it; a list may be incomplete."""
        for host in sorted(hosts):
            flag = flags.get(host)
            if (flag is not None and flag.pending) or self._ports.nova.services(host):
                continue
            self._ports.traces.remove(host)
            if flag is not None:
                self._ports.flags.clear(host)
            self._ports.say(f"{host}: Nova has no compute service there any more")
            self._forget(host)

    def _forget(self, host: NovaHost) -> None:
        self._waits.over(host)
        for remembered in (self._beats, self._seen):
            remembered.pop(host, None)

    def _tell(self, step: Step, host: NovaHost, detail: str = "") -> None:
        self._ports.tell(Event(step, host, self._ports.clock.now(), detail=detail))


def _is_left(service: ComputeService, off: Off) -> bool:
    """Nothing is to be done before its host is back, but for the mark of one that somebody has un-forced
    meanwhile. Enabled, as long as Nova calls it up, it would get instances."""
    mark = marker.ours(service)
    marked = mark is not None and mark.forced_down
    return off.get(service.host) == STILL and (service.forced_down or (service.up and not marked))


def _illegible(node: NodeName, text: str) -> str:
    return (
        f"the attribute evacuation-trace of {node} cannot be read ({text[:80]!r}): what it tells is not "
        f"undone; look at the host, then: pcs node attribute {node} evacuation-trace="
    )


def _standing(service: ComputeService) -> str:
    left = _left_as_it_is(service)
    return f"its evacuation is over; {left}" if left else "back in service"


def _left_as_it_is(service: ComputeService) -> str:
    """What somebody else has set, and we do not undo; "" where it is in service."""
    if marker.of_living(service) is not None:
        return f"it stays disabled for what had failed before ({service.disabled_reason})"
    disabled = [] if service.enabled else ["disabled"]
    kept = [*disabled, *(["forced down"] if service.forced_down else [])]
    return f"it stays {' and '.join(kept)}, which is not ours to undo" if kept else ""
