"""Processes of this machine, known by pid and start time, so that a reused pid is never hit."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.layout import MARK
from tests.lab.wait import wait_until

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    pid: int
    started: str

    def __str__(self) -> str:
        return f"pid {self.pid}: {' '.join(self.words())[:90]}"

    def alive(self) -> bool:
        stat = _stat(self.pid)
        return stat is not None and stat[19] == self.started and stat[0] not in "ZX"

    def signal(self, number: signal.Signals) -> None:
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def end(self, timeout: float = 10.0) -> None:
        """SIGKILL it and wait until it is gone, with all that dies with it."""
        self.signal(signal.SIGKILL)
        wait_until(f"the end of process {self.pid}", lambda: not self.alive(), timeout, 0.005)

    def children(self) -> list[Process]:
        path = _PROC / str(self.pid) / "task" / str(self.pid) / "children"
        try:
            pids = path.read_text().split()
        except OSError:
            return []
        return [child for pid in pids if (child := find(int(pid))) is not None]

    def words(self) -> list[str]:
        """Its command line."""
        return _read(self.pid, "cmdline").rstrip("\0").split("\0")

    def name(self) -> str:
        return _read(self.pid, "comm").strip()

    def mark(self) -> str:
        """The state directory of the lab that it was started for."""
        for word in _read(self.pid, "environ").split("\0"):
            if word.startswith(f"{MARK}="):
                return word.removeprefix(f"{MARK}=")
        return ""

    def pid_namespace(self) -> str:
        try:
            return os.readlink(_PROC / str(self.pid) / "ns" / "pid")
        except OSError:
            return ""

    def stopped(self) -> bool:
        stat = _stat(self.pid)
        return stat is not None and stat[0] == "T"

    def stuck(self) -> bool:
        """One of its threads, if not the first, waits in the kernel as no signal ends (state D)."""
        try:
            threads = os.listdir(_PROC / str(self.pid) / "task")
        except OSError:
            return False
        stats = (_stat(int(each)) for each in threads)
        return any(stat is not None and stat[0] == "D" for stat in stats)


def find(pid: int) -> Process | None:
    stat = _stat(pid)
    return None if stat is None else Process(pid, stat[19])


def recorded(pid_file: Path) -> Process | None:
    """The process that a pid file tells of, if it still lives."""
    try:
        pid, started = pid_file.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    process = Process(int(pid), started)
    return process if process.alive() else None


def living() -> Iterator[Process]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (process := find(int(entry.name))) is not None:
            yield process


def marked(mark: str) -> list[Process]:
    """Every process started for the lab of this mark, also those that no file tells of."""
    return [
        process for process in living() if process.pid != os.getpid() and process.mark() == mark
    ]


def inside(init: Process) -> list[Process]:
    """All processes of the pid namespace of `init`."""
    namespace = init.pid_namespace()
    return [process for process in living() if namespace and process.pid_namespace() == namespace]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on: [0] state, [19] start time."""
    text = _read(pid, "stat")
    return _fields(text) if text else None


def _fields(text: str) -> list[str]:
    return text.rpartition(") ")[2].split()


def _read(pid: int, name: str) -> str:
    try:
        return (_PROC / str(pid) / name).read_text(errors="replace")
    except OSError:
        return ""
