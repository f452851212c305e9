"""What NovaInstances costs a compute host: its memory, and its share of a core, while nothing happens."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure
from tests.contract.one_node import OneNode, missing
from tests.executables.installed import Installed
from tests.executables.watched import Guests, Resource

GUESTS = 50
_SETTLES = 40.0
"""Seconds until each guest was listed, and asked more than once."""
_SECONDS = 120.0
"""Twelve looks, readings and checks."""
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> Iterator[Figure]:
    absent = missing() or ("" if shutil.which("libvirtd") else "not installed: libvirt-daemon")
    if absent:
        raise SystemExit(f"NovaInstances cannot be measured: {absent}")
    with tempfile.TemporaryDirectory() as scratch:
        installed, folder = Path(scratch, "installed"), Path(scratch, "node")
        folder.mkdir()
        mounts = Installed(installed).mounts
        node = OneNode.start(folder)
        try:
            node.run(["sh", "-c", f"{mounts}; mkdir -p /run/resource-agents"], timeout=20)
            memory, share = _watched(node)
        finally:
            node.stop()
    told = f"{GUESTS} idle guests under libvirt"
    yield Figure("NovaInstances: memory", memory, 40.0, "MiB", f"resident, with {told}")
    ran = f"in {_SECONDS:.0f} s, its calls of Pacemaker's tools with it; {told}"
    yield Figure("NovaInstances: share of a core", share, 0.5, "%", ran)


def _watched(node: OneNode) -> tuple[float, float]:
    """MiB, and per cent of a core."""
    guests, resource = Guests(node), Resource(node)
    for number in range(GUESTS):
        guests.start(f"idle-{number}")
    resource.start(uri="qemu:///system")
    resource.until_told(lambda report: report.unknown is None and not report.failed)
    time.sleep(_SETTLES)
    pid = resource.pid()
    before = _cpu(node, pid)
    time.sleep(_SECONDS)
    used = _cpu(node, pid) - before
    status = node.run(["cat", f"/proc/{pid}/status"], timeout=5).stdout
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found, status
    resource.do("stop")
    return int(found[1]) / 1024, used / _SECONDS * 100


def _cpu(node: OneNode, pid: str) -> float:
    """Seconds, of those too that it has started and that have ended; proc(5)."""
    stat = node.run(["cat", f"/proc/{pid}/stat"], timeout=5).stdout
    return sum(map(int, stat.rpartition(") ")[2].split()[11:15])) / _TICKS
