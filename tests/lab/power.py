"""The power of a node: on boots it afresh, off ends everything in it at once."""

from __future__ import annotations

import fcntl
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab import network
from tests.lab.command import detach
from tests.lab.errors import LabError
from tests.lab.events import append_event
from tests.lab.layout import Lab
from tests.lab.machines import cgroups
from tests.lab.processes import Process, inside, recorded
from tests.lab.wait import wait_until

PYTHON = "/usr/bin/python3"
_OWN_NAMESPACES = (
    "unshare --mount --uts --ipc --pid --time --fork --kill-child=KILL --mount-proc "
    "--propagation private"
)


def init_of(lab: Lab, name: str) -> Process | None:
    """Process 1 of a running node, as this machine sees it."""
    outer = recorded(lab.home(name) / "pid")
    return next(iter(outer.children()), None) if outer else None


def is_on(lab: Lab, name: str) -> bool:
    return init_of(lab, name) is not None


def turn_on(lab: Lab, name: str, source: str) -> None:
    """Boot the node; returns when it has power, not when it is up."""
    with _power_switch(lab, name):
        if is_on(lab, name):
            return
        _boot(lab, name)
        append_event(lab.events, name, "power-on", source)


def turn_off(lab: Lab, name: str, source: str) -> None:
    with _power_switch(lab, name):
        _cut(lab, name)
        append_event(lab.events, name, "power-off", source)


def reset(lab: Lab, name: str, source: str) -> None:
    with _power_switch(lab, name):
        _cut(lab, name)
        append_event(lab.events, name, "power-off", source)
        _boot(lab, name)
        append_event(lab.events, name, "power-on", source)


def freeze(lab: Lab, name: str) -> None:
    """Stop every process of the node; its power stays on and its wire up."""
    init = _running(lab, name)

    def all_stopped() -> bool:
        # What has ended already stays so: its parent stands still, too, and reaps nobody.
        awake = [each for each in inside(init) if each.alive() and not each.stopped()]
        for process in awake:
            process.signal(signal.SIGSTOP)
        return not awake

    wait_until(f"{name} to stand still", all_stopped, 10.0, 0.01)
    append_event(lab.events, name, "freeze", "operator")


def thaw(lab: Lab, name: str) -> None:
    for process in inside(_running(lab, name)):
        process.signal(signal.SIGCONT)
    append_event(lab.events, name, "thaw", "operator")


def crash(lab: Lab, name: str, daemon: str) -> None:
    """SIGKILL one daemon of a node, known by its process name or the name of its program."""
    inmates = inside(_running(lab, name))
    hit = [process for process in inmates if _is_called(process, daemon)]
    if not hit:
        running = ", ".join(sorted({process.name() for process in inmates}))
        raise LabError(f"no {daemon} runs on {name}", f"there are: {running}")
    for process in hit:
        process.signal(signal.SIGKILL)
    append_event(lab.events, name, f"crash {daemon}", "operator")


def signal_init(lab: Lab, name: str, number: signal.Signals) -> None:
    _running(lab, name).signal(number)


def entering(lab: Lab, name: str, argv: tuple[str, ...]) -> list[str]:
    """The command line that runs `argv` in a node."""
    init = _running(lab, name)
    return ["nsenter", "-t", str(init.pid), "-m", "-u", "-i", "-n", "-p", "-T", *argv]


def runs(lab: Lab, name: str, daemon: str) -> bool:
    """Whether one of the daemons that the node's init starts is there and awake."""
    init = init_of(lab, name)
    daemons = init.children() if init else []
    return any(each.name() == daemon[:15] and not each.stopped() for each in daemons)


def _boot(lab: Lab, name: str) -> None:
    home = lab.home(name)
    network.plug(lab, name)
    detach(
        network.inside(
            lab.netns(name),
            *_OWN_NAMESPACES.split(),
            *_since_now(),
            *(PYTHON, "-S", "-m", "tests.lab.init", name),
        ),
        home / "pid",
        home / "log" / "console.log",
        lab.environment(),
    )
    wait_until(f"{name} to get power", lambda: is_on(lab, name), 10.0, 0.005)


def _since_now() -> list[str]:
    """Its clocks since boot begin at 0, as after a boot."""
    clocks = {"monotonic": time.CLOCK_MONOTONIC, "boottime": time.CLOCK_BOOTTIME}
    return [f"--{name}=-{int(time.clock_gettime(clock))}" for name, clock in clocks.items()]


def _cut(lab: Lab, name: str) -> None:
    # The port goes down first: the node's kernel half lives on in its network namespace and would
    # answer for the dead with TCP resets, which no powered-off host does.
    network.unplug(lab, name)
    outer = recorded(lab.home(name) / "pid")
    if outer is None:
        return
    for init in outer.children():
        init.end()
    outer.end()
    cgroups.end(lab, name)


def _running(lab: Lab, name: str) -> Process:
    lab.node(name)
    init = init_of(lab, name)
    if init is None:
        raise LabError(f"{name} is powered off", f"python3 -m tests.lab on {name}")
    return init


def _is_called(process: Process, daemon: str) -> bool:
    programs = [word.rpartition("/")[2] for word in process.words()[:2]]
    return process.name() == daemon[:15] or daemon in programs


@contextmanager
def _power_switch(lab: Lab, name: str) -> Iterator[None]:
    """One hand on the switch at a time: a BMC and an operator may reach for it together."""
    lab.node(name)
    with (lab.home(name) / "power.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
