"""The Parallel and Aside ports over threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """At most ``most`` at once."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
        with ThreadPoolExecutor(min(self._most, len(items)) or 1) as pool:
            return list(pool.map(function, items))


class _Later(Generic[R]):
    def __init__(self, future: Future[R]) -> None:
        self._future = future

    @property
    def is_there(self) -> bool:
        return self._future.done()

    def get(self) -> R:
        return self._future.result()


def aside(function: Callable[[], R], then: Callable[[], None] | None = None) -> _Later[R]:
    """On a thread that keeps no process from ending. ``then`` is called when the answer is there."""
    future: Future[R] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised where the answer is asked for
            future.set_exception(error)
        if then is not None:
            then()

    threading.Thread(target=run, daemon=True).start()
    return _Later(future)
