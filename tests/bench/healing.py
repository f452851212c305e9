"""Guests, and a nova-compute, that fail on hosts that live: how soon they are well again.

Guests are real: their disks tell of their beats.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator

from tests.bench.figure import Figure
from tests.lab.cases.guarded import again_after, start_watchers, switch_on
from tests.lab.cases.scene import TAG, Scene
from tests.lab.cloud.site import SERVICE_DOWN_TIME
from tests.lab.guests.image import CALM
from tests.lab.guests.prerequisites import ready
from tests.lab.layout import lab_from_environment
from tests.lab.machines.choice import on_systemd
from tests.lab.stage import PLAN, on_stage
from tests.lab.workers import nova_compute

_ROUNDS = 3
_EACH = 5
"""Guests of each of four hosts."""
_POLICY = 'default_class = "all"\n[class.all.process]\nnova-compute = ["restart", "notify"]\n'
_HANGS = "compute-2"


def measure() -> Iterator[Figure]:
    hypervisor, how = ready()
    print(how)
    with on_stage(lab_from_environment(1, 4), print, hypervisor=hypervisor) as stage:
        scene = Scene(stage)
        with scene.afterwards:
            yield from _one(scene)
            yield from _twenty(scene)
    with on_stage(lab_from_environment(1, 3), print, plan=on_systemd(PLAN, print)) as stage:
        scene = Scene(stage)
        with scene.afterwards:
            yield _hung(scene)


def _one(scene: Scene) -> Iterator[Figure]:
    start_watchers(scene)
    tagged = scene.boot("compute-1", 1)
    hand = statistics.median(again_after(scene, tagged, by_hand=True) for _ in range(_ROUNDS))
    switch_on(scene, attempts=10)
    ours = statistics.median(again_after(scene, tagged) for _ in range(_ROUNDS))
    told = f"{ours:.1f} s against {hand:.1f} s by hand at once, medians of {_ROUNDS}; {_load()}"
    name = "QEMU killed to its guest's next beat"
    yield Figure(f"{name}, against a reboot by hand", ours / hand, 1.3, "x", told)
    yield Figure(name, ours, 5.0, "s", _load())


def _twenty(scene: Scene) -> Iterator[Figure]:
    client, tagged = scene.stage.cloud.client(), list[str]()
    for host in scene.stage.hosts:
        tagged += client.boot(f"calm-{host}", _EACH, image=CALM, host=host, tags=[TAG])
    scene.stage.wait_beats(tagged, timeout=180)
    scene.set_evacuate(["policy="], afterwards=["policy="])
    hand = again_after(scene, tagged, by_hand=True)
    switch_on(scene, attempts=10, numbers=f"burst = {len(tagged)}")
    at_once = again_after(scene, tagged)
    switch_on(scene, attempts=10)
    paced = again_after(scene, tagged)
    told = (
        f"{at_once:.1f} s with burst = {len(tagged)}, {paced:.1f} s as it is by default, "
        f"{hand:.1f} s by hand at once; {_load()}"
    )
    yield Figure("20 guests killed at once: all beat", at_once / hand, 1.3, "x", told)


def _hung(scene: Scene) -> Figure:
    scene.set_policy(_POLICY)
    lab = scene.stage.lab
    old = nova_compute(lab, _HANGS)
    assert old, f"nova-compute does not run on {_HANGS}"
    at = time.time()
    old.signal(signal.SIGSTOP)
    scene.until("its end", lambda: not old.alive(), 300)
    scene.until("another one", lambda: nova_compute(lab, _HANGS), 120)
    scene.stage.wait_up(_HANGS, timeout=120)
    goal = SERVICE_DOWN_TIME + 60.0
    told = f"frozen, to Nova's hearing of the new one; {_load()}"
    return Figure("nova-compute hangs: healed", time.time() - at, goal, "s", told)


def _load() -> str:
    return f"the machine's load was {os.getloadavg()[0]:.0f}"
