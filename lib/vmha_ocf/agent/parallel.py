"""Several things at once, and one beside them: what hands work to threads, or to nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from vmha_ocf.errors import VmhaError
from vmha_ocf.ports import Later

T = TypeVar("T")
R = TypeVar("R")


def one_by_one(function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
    """A Parallel where nothing runs beside."""
    return [function(item) for item in items]


@dataclass(frozen=True, slots=True)
class Answered(Generic[R]):
    """A Later that is there already."""

    answer: R | None
    error: BaseException | None = None
    is_there: bool = True

    def get(self) -> R:
        if self.error is not None:
            raise self.error
        return cast(R, self.answer)


def at_once(function: Callable[[], R]) -> Later[R]:
    """An Aside that waits: where nothing runs beside."""
    try:
        return Answered(function())
    except VmhaError as error:
        return Answered(None, error)
