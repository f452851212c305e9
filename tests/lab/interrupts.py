"""Ctrl-C, a closed terminal, a stop by whoever started us: what was built is removed, and that is not
interrupted again. People press twice.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TOLD = b"\ninterrupted: what is not meant to stay is removed\n"


def heed() -> None:
    """From now on each of them is a KeyboardInterrupt of the main thread; but not one that whoever
    started us has us ignore, as nohup does."""
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def undisturbed() -> Iterator[None]:
    """None of them does anything within, also not to the programs that are started meanwhile: Ctrl-C
    goes to all that a terminal has in its foreground, and ``ip netns delete`` is to end its work.

    What is ended by SIGKILL in here is told from the next run's lab by its owner file."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Where the terminal is gone, nobody can be told.
    with suppress(OSError):
        os.write(2, _TOLD)
    raise KeyboardInterrupt
