"""The watcher of a compute host's instances, step by step.

libvirt's events are only a reason to look: what counts is a whole listing, at the start, after each
event, each reconnect and each wipe of the report, and every ten seconds whatever happens. While libvirt
gives no answer, that is told, with the time since; nothing else is concluded from it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.asking import Asking
from vmha_ocf.living.guests.board import Told
from vmha_ocf.living.guests.contact import Contacts, Limits, Moment, Reading, after_readings
from vmha_ocf.living.guests.down import Memory, after_look, after_starts
from vmha_ocf.living.guests.kept import format_memory, parse_memory
from vmha_ocf.living.guests.ports import Doors
from vmha_ocf.living.guests.problems import problems
from vmha_ocf.living.guests.question import Here, Question, answer
from vmha_ocf.living.guests.states import Domain
from vmha_ocf.model import Epoch, InstanceId, Monotonic

LOOK_EVERY = 10.0
LOOK_GAP = 0.2
"""Between two looks because of events: a thousand at once are one look, or two."""
LATE = 10.0
"""After which libvirt gives no answer."""
AGAIN = (1.0, 2.0, 5.0, 10.0)
"""After one failed look, two, ..."""
READ_EVERY = 10.0
WATCHDOG_LASTS = 5.0
"""Between a watchdog's event and the end of the guest that it switches off."""
LONGEST_PAUSE = 5.0
LINES = 20
"""Instances that are named in the log at once."""


@dataclass(frozen=True, slots=True)
class Options:
    uri: str
    limits: Limits


