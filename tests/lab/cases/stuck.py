"""A guest that is there and does nothing: panicked, stopped by its watchdog, paused, frozen, off."""

from __future__ import annotations

import os
import signal
import time

from tests.lab.cases.case import Case, case
from tests.lab.cases.guarded import (
    LACKS,
    NOTIFY,
    RESTART,
    boot_obeying,
    order,
    qemus,
    restarted_once,
    state,
    stayed,
    untouched,
    watch,
)
from tests.lab.cases.scene import Scene
from tests.lab.guests import storage
from tests.lab.promises import Expected

_HEARD = 25.0
"""Seconds in which each agent has been asked, and has answered."""


def guest_panics(scene: Scene) -> Expected:
    """A guest's kernel panics and stays so: its agent is silent, its disk is still, and it is restarted."""
    watch(scene, "agent_after=10", silent=RESTART)
    panics, well = boot_obeying(scene, "compute-1", 2)
    silent_from_the_start = scene.boot("compute-1", 1)
    scene.pause(_HEARD)
    order(scene, panics, "panic")
    scene.until_counting([panics], timeout=120)
    restarted_once(scene, panics)
    untouched(scene, well, *silent_from_the_start)
    return stayed("compute-1", [panics, well, *silent_from_the_start])


def watchdog_fires(scene: Scene) -> Expected:
    """Two guests panic: one's watchdog pauses it, the other's ends it: both are restarted."""
    watch(scene, watchdog=RESTART)
    pauses, ends, well = (
        boot_obeying(scene, "compute-1", flavor=_watched_by(scene, action))[0]
        for action in ("pause", "poweroff", "pause")
    )
    order(scene, pauses, "panic")
    order(scene, ends, "panic")
    scene.until_counting([pauses, ends], timeout=150)
    restarted_once(scene, pauses, ends)
    untouched(scene, well)
    return stayed("compute-1", [pauses, ends, well])


def disks_have_no_space(scene: Scene) -> Expected:
    """The storage is full: its guests are paused, and told; with room again they are resumed."""
    watch(scene, io_error=NOTIFY)
    tagged, instances = scene.boot("compute-1", 2), scene.stage.cloud.site.instances
    scene.afterwards.callback(storage.empty, instances)
    scene.say("the storage is full")
    storage.fill(instances)
    scene.until_status_says("is paused by an I/O error, and is not restarted", 90)
    scene.say("told")
    scene.until("both paused", lambda: len(_paused(scene)) == len(tagged), 60)
    scene.say("there is room again, and they are resumed")
    storage.empty(instances)
    for name in _paused(scene):
        scene.stage.cluster.must("compute-1", ["virsh", "resume", name])
    scene.until_counting(tagged)
    scene.until_status_is_silent("is paused by an I/O error")
    untouched(scene, *tagged)
    return stayed("compute-1", tagged)


def qemu_frozen(scene: Scene) -> Expected:
    """A guest's QEMU is frozen: it answers nothing, and is restarted; its neighbour is left alone."""
    watch(scene, "hung_after=10", hung=RESTART)
    frozen, well = tagged = scene.boot("compute-1", 2)
    scene.pause(_HEARD)
    (pid,) = qemus(scene, [frozen])
    scene.say("a QEMU is frozen")
    os.kill(pid, signal.SIGSTOP)
    scene.until_counting([frozen], timeout=150)
    assert qemus(scene, [frozen]) != [pid]
    restarted_once(scene, frozen)
    untouched(scene, well)
    return stayed("compute-1", tagged)


def switched_off_inside(scene: Scene) -> Expected:
    """A guest is switched off from inside: that is what whoever is in it wants, and it stays off."""
    watch(scene, silent=RESTART)
    (off,) = boot_obeying(scene, "compute-1")
    well = scene.boot("compute-1", 1)
    order(scene, off, "poweroff")
    scene.until("Nova's own stop", lambda: state(scene, off) == "stopped", 60)
    scene.pause(45)
    untouched(scene, off, *well)
    assert state(scene, off) == "stopped"
    return stayed("compute-1", [off, *well])


def _watched_by(scene: Scene, action: str) -> str:
    """A flavor whose guests have a watchdog."""
    specs = {"hw:watchdog_action": action}
    name = f"{action}-{time.monotonic_ns()}"
    return scene.stage.cloud.client().create_flavor(name, extra_specs=specs)


def _paused(scene: Scene) -> list[str]:
    told = scene.stage.cluster.must("compute-1", ["virsh", "list", "--name", "--state-paused"])
    return told.split()


_RUN = (guest_panics, watchdog_fires, disks_have_no_space, qemu_frozen, switched_off_inside)
CASES: tuple[Case, ...] = tuple(case(one, cannot=LACKS, real=True) for one in _RUN)
