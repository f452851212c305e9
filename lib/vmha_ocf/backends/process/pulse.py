"""The worker's pulse: a file in Pacemaker's run directory that says it lives and how it is.

The monitor action reads it every few seconds, so this module imports nothing heavy. The worker holds
a lock on the file as long as it lives: a process id can be used again by another process, a lock
cannot. The directory is memory only (OCF 1.1, HA_RSCTMP): after a reboot nothing is there.
"""

from __future__ import annotations

import fcntl
import os

from vmha_ocf.agent.printable import one_line

_LONGEST = 1000
"""Characters of a line."""
_MOST = 50
"""Problems that are told."""
_SIZE = 65536
"""Characters that are read."""
_HIGHEST_PID = 4194304
"""The kernel's own limit (proc(5), pid_max)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO


class Pulse:
    """``age`` in seconds since the last beat; ``problems`` one line for each, and for how many
    seconds there have been any in ``troubled``."""

    __slots__ = ("age", "pid", "problems", "sentence", "troubled")

    def __init__(
        self, pid: int, age: float, sentence: str, problems: Sequence[str], troubled: float
    ) -> None:
        self.pid = pid
        self.age = age
        self.sentence = sentence
        self.problems = problems
        self.troubled = troubled


class PulseFile:
    """One worker's file; ``now`` is a monotonic clock that all processes of this boot share."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None
        self._trouble_began: float | None = None

    @property
    def wake_path(self) -> str:
        """The FIFO that ends the worker's pause."""
        return f"{self.path}.wake"

    def hold(self) -> bool:
        """Become the one worker. False if another one lives.

        Whoever can open the file can lock it, and a worker would be taken for alive: root only."""
        os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
        descriptor = os.open(f"{self.path}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        os.fchmod(descriptor, 0o600)
        lock = os.fdopen(descriptor, "wb")  # held until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def beat(self, now: float, sentence: str, problems: Sequence[str]) -> None:
        if not problems or self._trouble_began is None:
            self._trouble_began = now if problems else None
        times = [f"{now:.3f}", f"{self._trouble_began or now:.3f}"]
        told = [one_line(text, _LONGEST) for text in (sentence, *problems[:_MOST])]
        temporary = f"{self.path}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([str(os.getpid()), *times, *told]) + "\n")
        os.replace(temporary, self.path)

    def is_held(self) -> bool:
        """Whether a worker lives."""
        try:
            descriptor = os.open(f"{self.path}.lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def read(self, now: float) -> Pulse | None:
        """The living worker's last beat; None if there is none."""
        if not self.is_held():
            return None
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                pid, at, began, sentence, *problems = file.read(_SIZE).splitlines()
            return Pulse(_pid(pid), now - _time(at), sentence, problems, now - _time(began))
        except (FileNotFoundError, ValueError):
            return None

    def remove(self) -> None:
        """What a stopped worker leaves behind. The lock file stays: its name is the lock."""
        for path in (self.path, self.wake_path):
            if os.path.exists(path):
                os.unlink(path)


def _pid(text: str) -> int:
    """It will get a signal: 0 is a whole group of processes, -1 is all there are."""
    pid = int(text)
    if not 1 < pid <= _HIGHEST_PID:
        raise ValueError(f"{pid} is no worker's")
    return pid


def _time(text: str) -> float:
    time = float(text)
    if not 0 <= time < 1e12:
        raise ValueError(f"{time} is no time")
    return time
