"""Code that can stop in its middle and go on later: what a simulated process runs on.

A greenlet where there are greenlets, which change places in a microsecond; else a thread, which does the
same a hundred times slower: the simulator needs no library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

try:
    from greenlet import greenlet
except ImportError:
    greenlet = None  # type: ignore[assignment,misc,unused-ignore]


class Strand(Protocol):
    def go_on(self) -> None:
        """Called by who decides whose turn it is: returns at the next ``pause``, or at the end."""

    def pause(self) -> None:
        """Called from within."""


class Thread:
    """Exactly one of the two sides runs: a lock that one gives and the other takes."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._forth, self._back = _taken(), _taken()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def go_on(self) -> None:
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._forth.release()
        self._back.acquire()

    def pause(self) -> None:
        self._back.release()
        self._forth.acquire()

    def _run(self) -> None:
        self._act()
        self._back.release()


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


class Greenlet:
    """Made by who decides whose turn it is: that is its parent."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._greenlet: Any = greenlet(act)

    def go_on(self) -> None:
        self._greenlet.switch()

    def pause(self) -> None:
        self._greenlet.parent.switch()


def strand(act: Callable[[], None]) -> Strand:
    """``act`` raises nothing."""
    return Thread(act) if greenlet is None else Greenlet(act)
