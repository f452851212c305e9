"""The Parallel port: one after another, because only one thing happens at a time here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_by_one(function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
    return [function(item) for item in items]
