"""The Parallel and Aside ports in virtual time.

Among processes several share the work, as threads do in life. Where there are none, one thing is done
after another, each in its share of the time, as if several were asked at once; what is done at once within
it shares that again. So a hundred requests of half a second take what they take in life, others act between
two of them, and the same scenario stays the same run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from vmha_ocf.agent.parallel import at_once
from vmha_ocf.ports import Later
from vmha_ocf.sim.base.processes import End, Processes

T = TypeVar("T")
R = TypeVar("R")
MOST = 8
"""At once: the worker's threads."""
_LOOK = 0.01
"""Seconds between two looks at a lock that somebody else holds."""


class Overlapping:
    """``share``: what part of its time a call takes, in the process that asks."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._here = threading.local()  # A process of the simulated cluster is a thread.

    @property
    def share(self) -> float:
        found: float = getattr(self._here, "share", 1.0)
        return found

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
        before = self.share
        self._here.share = before / max(1, min(self._most, len(items)))
        try:
            return [function(item) for item in items]
        finally:
            self._here.share = before


class Concurrent:
    """Of the process that calls it, which works itself too: it dies with its threads, and they with it."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
        if self._processes.current is None or len(items) <= 1:
            return [function(item) for item in items]
        answers: dict[int, R] = {}
        left = iter(range(len(items)))

        def share() -> None:
            for place in left:
                answers[place] = function(items[place])

        self._share(share, min(MOST, len(items)))
        return [answers[place] for place in range(len(items))]

    def _share(self, act: Callable[[], None], threads: int) -> None:
        """A thread that dies at one of its calls is its process killed there."""
        parent = self._processes.current
        assert parent is not None
        errors: list[BaseException] = []

        def ended(end: End) -> None:
            if end.killed:
                self._processes.kill(parent)
            elif end.error is not None:
                errors.append(end.error)

        start = self._processes.start
        others = [start(parent.name, act, ended, parent) for _ in range(threads - 1)]
        try:
            act()
            self._processes.join(others)
        except BaseException:
            for other in others:
                self._processes.kill(other)
            raise
        if errors:
            raise errors[0]


@dataclass
class _Later(Generic[R]):
    end: End | None = None

    @property
    def is_there(self) -> bool:
        return self.end is not None

    def get(self) -> R:
        assert self.end is not None
        if self.end.error is not None:
            raise self.end.error
        return cast(R, self.end.answer)


class Aside:
    """The Aside port: a process that dies with the one that calls it, and the other way round."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes

    def __call__(self, function: Callable[[], R]) -> Later[R]:
        parent = self._processes.current
        if parent is None:
            return at_once(function)
        later = _Later[R]()

        def ended(end: End) -> None:
            later.end = end
            if end.killed:
                self._processes.kill(parent)

        self._processes.start(parent.name, function, ended, parent)
        return later


class Lock:
    """For threads of one process: whoever waits lets the others go on."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._held = False

    def __enter__(self) -> None:
        while self._held:
            self._processes.sleep(_LOOK)
        self._held = True

    def __exit__(self, *_: object) -> None:
        self._held = False
