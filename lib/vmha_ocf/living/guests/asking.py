"""One question after the other to somebody who may never answer: what is late is known, and is no answer.

Nothing ends a thread that libvirt keeps. There is one for each kind of question, and no second one before
the first is back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from vmha_ocf.model import Epoch, Monotonic
from vmha_ocf.ports import Aside, Clock, Later

R = TypeVar("R")


class Asking(Generic[R]):
    def __init__(self, question: Callable[[], R], aside: Aside, clock: Clock) -> None:
        self._question = question
        self._aside = aside
        self._clock = clock
        self._later: Later[R] | None = None
        self.began = Monotonic(0.0)
        """When the question that is under way was asked, or the last one."""
        self.began_at = Epoch(0.0)
        """The same since the epoch."""

    @property
    def under_way(self) -> bool:
        return self._later is not None

    def ask(self) -> None:
        self.began, self.began_at = self._clock.monotonic(), self._clock.now()
        self._later = self._aside(self._question)

    def is_late(self, after: float) -> bool:
        return self.under_way and self._clock.monotonic() - self.began >= after

    def answer(self) -> R | None:
        """None as long as there is none. Raises what the question raised."""
        if self._later is None or not self._later.is_there:
            return None
        later, self._later = self._later, None
        return later.get()
