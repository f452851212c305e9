"""Several things at once, and one beside them: what hands work to threads, or to nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from vmha_ocf.errors import VmhaError

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Parallel(Protocol):
    """Runs a function over items, several at once; answers in the items' order."""

    def __call__(self, function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]: ...


def one_by_one(function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
    """A Parallel where nothing runs beside."""
    return [function(item) for item in items]


class Later(Protocol[R_co]):
    """The answer of something that goes on by itself."""

    @property
    def is_there(self) -> bool: ...

    def get(self) -> R_co:
        """Once it is there. Raises what the function raised."""


class Aside(Protocol):
    """Starts a function that may take long, and does not wait for it."""

    def __call__(self, function: Callable[[], R]) -> Later[R]: ...


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
