"""``fence_compute off`` over Redfish, until the flag was read back, against a bare client: wall time, and
beside it seconds of processor, as a busy machine shows more of itself than of us in the former.

Both against the same emulator of sushy-tools, over TLS, in a real Pacemaker cluster of one node. The bare
client is what one would write with sushy: log in, find the system, ForceOff, look until it is off, log out.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figure import Figure
from tests.contract import sushy_bmc
from tests.contract.bmc_processes import ADDRESS, PASSWORD, USER, free_port
from tests.contract.one_node import REMOTES, OneNode, missing
from tests.fakes.certificate import make_certificate
from tests.lab.layout import REPOSITORY

ROUNDS = 7
BARE = """
import sys, time
import sushy
url, user, password, ca = sys.argv[1:]
root = sushy.Sushy(url, user, password, verify=ca)
system = root.get_system()
assert system.power_state == sushy.PowerState.ON
system.reset_system(sushy.RESET_FORCE_OFF)
system.refresh(force=True)
while system.power_state != sushy.PowerState.OFF:
    time.sleep(1)
    system.refresh(force=True)
"""


def measure() -> Iterator[Figure]:
    if absent := missing():
        raise SystemExit(f"fencing cannot be measured: {absent}")
    with tempfile.TemporaryDirectory() as scratch, _cluster(Path(scratch)) as (node, port):
        folder = Path(scratch)
        ours, bare = [], []
        for _ in range(ROUNDS):
            bare.append(_off(node, folder, *_bare(folder, port)))
            ours.append(_off(node, folder, *_ours(folder, port)))
    (mine, my_cpu), (theirs, their_cpu) = _medians(ours), _medians(bare)
    told = (
        f"median of {ROUNDS}: {mine:.2f} s with the flag, against {theirs:.2f} s; of processor "
        f"{my_cpu:.2f} s against {their_cpu:.2f} s"
    )
    yield Figure(
        "fence_compute off over Redfish against bare sushy", mine / theirs, 1.2, "x", told
    )


@contextmanager
def _cluster(scratch: Path) -> Iterator[tuple[OneNode, int]]:
    (scratch / "cluster").mkdir()
    port = free_port()
    certificate = make_certificate(scratch)
    (scratch / "power").write_text("1\n")
    node = OneNode.start(scratch / "cluster")
    emulator = [sys.executable, "-I", str(sushy_bmc.__file__), str(port), str(scratch / "power")]
    process = subprocess.Popen(
        [
            "nsenter",
            f"--target={node.init}",
            "--net",
            "--",
            *emulator,
            USER,
            PASSWORD,
            certificate,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(4.0)
        yield node, port
    finally:
        process.kill()
        process.wait()
        node.stop()


def _bare(folder: Path, port: int) -> tuple[list[str], str]:
    url = f"https://{ADDRESS}:{port}"
    return ["/usr/bin/python3", "-c", BARE, url, USER, PASSWORD, str(folder / "ca.pem")], ""


def _ours(folder: Path, port: int) -> tuple[list[str], str]:
    given = (
        f"action=off\nprotocol=redfish\nip={ADDRESS}\nipport={port}\nusername={USER}\n"
        f"password={PASSWORD}\nssl_ca_file={folder / 'ca.pem'}\n"
        f"plug={REMOTES[0]}\nnodename={REMOTES[0]}\n"
    )
    return [str(REPOSITORY / "fence/fence_compute")], given


def _medians(runs: list[tuple[float, float]]) -> tuple[float, float]:
    walls, processors = zip(*runs, strict=True)
    return statistics.median(walls), statistics.median(processors)


def _processor() -> float:
    """Of all children that have ended, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _off(node: OneNode, folder: Path, argv: list[str], given: str) -> tuple[float, float]:
    """Seconds: of the clock, and of processor."""
    (folder / "power").write_text("1\n")
    environment = {"PYTHONPATH": str(REPOSITORY / "lib")}
    start, used = time.monotonic(), _processor()
    result = node.run(argv, timeout=60, input=given, env=environment)
    seconds = time.monotonic() - start, _processor() - used
    assert result.rc == 0, f"{argv}: {result.stderr}"
    assert (folder / "power").read_text().strip() == "0"
    return seconds
