"""What we write, nobody else can open, whatever umask we were started with."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmha_ocf.backends.process.log import open_log
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.backends.process.waker import Waker


@pytest.fixture(autouse=True)
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def others(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode) & 0o007


def test_nobody_else_can_lock_the_worker_out(tmp_path: Path) -> None:
    """Whoever can open the lock file, if only for reading, can hold it."""
    pulse = PulseFile(str(tmp_path / "pulse"))
    Path(f"{pulse.path}.lock").touch(mode=0o666)
    assert pulse.hold()
    assert stat.S_IMODE(os.stat(f"{pulse.path}.lock").st_mode) == 0o600
    assert pulse._lock is not None
    pulse._lock.close()


def test_nobody_else_can_read_the_pulse(tmp_path: Path) -> None:
    pulse = PulseFile(str(tmp_path / "pulse"))
    pulse.beat(1.0, "idle", ())
    assert others(pulse.path) == 0


def test_nobody_else_can_wake_the_worker(tmp_path: Path) -> None:
    path = str(tmp_path / "wake")
    Waker(path)
    assert others(path) == 0


def test_nobody_else_can_read_the_log(tmp_path: Path) -> None:
    path = str(tmp_path / "evacuate.log")
    log = open_log("modes", path)
    log.info("started")
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    assert others(path) == 0
