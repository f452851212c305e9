"""What Ctrl-C is to a lab: the first ends the run, and none disturbs what removes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.lab.interrupts import heed, undisturbed

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Nobody has us ignore any of them, as nohup does."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in ALL}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ALL)
def test_each_of_them_ends_the_run_and_is_told(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    heed()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    assert "what is not meant to stay is removed" in capfd.readouterr().err


def test_what_whoever_started_us_has_us_ignore_is_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    heed()
    os.kill(os.getpid(), signal.SIGHUP)


@pytest.mark.parametrize("number", ALL)
def test_none_disturbs_the_removal_nor_its_programs(number: signal.Signals) -> None:
    heed()
    asking = f"import signal; print(signal.getsignal({int(number)}) is signal.SIG_IGN)"
    with undisturbed():
        os.kill(os.getpid(), number)
        told = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True)
    assert told.stdout.strip() == "True"
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
