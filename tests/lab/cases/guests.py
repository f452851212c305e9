"""A guest fails on a host that lives: restarted as the policy says, or told; judged from its disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.guests.judge import silences
from tests.lab.layout import REPOSITORY
from tests.lab.promises import Expected

_ROWS = """default_class = "all"
[class.all.guest]
crashed = ["restart", "notify"]
hung = "notify"
[guest]
attempts = {attempts}
window = "10 min"
"""
_LACKS = "without GUESTS=real guests are processes that no libvirt knows of"


def guest_killed(scene: Scene) -> Expected:
    """A guest's QEMU is killed: it is restarted on its host, as quickly as by hand."""
    _watch(scene)
    by_hand, tagged = scene.plain("compute-1"), scene.boot("compute-1", 2)
    scene.stage.wait_beats(by_hand)
    client = scene.stage.cloud.client()
    _kill(scene, by_hand)
    client.action(by_hand[0], "reboot", {"type": "HARD"}).expect(202)
    scene.until_counting(by_hand)
    _kill(scene, tagged[:1])
    scene.until_counting(tagged)
    (hand,) = _away(scene, by_hand[0])
    (policy,) = _away(scene, tagged[0])
    scene.say(
        f"away for {policy:.1f} s, and for {hand:.1f} s where it was rebooted by hand at once"
    )
    assert _away(scene, tagged[1]) == [], "one that had not failed was restarted"
    return Expected({"compute-1"}, (), [*tagged, *by_hand])


def six_guests_killed_at_once(scene: Scene) -> Expected:
    """Six guests are killed at once: four are restarted at once, the others follow at the pace."""
    _watch(scene)
    tagged = [*scene.boot("compute-1", 3), *scene.boot("compute-2", 3)]
    _kill(scene, tagged)
    scene.until_counting(tagged)
    every = sorted(away for uuid in tagged for away in _away(scene, uuid))
    assert len(every) == len(tagged), f"restarted {len(every)} times, not {len(tagged)}"
    scene.say("away for " + ", ".join(f"{one:.1f}" for one in every) + " s")
    return Expected({"compute-1", "compute-2"}, (), tagged)


def stopped_as_it_is_killed(scene: Scene) -> Expected:
    """A guest's owner stops it in the second in which its QEMU is killed: it stays stopped."""
    _watch(scene)
    tagged = scene.boot("compute-1", 2)
    _kill(scene, tagged[:1])
    scene.stage.cloud.client().action(tagged[0], "os-stop").expect(202)
    scene.until_settled(tagged)
    scene.pause(45)
    assert _away(scene, tagged[0]) == [], "it was restarted against its owner's will"
    assert _state(scene, tagged[0]) == "stopped"
    return Expected({"compute-1"}, (), tagged)


def guest_killed_again_and_again(scene: Scene) -> Expected:
    """A guest is killed three times: restarted twice, as the policy has it, and then told."""
    _watch(scene, attempts=2)
    (uuid,) = tagged = scene.boot("compute-1", 1)
    for _ in range(2):
        _kill(scene, tagged)
        scene.until_counting(tagged)
    _kill(scene, tagged)
    scene.until_status_says("it was restarted 2 times within 10 min", 90)
    scene.pause(30)
    assert len(_away(scene, uuid)) == 2, "it was restarted a third time"
    return Expected({"compute-1"}, (), tagged)


def guest_killed_and_then_its_host(scene: Scene) -> Expected:
    """A guest is killed, and its host loses power in the same second: all of it is evacuated."""
    _watch(scene)
    tagged = scene.boot("compute-1", 3)
    _kill(scene, tagged[:1])
    scene.cut_power("compute-1")
    return Expected({"compute-1"}, tagged)


def killed_before_the_policy(scene: Scene) -> Expected:
    """A guest is killed without a policy, and one is switched on later: it is told, and stays down."""
    _clone(scene)
    (uuid,) = tagged = scene.boot("compute-1", 1)
    _kill(scene, tagged)
    scene.until("Nova's own stop", lambda: _state(scene, uuid) == "stopped")
    _switch_on(scene, attempts=3)
    scene.pause(45)
    assert _away(scene, uuid) == [], "an old wreck was restarted"
    return Expected({"compute-1"}, (), tagged)


def _watch(scene: Scene, attempts: int = 3) -> None:
    _clone(scene)
    _switch_on(scene, attempts)


def _switch_on(scene: Scene, attempts: int) -> None:
    scene.set_policy(_ROWS.format(attempts=attempts))


def _clone(scene: Scene) -> None:
    """By the recipe."""
    cluster, examples = scene.stage.cluster, REPOSITORY / "pcs-examples"
    cluster.must(cluster.controller(), ["env", f"{examples}/together.sh", "./instances.sh"], 120)
    delete = ("resource", "delete", "nova-instances", "--force")
    scene.afterwards.callback(cluster.pcs, *delete, timeout=120)
    scene.until("NovaInstances on all hosts", lambda: _everywhere(scene), 120)


def _everywhere(scene: Scene) -> bool:
    told = scene.places_of("nova-instances-clone")
    return all(f" {host}" in told for host in scene.stage.hosts)


def _kill(scene: Scene, uuids: Sequence[str]) -> None:
    observer = scene.stage.cloud.observer
    assert observer, "these guests are no real ones"
    pids = [one.pid for one in observer.running() if one.uuid in uuids]
    assert len(pids) == len(uuids), "not each of them runs once"
    scene.say(f"{len(pids)} QEMU killed")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _away(scene: Scene, uuid: str) -> list[float]:
    """For how long, each time, by its beats."""
    observer = scene.stage.cloud.observer
    assert observer, "these guests are no real ones"
    return [one.seconds for one in silences(observer.beats(uuid))]


def _state(scene: Scene, uuid: str) -> str:
    return next(row.vm_state for row in scene.stage.cloud.instances() if row.uuid == uuid)


_RUN = (
    guest_killed, six_guests_killed_at_once, stopped_as_it_is_killed, guest_killed_again_and_again,
    guest_killed_and_then_its_host, killed_before_the_policy,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(case(one, cannot=_LACKS, real=True) for one in _RUN)
