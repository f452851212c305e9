"""NovaEvacuate's worker, looked at and ended from outside: among the processes of the controllers."""

from __future__ import annotations

import signal

from tests.lab import power
from tests.lab.events import append_event
from tests.lab.layout import Lab
from tests.lab.processes import Process, inside

_MODULE = "vmha_ocf.worker"


def workers(lab: Lab) -> dict[str, Process]:
    """By controller; more than one only while Pacemaker moves it."""
    return found_on_controllers(lab, _MODULE)


def found_on_controllers(lab: Lab, word: str) -> dict[str, Process]:
    """By controller: a process with this word, or a program of this name, on its command line."""
    found: dict[str, Process] = {}
    for node in lab.controllers:
        init = power.init_of(lab, node.name)
        for process in inside(init) if init else ():
            if word in [each.rpartition("/")[2] for each in process.words()]:
                found[node.name] = process
    return found


def kill_workers(lab: Lab) -> list[str]:
    """SIGKILL; gives the controllers on which one was hit."""
    hit = workers(lab)
    for name, process in hit.items():
        process.signal(signal.SIGKILL)
        append_event(lab.events, name, "crash worker", "operator")
    return list(hit)
