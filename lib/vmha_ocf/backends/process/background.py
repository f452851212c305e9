"""Work on a thread of its own: who hands it something never waits for it."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
QUEUED_MOST = 2000
"""What is handed over beyond that pushes out the oldest."""
AFTER_A_BUG = 1.0
"""Seconds."""


class Background(Generic[T]):
    """``work`` gets what was handed over since, and answers in how many seconds it wants to be called
    again whatever happens (may be infinite). ``finish`` is its end."""

    def __init__(
        self, name: str, work: Callable[[Sequence[T]], float], finish: Callable[[], None]
    ) -> None:
        self._work = work
        self._finish = finish
        self._queue: deque[T] = deque(maxlen=QUEUED_MOST)
        self._news = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, item: T) -> None:
        self._queue.append(item)
        self._news.set()

    def stop(self, timeout: float) -> None:
        """Work off what is left, if that takes no longer than ``timeout`` seconds."""
        self._stopping = True
        self._news.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        again = 0.0
        while not self._stopping:
            self._news.wait(min(again, threading.TIMEOUT_MAX))
            self._news.clear()
            again = self._once()
        self._once()
        self._finish()

    def _once(self) -> float:
        """A bug is told, and costs what it was about; never the thread, never the process."""
        items = [self._queue.popleft() for _ in range(len(self._queue))]
        try:
            return self._work(items)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            return AFTER_A_BUG
