"""A guest fails while nobody sees it: its libvirtd, its watcher or the watcher's word is away."""

from __future__ import annotations

import signal

from tests.lab.cases.case import Case, case
from tests.lab.cases.guarded import (
    LACKS,
    away,
    kill,
    restarted_once,
    start_watchers,
    state,
    stayed,
    switch_on,
    untouched,
    watch,
)
from tests.lab.cases.scene import Scene
from tests.lab.guests.libvirtd import COMMAND
from tests.lab.promises import Expected
from tests.lab.workers import guest_watcher, libvirtd

_LONG = 25.0
"""Seconds in which NovaInstances would have looked twice."""


def libvirtd_away_as_guests_die(scene: Scene) -> Expected:
    """A guest dies while libvirtd is frozen, another while there is none: both are seen once it is back."""
    watch(scene)
    first, second, well = tagged = scene.boot("compute-1", 3)
    lab = scene.stage.lab
    old = libvirtd(lab, "compute-1")
    assert old, "libvirtd does not run on compute-1"
    scene.say("libvirtd of compute-1 is frozen")
    scene.afterwards.callback(old.signal, signal.SIGCONT)
    old.signal(signal.SIGSTOP)
    kill(scene, [first])
    scene.pause(_LONG)
    untouched(scene, *tagged)
    scene.say("libvirtd goes on")
    old.signal(signal.SIGCONT)
    scene.until_counting([first], timeout=120)
    scene.say("libvirtd of compute-1 is killed")
    old.end()
    kill(scene, [second])
    scene.pause(5)
    scene.say("libvirtd of compute-1 is started")
    scene.stage.cluster.must("compute-1", list(COMMAND))
    scene.until_counting([second], timeout=120)
    restarted_once(scene, first, second)
    untouched(scene, well)
    return stayed("compute-1", tagged)


def watcher_killed_as_a_guest_dies(scene: Scene) -> Expected:
    """A guest and its NovaInstances are killed at once: Pacemaker starts another one, which sees it."""
    watch(scene)
    dies, well = tagged = scene.boot("compute-1", 2)
    scene.pause(_LONG)
    old = guest_watcher(scene.stage.lab, "compute-1")
    assert old, "NovaInstances has no process on compute-1"
    scene.say("NovaInstances of compute-1 is killed")
    old.signal(signal.SIGKILL)
    kill(scene, [dies])
    scene.until("another one", lambda: guest_watcher(scene.stage.lab, "compute-1"), 90)
    scene.say("another NovaInstances is there")
    scene.until_counting([dies], timeout=120)
    restarted_once(scene, dies)
    untouched(scene, well)
    return stayed("compute-1", tagged)


def report_wiped_by_a_failover(scene: Scene) -> Expected:
    """The controller that holds a host's connection dies, and a guest with it: the report is told anew."""
    start_watchers(scene)
    wreck, dies, well = tagged = scene.boot("compute-1", 3)
    kill(scene, [wreck])
    scene.until("Nova's own stop", lambda: state(scene, wreck) == "stopped", 60)
    switch_on(scene)
    scene.pause(_LONG)
    holder = scene.place_of("compute-1")
    scene.cut_power(holder)
    scene.afterwards.callback(scene.stage.cluster.power_on, holder)
    kill(scene, [dies])
    scene.until_counting([dies], timeout=180)
    scene.say("the one that has failed counts again")
    scene.until("the connection elsewhere", lambda: scene.place_of("compute-1") != holder, 60)
    scene.pause(_LONG)
    restarted_once(scene, dies)
    untouched(scene, well)
    assert not away(scene, wreck), "a report that was told anew had an old wreck restarted"
    scene.say(f"{holder} gets power again")
    scene.stage.cluster.power_on(holder)
    scene.stage.cluster.wait_online(holder, timeout=120)
    return stayed("compute-1", tagged)


_RUN = (libvirtd_away_as_guests_die, watcher_killed_as_a_guest_dies, report_wiped_by_a_failover)
CASES: tuple[Case, ...] = tuple(case(one, cannot=LACKS, real=True) for one in _RUN)
