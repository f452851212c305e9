"""NovaEvacuate's worker and the controller that it runs on."""

from __future__ import annotations

import signal

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected
from tests.lab.workers import workers


def worker_killed_at_random(scene: Scene) -> Expected:
    """The worker is killed six times at random moments of one evacuation."""
    tagged = scene.boot("compute-1", 8)
    scene.slow_spawns(8)
    scene.cut_power("compute-1")
    scene.until_flagged("compute-1")
    for _ in range(6):
        scene.pause(scene.random.uniform(0.1, 6.0))
        scene.kill_worker()
    return Expected({"compute-1"}, tagged)


def worker_killed_at_its_first_request(scene: Scene) -> Expected:
    """The worker is killed as soon as Nova has a request of it."""
    tagged = scene.boot("compute-2", 5)
    scene.slow_spawns(6)
    scene.cut_power("compute-2")
    scene.until_asked("compute-2")
    scene.kill_worker()
    return Expected({"compute-2"}, tagged)


def worker_stands_still(scene: Scene) -> Expected:
    """The worker is stopped for 15 s in the middle, and goes on with what it knew."""
    tagged = scene.boot("compute-3", 5)
    scene.slow_spawns(4)
    scene.cut_power("compute-3")
    scene.until_asked("compute-3")
    scene.say("the worker stands still")
    found = workers(scene.stage.lab)
    for process in found.values():
        process.signal(signal.SIGSTOP)
    scene.pause(15)
    scene.say("the worker goes on")
    for process in found.values():
        process.signal(signal.SIGCONT)
    return Expected({"compute-3"}, tagged)


def workers_controller_loses_power(scene: Scene) -> Expected:
    """The controller of the worker loses power in the middle."""
    tagged = scene.in_the_middle("compute-4", spawns=6)
    scene.cut_power(scene.evacuator())
    return Expected({"compute-4"}, tagged)


def workers_controller_freezes(scene: Scene) -> Expected:
    """The controller of the worker stands still: an old worker that could wake up."""
    tagged = scene.in_the_middle("compute-1", spawns=6)
    controller = scene.evacuator()
    scene.say(f"{controller} freezes")
    scene.stage.cluster.freeze(controller)
    return Expected({"compute-1"}, tagged)


def workers_controller_loses_its_network(scene: Scene) -> Expected:
    """The controller of the worker is cut off while the worker lives on."""
    tagged = scene.in_the_middle("compute-2", spawns=6)
    controller = scene.evacuator()
    scene.say(f"the wire of {controller} is cut")
    scene.stage.cluster.unplug(controller)
    return Expected({"compute-2"}, tagged)


def worker_moved_by_the_operator(scene: Scene) -> Expected:
    """NovaEvacuate is moved to another controller in the middle."""
    tagged = scene.in_the_middle("compute-3", spawns=6)
    here = scene.evacuator()
    there = next(node.name for node in scene.stage.lab.controllers if node.name != here)
    scene.say(f"NovaEvacuate is moved from {here} to {there}")
    scene.stage.cluster.pcs("resource", "move", "nova-evacuate", there)
    return Expected({"compute-3"}, tagged)


def worker_stopped_and_started(scene: Scene) -> Expected:
    """NovaEvacuate is disabled in the middle, and enabled 15 s later."""
    tagged = scene.in_the_middle("compute-4", spawns=6)
    scene.disable_evacuate()
    scene.pause(15)
    scene.enable_evacuate()
    return Expected({"compute-4"}, tagged)


_RUN = (
    worker_killed_at_random, worker_killed_at_its_first_request, worker_stands_still,
    workers_controller_loses_power, workers_controller_freezes,
    workers_controller_loses_its_network, worker_moved_by_the_operator,
    worker_stopped_and_started,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
