"""Questions that do not wait for each other, asked at the same time before their answers are needed.

A round begins with half a dozen questions to Pacemaker, and so does each batch of requests. One after the
other they take as long as what they are asked for, and everybody who is to be evacuated waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from vmha_ocf.agent.parallel import at_once
from vmha_ocf.ports import Later, Parallel

R_co = TypeVar("R_co", covariant=True)


class Question(Generic[R_co]):
    """Called, it gives what was asked for ahead, once, or asks now. Raises what the question raises."""

    def __init__(self, question: Callable[[], R_co]) -> None:
        self._question = question
        self._answer: Later[R_co] | None = None

    def __call__(self) -> R_co:
        answer, self._answer = self._answer, None
        return self._question() if answer is None else answer.get()

    def ask(self) -> None:
        self._answer = at_once(self._question)

    def forget(self) -> None:
        self._answer = None


class Ahead:
    def __init__(self, parallel: Parallel) -> None:
        self._parallel = parallel
        self._asked: list[Question[Any]] = []

    def ask(self, questions: Iterable[Question[Any]]) -> None:
        """All of them. What was asked for before, and nobody wanted to know, is of the past."""
        for one in self._asked:
            one.forget()
        self._asked = list(questions)
        self._parallel(Question.ask, self._asked)
