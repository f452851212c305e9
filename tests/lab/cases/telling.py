"""Who is told of a recovery: all hear the same story, and none of them can harm it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import TAG, Note, Scene
from tests.lab.errors import LabError
from tests.lab.nuisances import (
    FullDisk,
    HangingProgram,
    KeepingProgram,
    LazyScrapers,
    SilentReceiver,
)
from tests.lab.promises import Expected, seconds
from tests.lab.recovery import Broken
from tests.lab.samples import Samples
from tests.lab.stage import LOG_FILE
from tests.lab.tellers import LISTEN, by_api, by_metrics, incidents, told, unnamed
from tests.lab.wait import wait_until
from tests.lab.watcher import Watcher

_MOVED = ("done", "completed")
_LEFT_ALONE = """
[[exclude]]
why = "its owner has it replaced"
metadata = { evacuable = "notify" }
from = ["evacuation"]
notify = true
"""


def one_story_through_a_failover(scene: Scene) -> Expected:
    """The worker's controller dies in the middle: status, history, API and metrics agree with Nova."""
    scene.set_evacuate([f"listen={LISTEN}"], afterwards=["listen="])
    victim, refused = _resized(scene)
    tagged = scene.boot(victim, 5)
    _spread(scene, victim)
    first = scene.evacuator()
    watcher = Watcher(scene.stage.lab, _another(scene, first), ["vmha", "status", "--watch", "1"])
    scene.afterwards.callback(watcher.close)
    with Samples(scene, victim) as samples:
        scene.cut_power(victim)
        scene.until_building(victim)
        scene.keep_off_after_fencing()  # a controller that boots at once may get its worker back
        scene.until("a first instance elsewhere", lambda: _moved(scene, victim))
        scene.cut_power(first)
        scene.until("another worker", lambda: scene.evacuator() != first)
        scene.until_moved(victim, tagged)
        scene.stage.cluster.power_on(first)
        scene.stage.wait_in_service(victim)
        second = scene.evacuator()
        _until_told(scene, victim)
        scene.until("all is well on the terminal", lambda: "all is well" in watcher.frames[-1])
    problems = [
        *samples.broken(),
        *_not_seen(samples, first, second),
        *_not_shown(watcher),
        *_story_apart(scene, victim, [refused]),
    ]
    if problems:
        raise Broken(problems)
    return Expected({victim}, tagged, [refused])


def unharmed_by_who_is_told(scene: Scene) -> Expected:
    """The webhook never answers, the notify_command hangs, scrapers never read, the log's disk is full."""
    lab = scene.stage.lab
    enter = scene.afterwards.enter_context
    receiver = enter(SilentReceiver(lab.host_address))
    program = HangingProgram(lab.state)
    disk = enter(FullDisk(scene.stage.cluster, str(lab.state / "small-disk")))
    scene.set_evacuate(
        [
            f"listen={LISTEN}",
            f"notify_url={receiver.url}",
            f"notify_command={program.path}",
            f"log_file={disk.place}/evacuate.log",
            "verbose=1",
        ],
        afterwards=["listen=", "notify_url=", "notify_command=", LOG_FILE, "verbose="],
    )
    tagged = scene.boot("compute-2", 5)
    disk.fill()
    here = scene.evacuator()
    scrapers = enter(LazyScrapers(lab.node(here).address))
    scene.until("scrapers", lambda: scrapers.held)
    scene.cut_power("compute-2")
    scene.until_moved("compute-2", tagged)
    assert scene.evacuator() == here, "the worker was driven away"
    scene.until("a hanging webhook", lambda: receiver.held)
    scene.until("a hanging notify_command", program.started)
    assert disk.is_full(here), "there was room for the log"
    scene.stage.wait_in_service("compute-2")
    assert not disk.holds(here, "evacuate.log", "is on"), "the log had room for the recovery"
    assert scrapers.connections > LazyScrapers.COUNT, "nobody was put out"
    _until_told(scene, "compute-2", beside=False)
    if problems := list(_by_history(scene, "compute-2", [])):
        raise Broken(problems)
    return Expected({"compute-2"}, tagged)


