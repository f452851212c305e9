"""``fence_compute off``, until the flag was read back, against ``fence_ipmilan off``: wall time.

Both against the same ipmi_sim, in a real Pacemaker cluster of one node, from the same input.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figure import Figure
from tests.contract.bmc_processes import ADDRESS, PASSWORD, USER, free_port, write_ipmi_sim
from tests.contract.one_node import REMOTES, OneNode, missing
from tests.lab.layout import REPOSITORY

ROUNDS = 7


def measure() -> Iterator[Figure]:
    if absent := missing():
        raise SystemExit(f"fencing cannot be measured: {absent}")
    with tempfile.TemporaryDirectory() as scratch, _cluster(Path(scratch)) as (node, given):
        ours, theirs = _paired(node, Path(scratch), given)
    told = f"median of {ROUNDS}: {ours:.2f} s with the flag, against {theirs:.2f} s"
    yield Figure("fence_compute off against fence_ipmilan off", ours / theirs, 1.0, "x", told)


@contextmanager
def _cluster(scratch: Path) -> Iterator[tuple[OneNode, str]]:
    cluster, bmc = scratch / "cluster", scratch / "bmc"
    cluster.mkdir()
    bmc.mkdir()
    port = free_port()
    write_ipmi_sim(bmc, bmc / "power", port=port)
    node = OneNode.start(cluster)
    program = shutil.which("ipmi_sim")
    assert program, "ipmi_sim is missing: install the package openipmi"
    simulator = ["ipmi_sim", "-n", "-c", "bmc.conf", "-f", "bmc.emu", "-s", str(bmc / "state")]
    process = subprocess.Popen(
        ["nsenter", f"--target={node.init}", "--net", "--", *simulator],
        cwd=bmc,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    given = (
        f"action=off\nip={ADDRESS}\nipport={port}\nusername={USER}\npassword={PASSWORD}\n"
        f"lanplus=1\ncipher=3\nplug={REMOTES[0]}\nnodename={REMOTES[0]}\n"
    )
    try:
        time.sleep(1.0)
        yield node, given
    finally:
        process.kill()
        process.wait()
        node.stop()


def _paired(node: OneNode, scratch: Path, given: str) -> tuple[float, float]:
    """Medians, in turns."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_off(node, scratch, str(REPOSITORY / "fence/fence_compute"), given))
        theirs.append(_off(node, scratch, "/usr/sbin/fence_ipmilan", given))
    return statistics.median(ours), statistics.median(theirs)


def _off(node: OneNode, scratch: Path, agent: str, given: str) -> float:
    (scratch / "bmc" / "power").write_text("1\n")
    environment = {"PYTHONPATH": str(REPOSITORY / "lib")}
    start = time.monotonic()
    result = node.run([agent], timeout=60, input=given, env=environment)
    seconds = time.monotonic() - start
    assert result.rc == 0, f"{agent}: {result.stderr}"
    assert (scratch / "bmc" / "power").read_text().strip() == "0"
    return seconds
