"""What cases of guests that fail by themselves share: a policy, NovaInstances, and looks from outside."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.lab.cases.scene import TAG, Scene
from tests.lab.guests import disk
from tests.lab.guests.image import OBEYS
from tests.lab.guests.judge import silences
from tests.lab.guests.observer import Observer
from tests.lab.layout import REPOSITORY
from tests.lab.promises import Expected

LACKS = "without GUESTS=real guests are processes that no libvirt knows of"
RESTART = '["restart", "notify"]'
NOTIFY = '"notify"'
_INSTANCES = "nova-instances"
_SETTLED = 20.0
"""Seconds after which Nova's own word about a failure has come, too."""


def watch(
    scene: Scene, watcher: str = "", attempts: int = 3, numbers: str = "", **rows: str
) -> None:
    """``watcher``: parameters of NovaInstances; ``numbers``: more lines about guests; ``rows``: by kind,
    beside that a crash is answered by a restart, and a guest that hangs is told."""
    start_watchers(scene, watcher)
    switch_on(scene, attempts, numbers, **rows)


def switch_on(scene: Scene, attempts: int = 3, numbers: str = "", **rows: str) -> None:
    wanted = {"crashed": RESTART, "hung": NOTIFY} | rows
    told = [f"{kind.replace('_', '-')} = {row}" for kind, row in wanted.items()]
    guest = ["[guest]", f"attempts = {attempts}", 'window = "10 min"', numbers]
    lines = ['default_class = "all"', "[class.all.guest]", *told, *guest]
    scene.set_policy("\n".join(lines) + "\n")


def start_watchers(scene: Scene, parameters: str = "") -> None:
    """By the recipe."""
    cluster, examples = scene.stage.cluster, REPOSITORY / "pcs-examples"
    recipe = ["env", f"EXTRA_INSTANCES={parameters}", f"{examples}/together.sh", "./instances.sh"]
    cluster.must(cluster.controller(), recipe, 120)
    delete = ("resource", "delete", _INSTANCES, "--force")
    scene.afterwards.callback(cluster.pcs, *delete, timeout=120)
    scene.until("NovaInstances on all hosts", lambda: _everywhere(scene), 120)


def _everywhere(scene: Scene) -> bool:
    told = scene.places_of(f"{_INSTANCES}-clone")
    return all(f" {host}" in told for host in scene.stage.hosts)


def boot_obeying(scene: Scene, host: str, count: int = 1, flavor: str = "1") -> list[str]:
    """Tagged guests that have an agent, and do what is ordered on their disks."""
    client = scene.stage.cloud.client()
    booted = client.boot(f"obeys-{host}", count, image=OBEYS, flavor=flavor, host=host, tags=[TAG])
    scene.stage.wait_beats(booted)
    return booted


def order(scene: Scene, uuid: str, what: str) -> None:
    scene.say(f"a guest is to {what}")
    disk.order(scene.stage.cloud.site.instances / uuid / "disk", what)


def observer(scene: Scene) -> Observer:
    found = scene.stage.cloud.observer
    assert found, "these guests are no real ones"
    return found


def qemus(scene: Scene, uuids: Sequence[str]) -> list[int]:
    """Their pids."""
    pids = [one.pid for one in observer(scene).running() if one.uuid in uuids]
    assert len(pids) == len(uuids), "not each of them runs once"
    return pids


def kill(scene: Scene, uuids: Sequence[str]) -> None:
    pids = qemus(scene, uuids)
    scene.say(f"{len(pids)} QEMU killed")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def again_after(scene: Scene, uuids: Sequence[str], *, by_hand: bool = False) -> float:
    """They are killed at once: the seconds until each has counted anew."""
    before = {uuid: len(away(scene, uuid)) for uuid in uuids}
    at = time.time()
    kill(scene, uuids)
    if by_hand:
        client = scene.stage.cloud.client()
        with ThreadPoolExecutor(len(uuids)) as pool:
            reboot = partial(client.action, name="reboot", body={"type": "HARD"})
            for answer in pool.map(reboot, uuids):
                answer.expect(202)
    scene.until(
        "each one's next beat",
        lambda: all(len(away(scene, uuid)) > before[uuid] for uuid in uuids),
        240,
    )
    took = max(_newest(scene, uuid) for uuid in uuids) - at
    load = os.getloadavg()[0]
    scene.say(f"all of them count again after {took:.1f} s, at a load of {load:.0f}")
    scene.pause(_SETTLED)
    return took


def away(scene: Scene, uuid: str) -> list[float]:
    """For how long, each time, by its beats."""
    return [one.seconds for one in silences(observer(scene).beats(uuid))]


def _newest(scene: Scene, uuid: str) -> float:
    """When the first beat of its present life was found."""
    return silences(observer(scene).beats(uuid))[-1].first.at


def state(scene: Scene, uuid: str) -> str:
    return next(row.vm_state for row in scene.stage.cloud.instances() if row.uuid == uuid)


def restarted_once(scene: Scene, *uuids: str) -> None:
    for uuid in uuids:
        (seconds,) = away(scene, uuid)
        scene.say(f"away for {seconds:.1f} s, by its disk")


def untouched(scene: Scene, *uuids: str) -> None:
    for uuid in uuids:
        assert away(scene, uuid) == [], f"{uuid} was restarted, or moved"


def stayed(host: str, uuids: Sequence[str]) -> Expected:
    """None was to move."""
    return Expected({host}, (), uuids)
