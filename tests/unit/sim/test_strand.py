"""A process of the simulator stops in its middle and goes on: on greenlets as on threads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.metadata import ROOT
from vmha_ocf.sim.base import strand
from vmha_ocf.sim.base.strand import Greenlet, Strand, Thread
from vmha_ocf.sim.play.run import load, run

SCENARIO = ROOT / "tests" / "scenarios" / "worker-killed"


@pytest.mark.parametrize("kind", [Thread, Greenlet])
def test_it_goes_on_where_it_paused(kind: Callable[[Callable[[], None]], Strand]) -> None:
    said: list[str] = []

    def act() -> None:
        for word in ("first", "second"):
            said.append(word)
            made.pause()
        said.append("third")

    made = kind(act)
    for turn in range(3):
        said.append(f"turn {turn}")
        made.go_on()
    assert said == ["turn 0", "first", "turn 1", "second", "turn 2", "third"]


def test_greenlets_are_what_these_tests_run_on() -> None:
    assert isinstance(strand.strand(lambda: None), Greenlet)


def test_without_greenlets_it_is_the_same_run() -> None:
    code = (
        "import sys; sys.modules['greenlet'] = None\n"
        "from vmha_ocf.sim.play.run import load, run\n"
        f"print(run(load({str(SCENARIO)!r})).log)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == run(load(SCENARIO)).log + "\n"