def others_replace_what_they_made(scene: Scene) -> Expected:
    """Some instances are left to others, who are told by project and stack; the rest is evacuated."""
    scene.set_policy(_LEFT_ALONE)
    program = KeepingProgram(scene.stage.lab.state)
    scene.set_evacuate([f"notify_command={program.path}"], afterwards=["notify_command="])
    tagged = scene.boot("compute-2", 3)
    about = {"evacuable": "notify", "metering.stack": "a-stack"}
    client = scene.stage.cloud.client()
    group = client.boot("group", 2, host="compute-2", tags=[TAG], metadata=about)
    scene.cut_power("compute-2")
    scene.until_moved("compute-2", tagged)
    scene.until("a word to those who replace", lambda: program.got("left-alone"))
    scene.stage.wait_in_service("compute-2")
    (message,) = program.got("left-alone")
    assert sorted(message["ids"]) == sorted(group), message
    assert message["stack"] == "a-stack", message
    assert message["project_id"], message
    (over,) = program.got("over")
    assert not over["instances"], over
    assert not {row.instance_uuid for row in scene.asked("compute-2")} & {*group}
    _until_told(scene, "compute-2", beside=False)
    (one, *_) = incidents(scene.stage, scene.evacuator(), "compute-2")
    assert sorted(each["instance"] for each in one["left_alone"]) == sorted(group), one
    scene.say(f"told {message['at'] - one['began']:.1f} s after the proof that the host was off")
    return Expected({"compute-2"}, tagged, group)


def disk_of_the_workers_controller_full(scene: Scene) -> Expected:
    """/var of the worker's controller is full: Pacemaker's own CIB, its logs and the worker's."""
    here = scene.evacuator()
    tagged = scene.boot("compute-3", 5)
    cluster = scene.stage.cluster
    # Pacemaker gives up writing for good, so that it needs a restart once there is room.
    scene.afterwards.callback(cluster.restart, here)
    for place in ("/var/lib/pacemaker/cib", "/var/log/pacemaker"):
        disk = scene.afterwards.enter_context(FullDisk(cluster, place, here))
        disk.fill()
        assert disk.is_full(here)
    scene.cut_power("compute-3")
    scene.until_moved("compute-3", tagged)
    scene.stage.wait_in_service("compute-3")
    _until_told(scene, "compute-3", beside=False)
    if problems := list(_by_history(scene, "compute-3", [])):
        raise Broken(problems)
    return Expected({"compute-3"}, tagged)


def _resized(scene: Scene) -> tuple[str, str]:
    """A host with a tagged instance that Nova does not evacuate as it is, and that instance."""
    client = scene.stage.cloud.client()
    (uuid,) = client.boot("db", 1, host="compute-1", tags=[TAG])
    flavor = client.create_flavor(f"larger-{uuid}")
    client.action(uuid, "resize", {"flavorRef": flavor}).expect(202)
    client.wait([uuid], "resized")
    host = next(row.host for row in scene.stage.cloud.instances() if row.uuid == uuid)
    assert host
    return host, uuid


def _spread(scene: Scene, victim: str) -> None:
    """Some instances are there before the failover, others after it."""
    others = [host for host in scene.stage.hosts if host != victim]
    for host, delay in zip(others, cycle((5, 25, 40)), strict=False):
        scene.stage.cloud.knob(host, "spawn_delay", str(delay))


def _another(scene: Scene, controller: str) -> str:
    return next(node.name for node in scene.stage.lab.controllers if node.name != controller)


def _moved(scene: Scene, host: str) -> set[str]:
    """By Nova's records of this case."""
    return {row.instance_uuid for row in scene.asked(host) if row.status in _MOVED}


def _until_told(scene: Scene, host: str, *, beside: bool = True) -> None:
    """The history has the end of it on every controller, and the API too; they are written beside the
    recovery, so a moment later. ``beside``: the API is asked as well."""
    stage, lab = scene.stage, scene.stage.lab

    def everywhere() -> bool:
        if not all(_ended(incidents(stage, node.name, host)) for node in lab.controllers):
            return False
        return not beside or _ended(by_api(lab, scene.evacuator(), host) or [])

    def shown() -> str:
        return stage.cluster.ask(["vmha", "history", host])

    # The dead controller has to be back for this.
    names = [node.name for node in lab.controllers]
    stage.cluster.wait_online(*names, timeout=120.0)
    wait_until("the end of the incident everywhere", everywhere, 60.0, 1.0, shown)


def _ended(found: Sequence[Mapping[str, Any]]) -> bool:
    return bool(found) and found[0]["state"] == "ended"


