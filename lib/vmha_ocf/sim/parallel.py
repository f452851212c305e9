"""The Parallel port: one after another, because only one thing happens at a time here, but each in its
share of the time, as if several were asked at once. What is done at once within it shares that again.

So a hundred requests of half a second take what they take in life, others act between two of them, and the
same scenario stays the same run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
MOST = 8
"""At once: the worker's threads."""


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
