"""What ends the worker's pause before its time: an alert of Pacemaker, or a signal to stop."""

from __future__ import annotations

import grp
import os
import select
import signal
from contextlib import suppress
from types import FrameType

PACEMAKER_GROUP = "haclient"
"""Alert agents run as hacluster:haclient (Pacemaker Administration, alerts)."""


class Waker:
    """Sleeps on a FIFO that the alert agent writes to.

    It is opened for reading and writing, so that neither side ever waits for the other.
    """

    def __init__(self, path: str) -> None:
        self._fifo = _open_fifo(path)
        self._signals, self._signalled = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.stopping = False

    def stop_at_signals(self) -> None:
        """TERM and INT end the loop after the round that is under way."""
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        os.write(self._signalled, b".")

    def poke(self) -> None:
        """End the pause, from any thread of this process."""
        with suppress(BlockingIOError):  # full: it has ended already
            os.write(self._fifo, b".")

    def wait(self, seconds: float) -> bool:
        """Up to ``seconds``; True if something ended it early."""
        if self.stopping:
            return True
        ready, _, _ = select.select([self._fifo, self._signals], [], [], max(0.0, seconds))
        if self._fifo in ready:
            os.read(self._fifo, 4096)
        return bool(ready)


def _open_fifo(path: str) -> int:
    with suppress(FileNotFoundError):
        os.unlink(path)
    os.mkfifo(path, 0o600)
    try:
        os.chown(path, -1, grp.getgrnam(PACEMAKER_GROUP).gr_gid)
        os.chmod(path, 0o620)
    except (KeyError, PermissionError):
        pass  # no Pacemaker here, or not root: the poll alone has to do
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
