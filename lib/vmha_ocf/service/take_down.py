"""Forcing one flagged host down in Nova: traced first, then changed in one request, and looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from vmha_ocf.cloud import records
from vmha_ocf.cloud.heartbeat import Heartbeat
from vmha_ocf.cloud.records import Found
from vmha_ocf.errors import NovaBusy, NovaUnavailable, NovaUnreached, Refused
from vmha_ocf.model import (
    NEVER,
    ComputeService,
    Epoch,
    Flag,
    Instance,
    InstanceId,
    Monotonic,
    NodeName,
    NovaHost,
    ServiceChange,
)
from vmha_ocf.service import damage, marker, ownership
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.ports import ServicePorts
from vmha_ocf.service.put_back import still_left
from vmha_ocf.service.row import Row, settings, unknown
from vmha_ocf.service.trace import Trace

_CHECK = 3.0
"""Seconds between two looks at the service: is it still forced down, and silent? More where Nova
takes long to answer."""
_OLD = 6.0
"""Seconds after which a look is too old for a request to follow from it: with what comes before it is sent,
and its way, less than from one heartbeat to the next."""
_STUBBORN = 3
"""How often what somebody undoes is done again at once."""
_RESPITE = 60.0
"""Seconds between two changes after that: somebody wants something else, and is to be asked."""


class Story(Protocol):
    """Who is told of it."""

    def found_forced_down(self) -> None: ...

    def forced_down(self) -> None: ...


class TakeDown:
    """What one worker knows of one flagged host's service. Losing it costs time only."""

    def __init__(
        self,
        host: NovaHost,
        ports: ServicePorts,
        story: Story,
        me: str,
        problems: dict[str, str],
        *,
        settle: float,
        times_tell: Callable[[], bool],
    ) -> None:
        """``times_tell``: our clock agrees with that of Nova's records, as far as is known."""
        self.host = host
        self.heartbeat: Heartbeat | None = None
        """None until the service was seen forced down."""
        self.looked_at = Monotonic(0.0)
        """When the service was last looked at, in monotonic seconds: a silence is known up to then."""
        self.was_undone = False
        """Seen at that look: somebody had undone it, and it is done anew."""
        self.problems = problems
        """The host's; ours are under "service" and "meddled"."""
        self.trace: Trace | None = None
        """As it was written, or read."""
        self._ports = ports
        self._story = story
        self._me = me
        self._settle = settle
        self._times_tell = times_tell
        self._ours: Ours | None = None
        self._was_down = False
        self._is_written = False
        """Our trace, as far as nobody has had a reason to doubt it."""
        self._goes_on = False
        """The trace that was read is of a failure that this host has not returned from."""
        self._doubt: Trace | None = None
        """What the trace of an earlier failure leaves open, and is to be told when the host is back."""
        self._shown: Sequence[object] | None = None
        """What Nova showed of its settings last, once it was forced down."""
        self._unclear_until = 0.0
        """A change of ours that was not clearly answered may still take effect."""
        self._meddled = 0
        self._changed_at = 0.0
        self._check_at = 0.0

    @property
    def is_due(self) -> bool:
        return self._ports.clock.monotonic() >= self._check_at

    @property
    def is_down(self) -> bool:
        """As far as was seen at the last look."""
        return self.heartbeat is not None

    @property
    def is_old(self) -> bool:
        """A nova-compute may have begun to report since the last look."""
        return self._ports.clock.monotonic() - self.looked_at > _OLD

    def doubt(self) -> None:
        """What was seen is of the past: look again at once, and write the trace once more. Somebody may
        have restored a configuration without it."""
        self.heartbeat, self._check_at, self._is_written = None, 0.0, False

    def look(self) -> Row | None:
        """None: Nova has no such service."""
        at = self._ports.clock.monotonic()
        found = self._ports.nova.services(self.host)
        if found:
            self.problems.pop("service", None)
            return Row(found[0], at)
        self.problems["service"] = unknown(self.host, self._ports.nova.services())
        return None

    def force(self, row: Row, flag: Flag) -> bool:
        """True: it is forced down and carries our mark, and our trace says since when. False: somebody
        undoes it again and again, and it is not done anew for a while; or Nova has it no more."""
        service, now, began = row.service, row.at, self._ports.clock.monotonic()
        known = self._known(service, flag)
        change = marker.plan_take_down(service, known)
        self.looked_at = now
        beat = self.heartbeat or Heartbeat(service.updated_at, now)
        meddled = change is not None and self._was_down
        self.was_undone = meddled
        explained = meddled or self._is_changed(service) or now < self._unclear_until
        beat = (beat.doubted if explained else beat.seen)(service.updated_at, now)
        if meddled and not self._is_tried_again(now):
            self.heartbeat, self._check_at = None, now + _CHECK
            return False
        self._write_trace(service, flag, marker.ours_when_down(service, known))
        if change is not None:
            newer = self._changed_meanwhile(row, known)
            if newer is not None:
                return self.force(newer, flag)
            service = self._change(service, change, known)
            beat = beat.after_our_change(service.updated_at)
            self._changed_at = now
        elif self.heartbeat is None:
            self._story.found_forced_down()
        self._was_down, self.heartbeat = True, beat
        self._shown = settings(service)
        after = self._ports.clock.monotonic()
        self._check_at = after + max(_CHECK, 4 * (after - began))
        return True

    @property
    def began(self) -> Epoch:
        """When the failure began that this host has not returned from; 0 is not known."""
        return NEVER if self.trace is None else self.trace.incident

    @property
    def takes_untagged(self) -> bool:
        """It was decided, by us or an earlier worker, that what carries no mark is ours in this failure."""
        return self.trace is not None and self.trace.untagged

    def take_untagged(self) -> None:
        """To be remembered before anything is asked for: whoever marks something elsewhere meanwhile
        must not leave the rest behind. Raises FlagsUnavailable, FlagNotWritten."""
        if self.trace is not None and not self.trace.untagged:
            wanted = replace(self.trace, untagged=True)
            self._ports.traces.write(wanted, (NodeName(self._me),))
            self.trace = wanted

    def note(self, asked: Iterable[Instance], found: Found, flag: Flag) -> None:
        """What these instances are, before they are asked for first."""
        assert self.trace is not None
        self._note(damage.to_note(asked, found, self.trace), self._nodes(flag))

    def note_off_again(self, instances: Iterable[InstanceId]) -> None:
        """Whoever comes after us leaves them to their owners."""
        if self.trace is not None:
            off = [one for one in instances if self.trace.was.get(one) == damage.STOPPED]
            self._note(dict.fromkeys(off, damage.ASKED), (NodeName(self._me),))

    def note_cut_short(self, instances: Iterable[Instance], found: Found, flag: Flag) -> None:
        """Those that are on it still, before its evacuation is called over."""
        if self.trace is not None:
            self._note(damage.cut_short(instances, found, self.trace), self._nodes(flag))

    def _note(self, was: Mapping[InstanceId, str], nodes: Sequence[NodeName]) -> None:
        assert self.trace is not None
        wanted = replace(self.trace, was={**self.trace.was, **was})
        if wanted != self.trace:
            self._ports.traces.write(wanted, nodes)
            self.trace = wanted

    def _known(self, service: ComputeService, flag: Flag) -> Ours | None:
        """What is ours beside the mark. Of a trace only if it is of this very failure: a CIB that was
        restored has older ones, and a person may have forced the host down since."""
        if self.trace is None:
            traces = self._ports.traces.read()
            found = self.trace = traces.of.get(self.host)
            self._is_written, certain = True, self.host in traces.certain
            if found is not None and found.service == service.id:
                same = found.incident == _incident(flag) or self._stood(found, service, certain)
                self._ours = found.ours if same else None
                self._goes_on = same or ownership.still_down(found, service)
                if not same and ownership.is_unclear(found, service):
                    self._doubt = ownership.doubted(found)
        return self._ours

    def _stood(self, trace: Trace, service: ComputeService, certain: bool) -> bool:
        """A host that is fenced again before its return: ours has stood since the failure before, where a
        person has written another reason meanwhile. Where the trace is not certain to be the last one that
        was written, a configuration may have brought it back, and only Nova can tell."""
        if marker.ours(service) is not None or not service.forced_down:
            return False
        if not trace.ours.forced_down or certain:
            return trace.ours.forced_down
        evacuations = self._ports.nova.evacuations_from(self.host)
        return ownership.stood_since(trace, evacuations)

    def _write_trace(self, service: ComputeService, flag: Flag, ours: Ours) -> None:
        """Before Nova is asked to change anything, and only if it says something new. A host that is
        fenced again before its return has not failed anew: what was noted stays, with its time."""
        noted = self.trace if self._was_down or self._goes_on else None
        noted = noted or self._doubt or self._begun(service, flag, ours)
        wanted = replace(noted, service=service.id, ours=ours)
        if ownership.is_doubted(noted) and ownership.is_unclear(noted, service):
            wanted = noted
        if wanted != self.trace or not self._is_written:
            self._ports.traces.write(wanted, self._nodes(flag))
        self.trace, self._ours, self._is_written = wanted, ours, True

    def _begun(self, service: ComputeService, flag: Flag, ours: Ours) -> Trace:
        """With the newest of Nova's records, where it tells more than their times: unless it may be of a
        worker's before us, whose trace is gone."""
        incident, before = _incident(flag), self.trace
        is_older = (
            before is not None and before.incident != incident and before.service == service.id
        )
        was = still_left(self._ports.nova, before) if before is not None and is_older else {}
        trace = Trace(self.host, service.id, incident, ours, was)
        has_come = incident <= self._ports.clock.now() + records.APART
        if (has_come and self._times_tell()) or marker.ours(service) is not None:
            return trace
        newest = records.newest(self._ports.nova.evacuations_from(self.host))
        return replace(trace, records=newest)

    def _nodes(self, flag: Flag) -> Sequence[NodeName]:
        """Its own, else this controller's: not every flag names one, and nodes are removed."""
        own = [] if flag.node is None else [flag.node]
        return [*own, NodeName(self._me)]

    def _is_changed(self, service: ComputeService) -> bool:
        """By somebody else, since we looked last."""
        return self._shown is not None and self._shown != settings(service)

    def _changed_meanwhile(self, row: Row, known: Ours | None) -> Row | None:
        """A trace takes its time to be written, and a list of all services is of a while ago: what somebody
        changes meanwhile could not be told any more. ``known``: what is ours until we change something."""
        if not row.is_old(self._ports.clock.monotonic()):
            return None
        mine, self._ours = self._ours, known
        newer = self.look()
        if newer is not None and settings(newer.service) != settings(row.service):
            return newer
        self._ours = mine
        return None

    def _change(
        self, service: ComputeService, change: ServiceChange, known: Ours | None
    ) -> ComputeService:
        try:
            changed = self._ports.nova.update_service(service, change)
        except (NovaUnreached, NovaBusy, Refused):
            self._ours = known  # It had no effect: who forces it down meanwhile is not us.
            raise
        except NovaUnavailable:
            self._unclear_until = self._ports.clock.monotonic() + self._settle
            raise
        if not changed.forced_down:
            raise NovaUnavailable(f"Nova does not show {self.host} as forced down yet")
        self._story.forced_down()
        return changed

    def _is_tried_again(self, now: Monotonic) -> bool:
        """Not for ever against a person, and never without a word."""
        if self._meddled >= _STUBBORN and now - self._changed_at < _RESPITE:
            return False
        self._meddled += 1
        if self._meddled >= _STUBBORN:
            self.problems["meddled"] = (
                f"{self.host}: somebody has undone {self._meddled} times that it is forced down and "
                "disabled, in the middle of its evacuation: nothing is asked for while it is not; to "
                "stop the evacuation run: vmha hold"
            )
        return True


def _incident(flag: Flag) -> Epoch:
    """To the millisecond, as it is written."""
    return Epoch(round(flag.proved_at, 3))