class Watcher:
    def __init__(self, doors: Doors, options: Options) -> None:
        self._doors = doors
        self._options = options
        self._clock = doors.clock
        self._memory = parse_memory(doors.notebook.read(), doors.machine.boot)
        self._contacts: Contacts = {}
        self._looking = Asking(doors.hypervisor.look, doors.aside, doors.clock)
        self._reading = Asking(doors.hypervisor.read, doors.aside, doors.clock)
        self._told = Told(doors.board, doors.clock, doors.machine.boot, doors.say)
        self._unknown: Epoch | None = doors.clock.now()
        self._began = False
        self._wanted = True
        self._failed = 0
        self._watchdogs: dict[InstanceId, Monotonic] = {}
        self._started: dict[InstanceId, Monotonic] = {}
        self._asked: tuple[Question, Monotonic] | None = None
        self._stopping = False

    def step(self) -> float:
        """What is to be done now; gives the seconds until the next step, if nothing happens before."""
        self._hear()
        self._look()
        self._read()
        if not self._began:  # nothing is known yet, not even that libvirt does not answer
            return LOOK_GAP
        self._check()
        again = self._told.tell(self._memory.troubles, self._unknown)
        return min(again, LOOK_GAP if self._wanted else LONGEST_PAUSE)

    def leave(self) -> None:
        self._told.remove()

    @property
    def sentence(self) -> str:
        return f"{len(self._memory.ran)} instances were seen to run here"

    def problems(self) -> Sequence[str]:
        unknown = self._unknown if self._began else None
        return problems(self._options.uri, self._memory.troubles, unknown, self._told.problem)

    def _check(self) -> None:
        """A wipe and a question are reasons to look."""
        stood = self._told.stands
        if (question := self._told.check()) and not self._asked:
            self._asked = question, self._clock.monotonic()
            self._wanted = True
        self._wanted = self._wanted or (stood and not self._told.stands)

    def _hear(self) -> None:
        news = self._doors.hypervisor.news()
        now = self._clock.monotonic()
        self._wanted = self._wanted or news.changed
        self._watchdogs = {
            uuid: at for uuid, at in self._watchdogs.items() if now - at < WATCHDOG_LASTS
        } | dict.fromkeys(news.watchdogs, now)
        self._started |= dict.fromkeys(news.started, now)

    def _look(self) -> None:
        """An answer first: the next look begins after what it is about."""
        try:
            if (found := self._looking.answer()) is not None:
                self._seen(found)
        except GuestsUnavailable as error:
            self._lost(self._clock.now(), str(error))
            self._failed += 1
        if self._looking.is_late(LATE):
            self._lost(self._looking.began_at, f"no answer in {LATE:.0f} s")
        elif not self._looking.under_way and self._is_due():
            self._wanted = False
            self._looking.ask()

    def _is_due(self) -> bool:
        since = self._clock.monotonic() - self._looking.began
        if self._failed:
            return since >= AGAIN[min(self._failed, len(AGAIN)) - 1]
        return since >= (LOOK_GAP if self._wanted else LOOK_EVERY)

    def _lost(self, at: Epoch, why: str) -> None:
        if self._unknown is None or not self._began:
            self._doors.say(f"libvirt ({self._options.uri}) gives no answer: {why}")
        self._unknown = at if self._unknown is None else self._unknown
        self._began = True

    def _seen(self, domains: Sequence[Domain]) -> None:
        if self._unknown is not None:
            self._doors.say(f"libvirt ({self._options.uri}) answers: {len(domains)} domains")
        self._unknown, self._failed, self._began = None, 0, True
        before = after_starts(self._memory, self._started_before(self._looking.began))
        self._keep(after_look(before, domains, self._watchdogs.keys(), self._clock.now()))
        if self._asked and self._looking.began >= self._asked[1]:
            self._answer(self._asked[0], domains)
            self._asked = None

    def _started_before(self, look: Monotonic) -> Collection[InstanceId]:
        """What this look was asked after; whoever started meanwhile is for the next."""
        started = [uuid for uuid, at in self._started.items() if at <= look]
        self._started = {uuid: at for uuid, at in self._started.items() if at > look}
        return started

    def _answer(self, question: Question, domains: Sequence[Domain]) -> None:
        machine = self._doors.machine
        running = machine.qemus(question.instances)
        given = answer(question, domains, running, machine.boot, self._looking.began_at)
        self._told.answer(given)
        here = [uuid for uuid, where in given.instances.items() if where is Here.RUNS]
        told = ", ".join(here[:LINES]) or "none of them"
        self._doors.say(f"a controller asks for {len(given.instances)}: {told} runs here")

    def _read(self) -> None:
        limits = self._options.limits
        if not limits.hung_after and not limits.agent_after:
            return
        try:
            if (found := self._reading.answer()) is not None and self._unknown is None:
                self._heard(found)
        except GuestsUnavailable:
            return  # a look tells it
        since = self._clock.monotonic() - self._reading.began
        if self._began and not self._reading.under_way and since >= READ_EVERY:
            self._reading.ask()

    def _heard(self, readings: Sequence[Reading]) -> None:
        now = Moment(self._clock.now(), self._clock.monotonic())
        memory, self._contacts = after_readings(
            self._memory, self._contacts, readings, self._options.limits, now
        )
        self._keep(memory)

    def _keep(self, after: Memory) -> None:
        """A host that shuts down ends its guests, which is no failure of theirs."""
        before, machine = self._memory, self._doors.machine
        new = [uuid for uuid, one in after.troubles.items() if before.troubles.get(uuid) != one]
        if any(after.troubles[uuid].seen for uuid in new) and machine.stops():
            if not self._stopping:
                self._doors.say("this host shuts down: what ends here now is no failure")
            self._stopping = True
            return
        if after == before:
            return
        over = [uuid for uuid in before.troubles if uuid not in after.troubles]
        for uuid in new[:LINES]:
            one = after.troubles[uuid]
            self._doors.say(f"{uuid}: {one.kind.value}" + ("" if one.seen else " when first seen"))
        for uuid in over[:LINES]:
            self._doors.say(f"{uuid}: {before.troubles[uuid].kind.value} no more")
        if (rest := max(0, len(new) - LINES) + max(0, len(over) - LINES)) > 0:
            self._doors.say(f"and {rest} more instances")
        self._memory = after
        self._doors.notebook.write(format_memory(after, machine.boot))
