"""A guest fails on a host that lives: restarted as the policy says, or told; judged from its disk."""

from __future__ import annotations

from tests.lab.cases.case import Case, case
from tests.lab.cases.guarded import (
    LACKS,
    again_after,
    away,
    kill,
    observer,
    start_watchers,
    state,
    switch_on,
    watch,
)
from tests.lab.cases.scene import TAG, Scene
from tests.lab.guests.image import CALM
from tests.lab.promises import Expected
from tests.lab.tellers import vmha

_EACH = 5
"""Guests of each of four hosts."""
_MOVED = [("active", host) for host in ("compute-2", "compute-3", "compute-4")]


def guest_killed(scene: Scene) -> Expected:
    """A guest's QEMU is killed: it is restarted on its host, as quickly as by hand."""
    watch(scene)
    by_hand, tagged = scene.plain("compute-1"), scene.boot("compute-1", 2)
    scene.stage.wait_beats(by_hand)
    client = scene.stage.cloud.client()
    kill(scene, by_hand)
    client.action(by_hand[0], "reboot", {"type": "HARD"}).expect(202)
    scene.until_counting(by_hand)
    kill(scene, tagged[:1])
    scene.until_counting(tagged)
    (hand,) = away(scene, by_hand[0])
    (policy,) = away(scene, tagged[0])
    scene.say(
        f"away for {policy:.1f} s, and for {hand:.1f} s where it was rebooted by hand at once"
    )
    assert away(scene, tagged[1]) == [], "one that had not failed was restarted"
    _until_kept(scene, tagged[0])
    return Expected({"compute-1"}, (), [*tagged, *by_hand])


def _until_kept(scene: Scene, uuid: str) -> None:
    """Each controller's history has its one failure, with the restart and its end; and of no other."""
    nodes = [node.name for node in scene.stage.lab.controllers]

    def found(node: str) -> list[tuple[str, list[str]]]:
        kept = vmha(scene.stage, node, "history", "compute-1")["ailments"]
        return [
            (one["instance"], sorted(one["steps"])) for one in kept if one["began"] >= scene.began
        ]

    wanted = [(uuid, ["asked", "failed", "healed"])]
    scene.until("the history everywhere", lambda: all(found(node) == wanted for node in nodes), 60)
    (one,) = vmha(scene.stage, nodes[0], "history", uuid)["ailments"][:1]
    scene.say(f"recovered in {one['time_to_recover']} s by the history")


def six_guests_killed_at_once(scene: Scene) -> Expected:
    """Six guests are killed at once: four are restarted at once, the others follow at the pace."""
    watch(scene)
    tagged = [*scene.boot("compute-1", 3), *scene.boot("compute-2", 3)]
    kill(scene, tagged)
    scene.until_counting(tagged)
    every = sorted(away for uuid in tagged for away in away(scene, uuid))
    assert len(every) == len(tagged), f"restarted {len(every)} times, not {len(tagged)}"
    scene.say("away for " + ", ".join(f"{one:.1f}" for one in every) + " s")
    return Expected({"compute-1", "compute-2"}, (), tagged)


def stopped_as_it_is_killed(scene: Scene) -> Expected:
    """A guest's owner stops it in the second in which its QEMU is killed: it stays stopped."""
    watch(scene)
    tagged = scene.boot("compute-1", 2)
    kill(scene, tagged[:1])
    scene.stage.cloud.client().action(tagged[0], "os-stop").expect(202)
    scene.until_settled(tagged)
    scene.pause(45)
    assert away(scene, tagged[0]) == [], "it was restarted against its owner's will"
    assert state(scene, tagged[0]) == "stopped"
    return Expected({"compute-1"}, (), tagged)


def guest_killed_again_and_again(scene: Scene) -> Expected:
    """A guest is killed three times: restarted twice, as the policy has it, and then told."""
    watch(scene, attempts=2)
    (uuid,) = tagged = scene.boot("compute-1", 1)
    for _ in range(2):
        kill(scene, tagged)
        scene.until_counting(tagged)
    kill(scene, tagged)
    scene.until_status_says("it was restarted 2 times within 10 min", 90)
    scene.pause(30)
    assert len(away(scene, uuid)) == 2, "it was restarted a third time"
    return Expected({"compute-1"}, (), tagged)


