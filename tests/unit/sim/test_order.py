"""One scenario in one weather has one log, whatever order Python's sets have in a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLAY = """
from tests.weather.played import in_weather
from vmha_ocf.sim.play.run import run
print(run(in_weather("guests-crash", "full-cluster-stop")).log)
"""


def log(seed: str) -> str:
    """Of a process of its own: sets have their order from its start."""
    path = os.pathsep.join((str(ROOT / "lib"), str(ROOT)))
    env = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PLAY]
    return subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_its_log_does_not_depend_on_the_order_of_sets() -> None:
    once, again = log("1"), log("2")
    assert "pacemaker:" in once
    assert once == again
