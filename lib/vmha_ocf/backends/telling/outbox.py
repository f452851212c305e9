"""Notifications on their way to one receiver: a bounded queue and a thread of its own.

Whatever the receiver does, who posts does not wait. What cannot be delivered is tried again a few
times, then dropped, and said.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from vmha_ocf.errors import VmhaError
from vmha_ocf.incidents.status import Deliveries

QUEUED_MOST = 200
"""Then the oldest gives way: what is new tells more. What is told of a host stays as long as there is
anything that is told of an instance."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further attempt. After one that was given up the next ones get one attempt each,
until one arrives: a receiver that is gone must not make all of them hours old."""

Message = Mapping[str, Any]


class NotDelivered(VmhaError):
    """``lasting``: the same again would not be taken either."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class Outbox:
    """``deliver`` raises NotDelivered, with words that hold no secret. ``get_ready`` does, too: called at
    once, on the thread. ``patient``: each is tried until it is taken, and ``most`` of them are kept."""

    def __init__(
        self,
        name: str,
        deliver: Callable[[Message], None],
        say: Callable[[str], None],
        *,
        get_ready: Callable[[], None] | None = None,
        patient: bool = False,
        most: int = QUEUED_MOST,
    ) -> None:
        self.name = name
        self._get_ready = get_ready
        self._patient = patient
        self._most = most
        self.count = Deliveries()
        self._deliver = deliver
        self._say = say
        self._queue: deque[tuple[Message, bool]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._trouble = ""
        self._lost_before = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, message: Message, *, yields: bool = False) -> None:
        """``yields``: it gives way to those that do not."""
        with self._changed:
            self._queue.append((message, yields))
            if len(self._queue) > self._most:
                del self._queue[self._least()]
                self.count = replace(self.count, dropped=self.count.dropped + 1)
            self._changed.notify()

    def stop(self, timeout: float) -> None:
        """Send what waits, one attempt each, if that takes no longer than ``timeout`` seconds."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout)
        with self._changed:
            left = len(self._queue)
        if left:
            self._say(f"{self.name}: {left} notifications were not sent before the worker stopped")

    def _run(self) -> None:
        if self._get_ready:
            with suppress(NotDelivered):  # the first one that is sent will say why
                self._get_ready()
        while (message := self._next()) is not None:
            self._note(self._send(message))

    def _least(self) -> int:
        """The place of the one that gives way."""
        return next((place for place, (_, yields) in enumerate(self._queue) if yields), 0)

    def _next(self) -> Message | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            return self._queue.popleft()[0] if self._queue else None

    def _send(self, message: Message) -> str:
        """Why it was given up; empty if it arrived."""
        for pause in self._pauses():
            try:
                self._deliver(message)
                return ""
            except NotDelivered as error:
                trouble, lasting = str(error), error.lasting
            except Exception as error:  # noqa: BLE001 - a bug costs this one message only
                trouble, lasting = f"this is a bug, please report it: {type(error).__name__}", True
            if self._patient:
                self._complain(trouble)
            if pause is None or lasting or self._stops_within(pause):
                break
        return trouble

    def _pauses(self) -> Iterable[float | None]:
        """None after the last attempt."""
        if self._patient:
            return chain(PAUSES, repeat(PAUSES[-1]))
        return (*(() if self._trouble else PAUSES), None)

    def _stops_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, seconds)

    def _note(self, trouble: str) -> None:
        field = "failed" if trouble else "delivered"
        with self._changed:
            self.count = replace(self.count, **{field: getattr(self.count, field) + 1})
        self._complain(trouble)
        if not trouble:
            self._lost_before = self.count.lost

    def _complain(self, trouble: str) -> None:
        if trouble == self._trouble:
            return
        lost = self.count.lost - self._lost_before
        again = f"notifications arrive again; lost meanwhile: {lost or 'none'}"
        self._trouble = trouble
        self._say(f"{self.name}: {trouble or again}")