def guest_moved_after_its_restarts(scene: Scene) -> Expected:
    """A guest is killed on its host three times: restarted twice, then moved; its disk's count goes on."""
    watch(scene, attempts=2, crashed='["restart", "move", "notify"]')
    (uuid,) = tagged = scene.boot("compute-1", 1)
    (other,) = scene.boot("compute-1", 1, "calm")
    for _ in range(2):
        kill(scene, tagged)
        scene.until_counting(tagged)
    kill(scene, tagged)
    scene.until("its end in Nova", lambda: (state(scene, uuid), _host(scene, uuid)) in _MOVED, 180)
    scene.until("its beats, or what is wrong", lambda: _seen_moved(scene, uuid), 120)
    assert observer(scene).faults(uuid) == [], "its disk has not come along"
    scene.until_counting(tagged)
    (run,) = [one.host for one in observer(scene).running() if one.uuid == uuid]
    assert run == _host(scene, uuid) != "compute-1", f"it runs on {run}"
    moves = [row for row in scene.stage.cloud.migrations() if row.instance_uuid == uuid]
    assert [(row.migration_type, row.status) for row in moves] == [("migration", "confirmed")]
    scene.say(f"moved to {run}, away for {away(scene, uuid)[-1]:.1f} s by its disk")
    scene.pause(30)
    assert len(away(scene, uuid)) == 3, "it was restarted once more"
    assert away(scene, other) == [], "one that had not failed was touched"
    return Expected({"compute-1"}, (), [other])


def _seen_moved(scene: Scene, uuid: str) -> bool:
    return len(away(scene, uuid)) == 3 or bool(observer(scene).faults(uuid))


def _host(scene: Scene, uuid: str) -> str | None:
    return next(row.host for row in scene.stage.cloud.instances() if row.uuid == uuid)


def guest_killed_and_then_its_host(scene: Scene) -> Expected:
    """A guest is killed, and its host loses power in the same second: all of it is evacuated."""
    watch(scene)
    tagged = scene.boot("compute-1", 3)
    kill(scene, tagged[:1])
    scene.cut_power("compute-1")
    return Expected({"compute-1"}, tagged)


def killed_before_the_policy(scene: Scene) -> Expected:
    """A guest is killed without a policy, and one is switched on later: it is told, and stays down."""
    start_watchers(scene)
    (uuid,) = tagged = scene.boot("compute-1", 1)
    kill(scene, tagged)
    scene.until("Nova's own stop", lambda: state(scene, uuid) == "stopped")
    switch_on(scene)
    scene.pause(45)
    assert away(scene, uuid) == [], "an old wreck was restarted"
    return Expected({"compute-1"}, (), tagged)


def twenty_guests_killed_at_once(scene: Scene) -> Expected:
    """Twenty guests are killed at once: rebooted by hand, by a policy with their burst, by its default."""
    client = scene.stage.cloud.client()
    tagged: list[str] = []
    for host in scene.stage.hosts:
        tagged += client.boot(f"calm-{host}", _EACH, image=CALM, host=host, tags=[TAG])
    scene.stage.wait_beats(tagged, timeout=180)
    start_watchers(scene)
    took = {"by hand": again_after(scene, tagged, by_hand=True)}
    for name, numbers in ((f"burst = {len(tagged)}", f"burst = {len(tagged)}"), ("as it is", "")):
        switch_on(scene, attempts=10, numbers=numbers)
        took[name] = again_after(scene, tagged)
    told = ", ".join(f"{name}: {seconds:.1f} s" for name, seconds in took.items())
    scene.say(f"from the kill to the last one's next beat, {told}")
    assert all(len(away(scene, uuid)) == len(took) for uuid in tagged), "not each one each time"
    return Expected(set(scene.stage.hosts), (), tagged)


_RUN = (
    guest_killed, six_guests_killed_at_once, stopped_as_it_is_killed, guest_killed_again_and_again,
    guest_moved_after_its_restarts, guest_killed_and_then_its_host, killed_before_the_policy,
    twenty_guests_killed_at_once,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(case(one, cannot=LACKS, real=True) for one in _RUN)
