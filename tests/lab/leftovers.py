"""What a lab has left on this machine. Nothing, once it is down: whatever way it ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab import network
from tests.lab.layout import Lab
from tests.lab.machines import cgroups
from tests.lab.processes import living

_KINDS = ("net", "pid", "mnt")
_NETWORKS = Path("/run/netns")


@dataclass(frozen=True)
class Places:
    """The namespaces that a lab had while it was up, by the kernel's names: a process that was left in one
    may be known by nothing else, as a QEMU that libvirt had started without any environment."""

    names: frozenset[str]


def places(lab: Lab) -> Places:
    """Those of now. This machine's own are none of them."""
    networks = {
        f"net:[{os.stat(_NETWORKS / name).st_ino}]"
        for name in network.namespaces(lab)
        if (_NETWORKS / name).exists()
    }
    within = [found for process in living() if (found := _namespaces(process.pid))[0] in networks]
    ours = set(_namespaces(os.getpid()))
    return Places(frozenset(networks.union(*within) - ours if within else networks - ours))


def left(lab: Lab, had: Places) -> list[str]:
    """Sentences; none is what has to be."""
    return [*_processes(lab, had), *_wires(lab), *_files(lab)]


def _processes(lab: Lab, had: Places) -> Iterator[str]:
    for process in living():
        if process.pid == os.getpid():
            continue
        inside = had.names.intersection(_namespaces(process.pid))
        if process.mark() == str(lab.state) or inside:
            yield f"{process} is left, in {', '.join(sorted(inside)) or 'no namespace'} of the lab's"


def _wires(lab: Lab) -> Iterator[str]:
    yield from (f"the network namespace {name} is left" for name in network.namespaces(lab))
    if Path("/sys/class/net", lab.host_link).exists():
        yield f"the interface {lab.host_link} is left"


def _files(lab: Lab) -> Iterator[str]:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        place = line.split()[1]
        if Path(place).is_relative_to(lab.state):
            yield f"{place} is mounted"
    if lab.state.exists():
        yield f"{lab.state} is left"
    if group := cgroups.of(lab):
        yield f"the control group {group} is left"


def _namespaces(pid: int) -> list[str]:
    """Of a process that has gone meanwhile they are empty."""
    return [_link(f"/proc/{pid}/ns/{kind}") for kind in _KINDS]


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
