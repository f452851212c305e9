"""What is played in virtual time begins with the first test, on what the others leave of the cores: the
tests of real things mostly wait.

A test marked ``ahead(function, *arguments)`` takes what came of it from the fixture ``ahead``; a test with
several marks, all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import pytest

from tests.proof.pool import pool

Call = tuple[Callable[..., Any], *tuple[Any, ...]]


class Ahead:
    """Each call once, in the order of the tests that want it."""

    def __init__(self, cores: ProcessPoolExecutor, calls: Sequence[Call]) -> None:
        self._began: dict[Call, Future[Any]] = {
            (function, *arguments): cores.submit(function, *arguments)
            for function, *arguments in dict.fromkeys(calls)
        }

    def of(self, item: pytest.Item) -> list[Any]:
        """Waits for them. Raises what a call raised."""
        return [self._began[call].result() for call in _calls(item)]


def _calls(item: pytest.Item) -> list[Call]:
    return [mark.args for mark in reversed(list(item.iter_markers("ahead")))]


@pytest.fixture(scope="session")
def played_ahead(request: pytest.FixtureRequest) -> Iterator[Ahead | None]:
    calls = [call for item in request.session.items for call in _calls(item)]
    if not calls:
        yield None
        return
    with pool(idle=True) as cores:
        yield Ahead(cores, calls)
        cores.shutdown(cancel_futures=True)


@pytest.fixture(autouse=True)
def _begun(played_ahead: Ahead | None) -> None:
    """By whichever test is the first."""


@pytest.fixture
def ahead(request: pytest.FixtureRequest, played_ahead: Ahead) -> list[Any]:
    return played_ahead.of(request.node)
