"""Moves off hosts that live: one at a time off each of them, each written down before it is asked for.

It decides nothing that ``step`` does not say. A host that is flagged is left to its evacuation, with all
that was begun there; what is over by then ends, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf

from vmha_ocf.errors import NovaBusy, NovaRefused, VmhaError
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.elsewhere import Judge, Turned
from vmha_ocf.living.healing.episode import WORDS, Episode, named
from vmha_ocf.living.healing.verdict import LEAVE, WAIT, Verdict, tell
from vmha_ocf.living.healing.verdict import Next as Judged
from vmha_ocf.living.moving import step
from vmha_ocf.living.moving.step import Found, Next, Seen
from vmha_ocf.living.moving.trace import ATTRIBUTE, MOST, Trace, format_traces, parse_traces
from vmha_ocf.model import Instance, InstanceId, Monotonic, NodeName, NovaHost, Turn
from vmha_ocf.ports import Ports

AT_ONCE = 4
"""Moves of all hosts together."""
FOLLOWING = 1.0
"""Seconds between two looks at one that goes on,"""
EVERY = 30.0
"""and at one that somebody has to look at."""
UNSEEN = 60.0
"""Seconds after which a request that Nova does not show was never made."""
STUCK = 900.0
"""Seconds after which is told what a move waits for: a disk may have to be copied."""
REFUSED = 300.0
"""Seconds after which what Nova refuses is asked for again."""
_GONE = 404
_UNASKED = Next.UNASKED

_TURNS = {
    Next.TELL: Turn.TOLD,
    Next.MOVED: Turn.HEALED,
    Next.OVER: Turn.ENDED,
}


@dataclass(slots=True)
class _Open:
    trace: Trace
    node: NodeName
    looked: Monotonic
    found: Found
    since: Monotonic
    """When it was found to be so first."""
    instance: Instance | None = None
    gives_way: NovaHost | None = None
    """To the evacuation of this host."""


class Mover:
    """``may``: of these hosts, those about whose instances something may be asked; read right before."""

    def __init__(
        self, ports: Ports, may: Callable[[Collection[NovaHost]], Collection[NovaHost]]
    ) -> None:
        self.told: Mapping[InstanceId, str] = {}
        self.pause = inf
        """Seconds after which to look again."""
        self._ports = ports
        self._may = may
        self._open: dict[InstanceId, _Open] = {}
        self._texts: dict[NodeName, str] = {}
        """As they were written."""
        self._unclear: set[NodeName] = set()
        """Whose text may have been written, or not."""
        self._is_recalled = False

    @property
    def open(self) -> Mapping[InstanceId, Episode]:
        return {one: each.trace.episode for one, each in self._open.items()}

    @property
    def is_busy(self) -> bool:
        """There is something to look at, or still to be forgotten."""
        return bool(self._open or self._unclear) or any(self._texts.values())

    def is_noted(self, attributes: Mapping[str, str]) -> bool:
        """A node with these permanent attributes has something that was begun."""
        return bool(attributes.get(ATTRIBUTE))

    def recall(self) -> None:
        """What a worker before us has begun, once. Raises FlagsUnavailable."""
        if self._is_recalled:
            return
        self._texts = dict(self._ports.notes.read(ATTRIBUTE))
        self._is_recalled = True
        for node, text in self._texts.items():
            for trace in parse_traces(text):
                self._add(trace, node)

    def look(
        self, flagged: Collection[NovaHost], down: Collection[InstanceId]
    ) -> Sequence[Turned]:
        """All that is open; what ends by this look is there once more. ``down``: those that their hosts
        call so. Raises FlagsUnavailable, FlagNotWritten: then it is over in the next look."""
        now = self._ports.clock.monotonic()
        self._give_way(flagged)
        due = [one for one in self._open.values() if self._is_due(one, now)]
        seen = self._ports.parallel(self._see, due)
        for one, each in zip(due, seen, strict=True):
            one.looked = now
            if isinstance(each, Seen):
                one.instance = each.instance or one.instance
                self._note(one, step.next_step(one.trace, each, down=one.trace.instance in down))
        self._ask([one for one in due if one.found.next in (Next.CONFIRM, Next.START)])
        turned = [_turned(one) for one in self._open.values() if one.found.next is not _UNASKED]
        for one in list(self._open.values()):
            if self._is_over(one):
                self._say_end(one)
                del self._open[one.trace.instance]
        self._save()
        self._tell()
        return turned

    def begin(
        self, cases: Sequence[Case], node_of: Callable[[NovaHost], NodeName | None], judge: Judge
    ) -> Mapping[Episode, Verdict]:
        """As many of them as may go now; what has become of each of these."""
        going = [one for one in self._open.values() if one.found.next is not Next.TELL]
        busy = {one.trace.host for one in going}
        room = AT_ONCE - len(going)
        turn: list[Case] = []
        for case in cases:
            host = case.instance.host
            many = sum(1 for one in self._open.values() if one.trace.host == host)
            if host not in busy and len(turn) < room and many < MOST:
                busy.add(host)
                turn.append(case)
        allowed = set(self._may({one.instance.host for one in turn})) if turn else set()
        nodes = {case.instance.host: node_of(case.instance.host) for case in turn}
        return {
            case.episode: self._begin(case, node, judge)
            for case in turn
            if (node := nodes[case.instance.host]) and case.instance.host in allowed
        }

    def _begin(self, case: Case, node: NodeName, judge: Judge) -> Verdict:
        one, nova = case.instance, self._ports.nova
        try:
            actions, moves = nova.actions_of(one), nova.moves_of(one)
            now = self._ports.clock.now()
            trace = Trace(case.episode, one.host, len(actions), len(moves), now)
            self._add(trace, node, one)
            self._save()
            found = judge(case, nova.actions_of(one))
        except VmhaError as error:
            self._drop(one.id)
            return tell(
                f"it is not moved, as what is begun could not be noted: {error}", soon=True
            )
        if found.next is not Judged.MOVE or one.host not in self._may({one.host}):
            self._drop(one.id)
            return found if found.next is not Judged.MOVE else WAIT
        try:
            nova.migrate(one)
        except (NovaRefused, NovaBusy) as error:
            self._drop(one.id)
            return _refused(error)
        except VmhaError as error:
            self._ports.say(f"{named(one)}: the request to move it got no clear answer: {error}")
            return found
        what = WORDS[case.trouble.kind]
        self._ports.say(f"{named(one)} {what}: asked Nova to move it to another host")
        return found

    def _drop(self, instance: InstanceId) -> None:
        """Nothing was asked for. What cannot be taken back now is, in the next look."""
        self._open.pop(instance, None)
        with suppress(VmhaError):
            self._save()

    def _add(self, trace: Trace, node: NodeName, instance: Instance | None = None) -> None:
        now = self._ports.clock.monotonic()
        found = Found(Next.UNASKED)
        self._open[trace.instance] = _Open(trace, node, Monotonic(-inf), found, now, instance)

    def _give_way(self, flagged: Collection[NovaHost]) -> None:
        """A host's own failure comes first."""
        for one in self._open.values():
            hosts = [one.trace.host] + ([one.instance.host] if one.instance else [])
            first = next((host for host in hosts if host in flagged), None)
            if first is not None and first != one.gives_way:
                what = f"was being moved off {one.trace.host}"
                self._ports.say(f"{_named(one)} {what}: {first} is flagged, which comes first")
            one.gives_way = first

    def _is_due(self, one: _Open, now: Monotonic) -> bool:
        every = EVERY if one.found.next is Next.TELL else FOLLOWING
        return one.gives_way is None and now - one.looked >= every

    def _see(self, one: _Open) -> Seen | VmhaError:
        """On a thread of its own. It is looked for where it was first: what has left that has a record of
        where it goes."""
        trace, nova = one.trace, self._ports.nova
        there = Instance(trace.instance, trace.host)
        try:
            found = self._listed(trace.host, trace.instance)
            moves = nova.moves_of(there)
            move = step.ours(trace, moves)
            if found is None and move is not None and move.dest is not None:
                found = self._listed(move.dest, trace.instance)
            return Seen(found, nova.actions_of(found or there), moves)
        except NovaRefused as error:
            return Seen(None) if error.code == _GONE else error
        except VmhaError as error:
            return error

    def _listed(self, host: NovaHost, instance: InstanceId) -> Instance | None:
        every = self._ports.nova.instances_on(host)
        return next((one for one in every if one.id == instance), None)

    def _note(self, one: _Open, found: Found) -> None:
        if found != one.found:
            one.since = self._ports.clock.monotonic()
        one.found = found

    def _ask(self, turn: Sequence[_Open]) -> None:
        """Nothing comes between the look and the request but one more look at who may."""
        if not turn:
            return
        hosts = {one.trace.host for one in turn}
        hosts |= {one.instance.host for one in turn if one.instance is not None}
        allowed = set(self._may(hosts))
        for one in turn:
            if one.instance is not None and {one.trace.host, one.instance.host} <= allowed:
                self._try(one, one.instance)

    def _try(self, one: _Open, instance: Instance) -> None:
        starts = one.found.next is Next.START
        what = "start it" if starts else "confirm its move"
        try:
            (self._ports.nova.start if starts else self._ports.nova.confirm)(instance)
        except NovaRefused as error:
            by_hand = "server start" if starts else "server migration confirm"
            why = f"Nova does not {what}: {error}: openstack {by_hand} {instance.id}"
            self._note(one, Found(Next.TELL, why))
        except VmhaError as error:
            self._ports.say(
                f"{named(instance)}: the request to {what} got no clear answer: {error}"
            )
        else:
            self._ports.say(
                f"{named(instance)} was moved off {one.trace.host}: asked Nova to {what}"
            )

    def _say_end(self, one: _Open) -> None:
        if one.found.next is Next.MOVED:
            self._ports.say(f"{_named(one)} runs again, moved off {one.trace.host}")
        elif one.found.next is not Next.UNASKED:
            self._ports.say(f"{_named(one)} was to be moved off {one.trace.host}: {one.found.why}")

    def _is_over(self, one: _Open) -> bool:
        if one.found.next is Next.UNASKED:
            return self._ports.clock.monotonic() - one.since >= UNSEEN
        return one.found.next in (Next.BACK, Next.MOVED, Next.OVER)

    def _save(self) -> None:
        """Raises FlagsUnavailable, FlagNotWritten, ParameterError."""
        texts: dict[NodeName, list[Trace]] = {}
        for one in self._open.values():
            texts.setdefault(one.node, []).append(one.trace)
        notes = self._ports.notes
        if self._unclear:
            there = notes.read(ATTRIBUTE)
            self._texts |= {node: there.get(node, "") for node in self._unclear}
            self._unclear.clear()
        for node in sorted(self._texts.keys() | texts.keys()):
            text, before = format_traces(texts.get(node, ())), self._texts.get(node, "")
            if text == before:
                continue
            self._unclear.add(node)
            if text:
                notes.write(node, ATTRIBUTE, text)
            else:
                notes.remove(node, ATTRIBUTE, before)
            self._texts[node] = text
            self._unclear.discard(node)

    def _tell(self) -> None:
        now = self._ports.clock.monotonic()
        self.told = {
            one.trace.instance: f"{_named(one)} is being moved off {one.trace.host}: {one.found.why}"
            for one in self._open.values()
            if one.found.next is Next.TELL or (one.found.why and now - one.since >= STUCK)
        }
        going = any(one.found.next is not Next.TELL for one in self._open.values())
        self.pause = FOLLOWING if going else EVERY if self._open else inf


def _turned(one: _Open) -> Turned:
    turn = _TURNS.get(one.found.next, Turn.MOVING)
    return Turned(one.trace.episode, turn, one.found.why if turn is not Turn.MOVING else "")


def _refused(error: VmhaError) -> Verdict:
    if isinstance(error, NovaRefused) and error.code == _GONE:
        return LEAVE
    if isinstance(error, NovaBusy):
        return WAIT
    return tell(f"Nova does not move it: {error}")


def _named(one: _Open) -> str:
    return named(one.instance or Instance(one.trace.instance, one.trace.host))