def _not_seen(samples: Samples, first: str, second: str) -> Iterator[str]:
    """The failover was seen, and neither side of it is missing."""
    if first == second:
        yield "there was no failover"
    for name in (first, second):
        during = [one for one in samples.status if one.evacuator_on == name]
        if not any(one.host["evacuations"] for one in during):
            yield f"vmha status never told of the evacuation with the worker on {name}"
        if name not in [controller for controller, _ in samples.api]:
            yield f"the API of {name} never told of the incident"
    answered, silent = len(samples.status), len(samples.silent)
    samples.scene.notes.append(
        Note(
            samples.status[-1].at,
            f"vmha status answered {answered} times, {silent} times not; API {len(samples.api)} times",
        )
    )


def _not_shown(watcher: Watcher) -> Iterator[str]:
    frames = watcher.frames
    for words in ("all is well", "in flight", "is not evacuated", "evacuation is over"):
        if not any(words in frame for frame in frames):
            yield f"vmha status --watch never showed {words!r} in {len(frames)} answers"
    if (code := watcher.interrupt()) != 130:
        yield f"vmha status --watch ended with {code} at Ctrl-C"


def _story_apart(scene: Scene, host: str, refused: Sequence[str]) -> Iterator[str]:
    """Where the tellers differ, from one another or from Nova."""
    yield from _by_history(scene, host, refused)
    lab, worker = scene.stage.lab, scene.evacuator()
    history = incidents(scene.stage, worker, host)[0]
    if (api := by_api(lab, worker, host) or [{}])[0] != unnamed(history):
        yield f"the API of {worker} has {api[0]}, the history {history}"
    if (metrics := by_metrics(lab, worker, history["id"])) != told(history):
        yield f"the metrics of {worker} have {metrics}, the history {told(history)}"
    if len(history["workers"]) < 2:
        yield f"the history knows of the workers {history['workers']} only"


def _by_history(scene: Scene, host: str, refused: Sequence[str]) -> Iterator[str]:
    """What every controller has is the same, and it is what Nova, the power and the guests say."""
    lab = scene.stage.lab
    found = {node.name: incidents(scene.stage, node.name, host) for node in lab.controllers}
    one = next(iter(found.values()))[0]
    yield from (
        f"{name} has {all_[0]}, not {one}" for name, all_ in found.items() if all_[0] != one
    )
    records, moved = scene.asked(host), _moved(scene, host)
    if one["moved"] != len(moved):
        yield f"history: {one['moved']} moved, by Nova's records {len(moved)}"
    if one["requested"] != len(records):
        yield f"history: {one['requested']} requests, Nova has {len(records)} records"
    if [it["instance"] for it in one["given_up"]] != list(refused):
        yield f"history: given up {one['given_up']}, on the host stayed {list(refused)}"
    yield from _times_apart(scene, host, one, moved)


def _times_apart(
    scene: Scene, host: str, one: Mapping[str, Any], moved: set[str]
) -> Iterator[str]:
    """By one clock, of one machine: off, proved, asked, the last guest runs, and that is seen."""
    off = max(
        event.at
        for event in scene.stage.cluster.events()
        if (event.node, event.kind) == (host, "power-off") and event.at <= one["began"]
    )
    if off < scene.began:
        raise LabError(f"{host} was proved to be off before it was", str(one))
    asked = min(seconds(row.created_at) for row in scene.asked(host)) + 1.0
    guests = [run for run in scene.stage.cloud.guest_history() if run.uuid in moved]
    runs = max(run.start for run in guests) / 1000
    if not one["began"] <= asked:
        yield f"history: off at {one['began']}, Nova was asked at {asked}"
    if not one["last_moved"] >= runs:
        yield f"history: the last one elsewhere at {one['last_moved']}, it was started at {runs}"
    if one["time_to_recover"] != round(one["last_moved"] - one["began"], 3):
        yield f"history: {one['time_to_recover']} s from {one['began']} to {one['last_moved']}"
    scene.notes.append(
        Note(
            one["last_moved"],
            f"recovered in {one['time_to_recover']} s by the history, in {runs - off:.3f} s from the "
            "power-off to the last guest's start",
        )
    )


_RUN = (
    one_story_through_a_failover,
    unharmed_by_who_is_told,
    others_replace_what_they_made,
    disk_of_the_workers_controller_full,
)
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
