"""The Parallel port over threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """At most ``most`` at once."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
        with ThreadPoolExecutor(min(self._most, len(items)) or 1) as pool:
            return list(pool.map(function, items))
