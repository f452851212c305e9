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
from vmha_ocf.incidents import history
from vmha_ocf.incidents.history import Change, History
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Event, NovaHost
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


Told = Event | Flagged


class Histories(Protocol):
    """Both raise Unavailable."""

    def read(self) -> History: ...

    def write(self, place: int, incident: Incident) -> None: ...


class Chronicle:
    """``notify`` gets each step that is news, with the incident as it stands after it."""

    def __init__(
        self,
        store: Histories,
        clock: Clock,
        notify: Callable[[Event, Incident], None],
        say: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._notify = notify
        self._say = say
        self._history: History | None = None
        self._waiting: deque[Told] = deque(maxlen=WAITING_MOST)
        self._unwritten: set[int] = set()
        self._due = inf
        self._trouble = ""

    @property
    def history(self) -> History:
        return self._history or {}

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
        if self._history is not None and self._unwritten:
            self._write()

    def _take(self, told: Told) -> None:
        if isinstance(told, Event):
            self._hear(told)
            return
        for event in list(history.unflagged(self.history, told.hosts, self._clock.now())):
            self._hear(event)

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
            self._history = self._store.read()
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
            self._note("")
        except VmhaError as error:
            self._due = self._clock.monotonic() + REST
            self._note(f"the history cannot be written now: {error}")

    def _note(self, trouble: str) -> None:
        """Once for each change of it."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(trouble or "the history is written again")
