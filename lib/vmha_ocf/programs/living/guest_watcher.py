"""The watcher's process: ``python3 -m vmha_ocf.programs.living.guest_watcher PULSE``, parameters as JSON on
standard input.

It ends by os._exit: a thread that libvirt keeps must not keep the process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from vmha_ocf.backends.compute.guest_host import GuestHost, NotebookFile
from vmha_ocf.backends.hypervisor.connection import Libvirt
from vmha_ocf.backends.pacemaker.own_attributes import OwnAttributes
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.log import open_log
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.backends.process.threads import aside
from vmha_ocf.backends.process.waker import Waker
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_SUCCESS
from vmha_ocf.living.guests.contact import Limits
from vmha_ocf.living.guests.ports import Board, Hypervisor, Machine, Notebook
from vmha_ocf.living.guests.watcher import Options, Watcher
from vmha_ocf.ports import Aside, Clock


@dataclass(frozen=True, slots=True)
class Doors:
    clock: Clock
    hypervisor: Hypervisor
    board: Board
    machine: Machine
    notebook: Notebook
    aside: Aside
    say: Callable[[str], None]


def main(argv: list[str]) -> int:
    pulse = PulseFile(argv[0])
    if not pulse.hold():
        sys.stderr.write(f"another watcher holds {pulse.path}.lock\n")
        return OCF_ERR_GENERIC
    waker = Waker(pulse.wake_path)
    waker.stop_at_signals()
    values: dict[str, str] = json.load(sys.stdin)
    doors = _doors(values, pulse, waker)
    limits = Limits(float(values["hung_after"]), float(values["agent_after"]))
    watcher = Watcher(doors, Options(values["uri"], limits))
    doors.say(f"watches the instances of {values['node']}")
    while not waker.stopping:
        pause = watcher.step()
        pulse.beat(doors.clock.monotonic(), watcher.sentence, watcher.problems())
        waker.wait(pause)
    watcher.leave()
    doors.say("stopped")
    return OCF_SUCCESS


def _doors(values: Mapping[str, str], pulse: PulseFile, waker: Waker) -> Doors:
    say = open_log("NovaInstances", values["log_file"]).info
    agent = float(values["agent_after"]) > 0
    return Doors(
        clock=SystemClock(),
        hypervisor=Libvirt(values["uri"], waker.poke, agent=agent),
        board=OwnAttributes(values["node"]),
        machine=GuestHost(),
        notebook=NotebookFile(f"{pulse.path}.seen", say),
        aside=partial(aside, then=waker.poke),
        say=say,
    )


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)
