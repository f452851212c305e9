"""What Pacemaker pays for an agent's action: CPU seconds, as a multiple of an empty Python."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from tests.bench.figure import Figure
from tests.lab.layout import REPOSITORY

PYTHON = "/usr/bin/python3"
RUNS = 30
GOAL = 2.5


def measure() -> Iterator[Figure]:
    for agent in ("NovaEvacuate", "NovaCompute", "NovaInstances", "Libvirtd"):
        for action in ("monitor", "meta-data"):
            program = [PYTHON, str(REPOSITORY / "ocf" / agent), action]
            floor, ours = _paired([PYTHON, "-I", "-c", "pass"], program)
            told = f"{ours * 1000:.1f} ms of CPU against {floor * 1000:.1f} ms"
            yield Figure(f"{agent} {action}: CPU", ours / floor, GOAL, "x", told)


def _paired(floor: Sequence[str], ours: Sequence[str]) -> tuple[float, float]:
    """Run in turns, so that whatever else the machine does falls on both."""
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": str(REPOSITORY / "lib"),
        "HA_RSCTMP": "/nonexistent",
        "OCF_RESKEY_CRM_meta_interval": "10000",
        "OCF_RESKEY_CRM_meta_on_node": "compute-1",
        "OCF_RESKEY_status_command": "true",
    }
    sums = [0.0, 0.0]
    for _ in range(RUNS):
        for index, argv in enumerate((floor, ours)):
            sums[index] += _cpu(argv, environment)
    return sums[0] / RUNS, sums[1] / RUNS


def _cpu(argv: Sequence[str], environment: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    quiet = subprocess.DEVNULL
    subprocess.run(argv, env=dict(environment), stdout=quiet, stderr=quiet, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
