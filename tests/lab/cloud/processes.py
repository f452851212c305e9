"""Long-running processes that outlive us: started, found again, ended by pid and start time.

Each is the leader of its own session; signals go to its whole process group, because Erlang
and some OpenStack services have helpers. A pid alone is never trusted: the kernel reuses it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    pid: int
    started: int


def read_process(record: Path) -> Process | None:
    """The process of this record if it still lives, frozen ones included."""
    try:
        facts = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return None
    process = Process(facts["pid"], facts["started"])
    return process if is_alive(process) else None


def is_alive(process: Process) -> bool:
    _reap(process.pid)
    stat = _stat(process.pid)
    return stat is not None and stat[0] not in "ZX" and int(stat[19]) == process.started


def start(
    record: Path,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | str = "/",
) -> Process:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    process = note(record, child.pid)
    child.returncode = 0  # It is reaped by is_alive(), not by this object.
    return process


def note(record: Path, pid: int) -> Process:
    """From now on the record tells of this process."""
    stat = _stat(pid)
    process = Process(pid, int(stat[19]) if stat else 0)
    record.parent.mkdir(parents=True, exist_ok=True)
    fresh = record.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": process.pid, "started": process.started}))
    fresh.replace(record)
    return process


def send(process: Process, number: signal.Signals) -> None:
    if is_alive(process):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def end(process: Process, *, patience: float) -> None:
    """TERM, then KILL. A frozen process is killed at once: it cannot act on TERM."""
    if patience > 0 and not is_frozen(process):
        send(process, signal.SIGTERM)
        if wait_for(lambda: not is_alive(process), patience):
            return
    send(process, signal.SIGKILL)
    if not wait_for(lambda: not is_alive(process), 10):
        raise TimeoutError(f"process {process.pid} is still there 10 s after SIGKILL")


def is_frozen(process: Process) -> bool:
    stat = _stat(process.pid)
    return stat is not None and stat[0] == "T"


def wait_for(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat that follow the name: state first, start time at 19."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def kill_pids(pids: Iterable[int]) -> None:
    """End processes that lead no group, all at once, and see them gone."""
    found = [(pid, stat) for pid in pids if (stat := _stat(pid)) is not None]
    for pid, _ in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid, stat in found:
        process = Process(pid, int(stat[19]))
        wait_for(functools.partial(_is_gone, process), 5, every=0.005)


def _is_gone(process: Process) -> bool:
    return not is_alive(process)
