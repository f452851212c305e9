"""Waiting for something to become true, with a limit and a sentence when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tests.lab.errors import LabError

T = TypeVar("T")


def wait_until(
    what: str,
    condition: Callable[[], T],
    timeout: float,
    every: float = 0.1,
    explain: Callable[[], str] = str,
) -> T:
    """Ask until the answer is true and give it; `explain` says what it looks like instead."""
    deadline = time.monotonic() + timeout
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:g} s in vain for {what}", explain())
        time.sleep(every)
    return answer
