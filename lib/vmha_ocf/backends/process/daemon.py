"""Start, find and end an agent's own process: the worker, or the watcher of guests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from vmha_ocf.backends.process.pulse import Pulse, PulseFile
from vmha_ocf.errors import VmhaError
from vmha_ocf.ports import Clock

ERRORS_MOST = 4000
"""Bytes that are read of what a worker which ended at once has said."""


class WorkerNotStarted(VmhaError):
    """``exit_code`` is the worker's own, so that a missing library still reads as one (OCF 5)."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class WorkerNotStopped(VmhaError):
    pass


WORKER = "vmha_ocf.worker"


def start(
    pulse: PulseFile,
    values: Mapping[str, str],
    errors_path: str,
    clock: Clock,
    timeout: float,
    *,
    module: str = WORKER,
) -> None:
    """Launch the worker, or another module, and return when it beats. ``timeout`` in seconds.

    One that a signal ended is launched again: Pacemaker bans a resource from a node where its start
    failed, and after one such start on each controller it would run nowhere.
    Raises WorkerNotStarted with what it said.
    """
    deadline = clock.monotonic() + timeout
    process = _launch(pulse, values, errors_path, module)
    while pulse.read(clock.monotonic()) is None:
        code = process.poll()
        if clock.monotonic() > deadline:
            process.kill()
            raise WorkerNotStarted(f"the worker did not start within {timeout:.0f} s", 1)
        if code is not None:
            if code >= 0:
                raise WorkerNotStarted(_last_words(errors_path), code or 1)
            process = _launch(pulse, values, errors_path, module)
        clock.sleep(0.05)


def _launch(
    pulse: PulseFile, values: Mapping[str, str], errors_path: str, module: str
) -> subprocess.Popen[bytes]:
    """It gets its own session, because Pacemaker ends an action's process group with the action, and
    its parameters by standard input."""
    with open(errors_path, "wb", opener=_private) as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, pulse.path],
            stdin=subprocess.PIPE,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
            umask=0o077,  # also for the log, when it is made anew after a rotation
            cwd="/",
            env=_environment(),
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already; its words say why
        process.stdin.write(json.dumps(dict(values)).encode())
        process.stdin.close()
    return process


def stop(pulse: PulseFile, clock: Clock, timeout: float) -> None:
    """TERM, then KILL after ``timeout`` seconds. Whatever it was doing goes on from Nova's records.

    Raises WorkerNotStopped only if the kernel itself does not end it."""
    found = pulse.read(clock.monotonic())
    if found is not None:
        _signal(found, signal.SIGTERM)
        if not _wait_for_end(pulse, clock, timeout):
            _signal(found, signal.SIGKILL)
    if not _wait_for_end(pulse, clock, 5.0):
        raise WorkerNotStopped(
            f"a worker still holds {pulse.path}.lock", hint="find it with fuser and end it"
        )
    pulse.remove()


def _wait_for_end(pulse: PulseFile, clock: Clock, timeout: float) -> bool:
    deadline = clock.monotonic() + timeout
    while pulse.is_held():
        if clock.monotonic() > deadline:
            return False
        clock.sleep(0.05)
    return True


def _signal(found: Pulse, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(found.pid, number)


def _environment() -> dict[str, str]:
    """Nothing of the action's environment goes on: it holds the parameters, secrets among them."""
    kept = {name: os.environ[name] for name in ("PYTHONPATH", "TZ") if name in os.environ}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **kept}


def _last_words(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read()[-ERRORS_MOST:].strip().splitlines()
    return lines[-1] if lines else "the worker ended without a word"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
