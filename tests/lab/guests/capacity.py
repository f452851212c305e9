"""How many real guests a machine carries: what a case asks for of stand-ins may be more than that."""

from __future__ import annotations

import os
from pathlib import Path

from tests.lab.guests.prerequisites import Hypervisor

PER_CORE = 6
"""Under TCG: one costs a tenth of a core as soon as it counts and 2 s of a core to boot, and the rest of
the machine carries Pacemaker and Nova, whose timeouts are not to be what is tested."""
MEMORY = 0.25
"""GiB of each: 128 MiB of its own, and what QEMU takes."""


def carried(wanted: int, hypervisor: Hypervisor | None) -> int:
    """As many as are wanted, or as this machine carries; stand-ins cost nothing."""
    if hypervisor is None:
        return wanted
    return fitting(wanted, hypervisor.virt_type, os.cpu_count() or 1, _available())


def fitting(wanted: int, virt_type: str, cores: int, memory: float) -> int:
    """``memory`` in GiB, of which half is left to others. At least one."""
    limits = [wanted, int(memory / 2 / MEMORY)]
    if virt_type == "qemu":
        limits.append(cores * PER_CORE)
    return max(1, min(limits))


def _available() -> float:
    """GiB; proc(5)."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    found = next(line for line in lines if line.startswith("MemAvailable:"))
    return int(found.split()[1]) / 1024**2
