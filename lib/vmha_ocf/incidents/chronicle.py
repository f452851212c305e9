"""The worker's own historian: folds the steps that are told into incidents, keeps them, passes them on.

It works beside the rounds, on a thread of its own, so that neither a silent CIB nor anybody who is
to be notified can hold up a recovery. What it cannot write now it writes later, or never: Nova's
records and the flags are what recovery goes by.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import inf
from typing import Protocol

from vmha_ocf.errors import VmhaError
from vmha_ocf.incidents import ailments, history
from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.incidents.ailments import Ailments
from vmha_ocf.incidents.history import Change, History
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Ailing, Event, NovaHost
from vmha_ocf.ports import Clock

REST = 5.0
"""Seconds between two writes of mere numbers, and after one that failed. Each costs Pacemaker a run of
its scheduler; a milestone is written at once."""
WAITING_MOST = 1000
"""Steps that are kept while the history cannot be read: without it nobody knows what they go on."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """The hosts that a round has found flagged: an incident of another one has ended."""

    hosts: Collection[NovaHost]


Told = Event | Ailing | Flagged


class Histories(Protocol):
    """All raise Unavailable."""

    def read(self) -> History: ...

    def read_ailments(self) -> Ailments: ...

    def write_ailments(self, what: What, ailments: Ailments) -> None: ...

    def write(self, place: int, incident: Incident) -> None: ...


class Chronicle:
    """``notify`` gets each step that is news, with the incident as it stands after it; ``notify_ailing``
    each turn, likewise."""

    def __init__(
        self,
        store: Histories,
        clock: Clock,
        notify: Callable[[Event, Incident], None],
        notify_ailing: Callable[[Ailing, Ailment], None],
        say: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._notify = notify
        self._notify_ailing = notify_ailing
        self._say = say
        self._history: History | None = None
        self._waiting: deque[Told] = deque(maxlen=WAITING_MOST)
        self._unwritten: set[int] = set()
        self._ailments: Ailments = {}
        self._unwritten_ailments: set[What] = set()
        self._written = -inf
        """When ailments were, last."""
        self._due = inf
        self._trouble = ""

    @property
    def history(self) -> History:
        return self._history or {}

    @property
    def ailments(self) -> Ailments:
        return self._ailments

    def recall(self) -> Collection[Ailing] | None:
        """The first turn of each ailment that is not over; None as long as nothing is known. Any
        thread may ask."""
        return None if self._history is None else ailments.going_on(self._ailments)

    def work(self, told: Iterable[Told]) -> float:
        """Take in what was told, write what is due. Never raises a VmhaError.

        Answers in how many seconds there is something to write again; infinite if never."""
        self._waiting.extend(told)
        now = self._clock.monotonic()
        if self._history is None and self._waiting and (now >= self._due or self._due == inf):
            self._read(now)
        if self._history is not None:
            while self._waiting:
                self._take(self._waiting.popleft())
            if self._clock.monotonic() >= self._due:
                self._write()
        return max(0.0, self._due - self._clock.monotonic())

    def finish(self) -> None:
        """The last chance to write."""
        if self._history is not None and (self._unwritten or self._unwritten_ailments):
            self._write()

    def _take(self, told: Told) -> None:
        match told:
            case Event():
                self._hear(told)
            case Ailing():
                self._hear_of_ailment(told)
            case Flagged():
                for event in list(history.unflagged(self.history, told.hosts, self._clock.now())):
                    self._hear(event)

    def _hear_of_ailment(self, turn: Ailing) -> None:
        change = ailments.change(self._ailments, turn)
        if change is None:
            return
        self._ailments = ailments.changed(self._ailments, change)
        self._unwritten_ailments.add(change.after.what)
        self._due = min(self._due, self._soon())
        if change.is_news:
            self._notify_ailing(turn, change.after)

    def _soon(self) -> float:
        """A single one is written at once; where many fail, all of them every REST seconds."""
        now = self._clock.monotonic()
        return now + REST if self._trouble else max(now, self._written + REST)

    def _hear(self, event: Event) -> None:
        change = history.change(self.history, event)
        if change is None:
            return
        self._history = history.changed(self.history, change)
        self._plan_write(change)
        if change.is_news:
            self._notify(event, change.after)

    def _plan_write(self, change: Change) -> None:
        self._unwritten.add(change.place)
        now = self._clock.monotonic()
        self._due = min(self._due, now if change.urgent and not self._trouble else now + REST)

    def _read(self, now: float) -> None:
        try:
            found = self._store.read()
            self._ailments = self._store.read_ailments()
            self._history = found
            self._due = inf
            self._note("")
        except VmhaError as error:
            self._due = now + REST
            self._note(f"the history cannot be read: {error}")

    def _write(self) -> None:
        self._due = inf
        try:
            for place in sorted(self._unwritten):
                self._store.write(place, self.history[place])
                self._unwritten.discard(place)
            for what in sorted(self._unwritten_ailments, key=lambda one: one.value):
                self._store.write_ailments(what, self._ailments)
                self._unwritten_ailments.discard(what)
                self._written = self._clock.monotonic()
            self._note("")
        except VmhaError as error:
            self._due = self._clock.monotonic() + REST
            self._note(f"the history cannot be written now: {error}")

    def _note(self, trouble: str) -> None:
        """Once for each change of it."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(trouble or "the history is written again")
