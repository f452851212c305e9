"""The suite's worker and other programs, found and ended from outside, among a node's processes."""

from __future__ import annotations

import signal

from tests.lab import power
from tests.lab.events import append_event
from tests.lab.layout import Lab
from tests.lab.processes import Process, inside

_MODULE = "vmha_ocf.worker"
_WATCHER = "vmha_ocf.programs.living.guest_watcher"
_NOVA_COMPUTE = "tests.lab.cloud.inside.compute"


def workers(lab: Lab) -> dict[str, Process]:
    """By controller; more than one only while Pacemaker moves it."""
    return found_on_controllers(lab, _MODULE)


def nova_compute(lab: Lab, host: str) -> Process | None:
    return _found(lab, host, _NOVA_COMPUTE)


def guest_watcher(lab: Lab, host: str) -> Process | None:
    """NovaInstances' own."""
    return _found(lab, host, _WATCHER)


def libvirtd(lab: Lab, host: str) -> Process | None:
    return _found(lab, host, "libvirtd")


def found_on_controllers(lab: Lab, word: str) -> dict[str, Process]:
    """By controller: a process with this word, or a program of this name, on its command line."""
    found = {node.name: _found(lab, node.name, word) for node in lab.controllers}
    return {name: process for name, process in found.items() if process is not None}


def _found(lab: Lab, node: str, word: str) -> Process | None:
    init = power.init_of(lab, node)
    for process in inside(init) if init else ():
        if word in [each.rpartition("/")[2] for each in process.words()]:
            return process
    return None


def kill_workers(lab: Lab) -> list[str]:
    """SIGKILL; gives the controllers on which one was hit."""
    hit = workers(lab)
    for name, process in hit.items():
        process.signal(signal.SIGKILL)
        append_event(lab.events, name, "crash worker", "operator")
    return list(hit)
