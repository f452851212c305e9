"""Pacemaker itself: its controllers, its daemons, its memory."""

from __future__ import annotations

from tests.lab import power
from tests.lab.bmc import Fault
from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected
from tests.lab.wait import wait_until
from tests.lab.workers import found_on_controllers


def dc_loses_power(scene: Scene) -> Expected:
    """The DC loses power while evacuations are in flight."""
    tagged = scene.boot("compute-2", 5)
    scene.slow_spawns(6)
    scene.cut_power("compute-2")
    scene.until_asked("compute-2")
    scene.cut_power(scene.stage.cluster.wait_dc())
    return Expected({"compute-2"}, tagged)


def dc_and_host_together(scene: Scene) -> Expected:
    """The DC and a compute host lose power at the same moment."""
    tagged = scene.boot("compute-1")
    scene.cut_power("compute-1", scene.stage.cluster.wait_dc())
    return Expected({"compute-1"}, tagged)


def host_and_its_connection_together(scene: Scene) -> Expected:
    """A compute host and the controller that watches it lose power at the same moment."""
    tagged = scene.boot("compute-3")
    scene.cut_power("compute-3", scene.place_of("compute-3"))
    return Expected({"compute-3"}, tagged)


def rolling_restart(scene: Scene) -> Expected:
    """Every controller's Pacemaker is stopped and started, one after the other, in the middle."""
    tagged = scene.in_the_middle("compute-4", spawns=10)
    for node in scene.stage.lab.controllers:
        scene.say(f"Pacemaker on {node.name} is stopped and started")
        scene.stage.cluster.restart(node.name)
    return Expected({"compute-4"}, tagged)


def stopped_between_fencing_and_evacuation(scene: Scene) -> Expected:
    """The whole cluster is stopped when the host is flagged and nothing is asked for yet."""
    tagged = scene.boot("compute-3", 5)
    scene.disable_evacuate()
    scene.cut_power("compute-3")
    scene.until_flagged("compute-3")
    scene.say("the cluster is stopped")
    scene.stage.cluster.stop_all()
    assert not scene.asked("compute-3")
    scene.say("the cluster is started")
    scene.stage.cluster.start_all()
    scene.enable_evacuate()
    return Expected({"compute-3"}, tagged)


def stopped_in_the_middle(scene: Scene) -> Expected:
    """The whole cluster is stopped while instances are being rebuilt."""
    tagged = scene.in_the_middle("compute-1", spawns=12)
    scene.until_building("compute-1", len(tagged))  # what still is in its queue would be lost
    scene.say("the cluster is stopped")
    scene.stage.cluster.stop_all()
    scene.pause(5)
    scene.say("the cluster is started")
    scene.stage.cluster.start_all()
    return Expected({"compute-1"}, tagged)


def all_controllers_lose_power(scene: Scene) -> Expected:
    """All controllers lose power in the middle: what attrd knew is gone."""
    tagged = scene.in_the_middle("compute-2", spawns=12)
    controllers = [node.name for node in scene.stage.lab.controllers]
    scene.cut_power(*controllers)
    scene.pause(5)
    scene.say("the controllers get power again")
    for name in controllers:
        scene.stage.cluster.power_on(name)
    scene.stage.cluster.wait_dc(90)
    return Expected({"compute-2"}, tagged)


def quorum_lost(scene: Scene) -> Expected:
    """Two of three controllers lose power, then a host: nothing moves before there is quorum."""
    tagged = scene.boot("compute-3")
    first, second = (node.name for node in scene.stage.lab.controllers[:2])
    scene.cut_power(first, second)
    scene.pause(4)
    scene.cut_power("compute-3")
    scene.pause(15)
    assert not scene.asked("compute-3"), "asked for without quorum"
    scene.say(f"{first} and {second} get power again")
    scene.stage.cluster.power_on(first)
    scene.stage.cluster.power_on(second)
    scene.stage.cluster.wait_dc(90)
    return Expected({"compute-3"}, tagged)


def attrd_killed_everywhere(scene: Scene) -> Expected:
    """pacemaker-attrd is killed on each controller while a host is flagged."""
    return _daemon_killed(scene, "compute-4", "pacemaker-attrd")


def fencer_killed_everywhere(scene: Scene) -> Expected:
    """pacemaker-fenced is killed on each controller while a host is flagged."""
    return _daemon_killed(scene, "compute-1", "pacemaker-fenced")


def cib_manager_killed_on_the_dc(scene: Scene) -> Expected:
    """pacemaker-based is killed on the DC while a host is flagged."""
    tagged = scene.in_the_middle("compute-2", spawns=6)
    dc = scene.stage.cluster.wait_dc()
    scene.say(f"pacemaker-based on {dc} is killed")
    scene.stage.cluster.crash(dc, "pacemaker-based")
    return Expected({"compute-2"}, tagged)


def executor_killed_under_the_worker(scene: Scene) -> Expected:
    """pacemaker-execd is killed on the worker's controller: nobody watches the worker then."""
    tagged = scene.in_the_middle("compute-3", spawns=6)
    controller = scene.evacuator()
    scene.say(f"pacemaker-execd on {controller} is killed")
    scene.stage.cluster.crash(controller, "pacemaker-execd")
    return Expected({"compute-3"}, tagged)


def corosync_killed(scene: Scene) -> Expected:
    """corosync dies on the worker's controller, which has to be fenced."""
    tagged = scene.in_the_middle("compute-4", spawns=6)
    controller = scene.evacuator()
    scene.say(f"corosync on {controller} is killed")
    scene.stage.cluster.crash(controller, "corosync")
    return Expected({"compute-4"}, tagged)


def controller_dies_during_fencing(scene: Scene) -> Expected:
    """The controller that is fencing a host loses power before the host is off."""
    tagged = scene.boot("compute-1")
    scene.say("the BMC of compute-1 takes 6 s, compute-1 freezes")
    scene.stage.cluster.bmc_fault("compute-1", Fault.SLOW, 6.0)
    scene.stage.cluster.freeze("compute-1")
    lab = scene.stage.lab
    fencing = wait_until("a fencing", lambda: found_on_controllers(lab, "fence_compute"), 60, 0.1)
    scene.cut_power(*fencing)
    return Expected({"compute-1"}, tagged)


def _daemon_killed(scene: Scene, host: str, daemon: str) -> Expected:
    tagged = scene.in_the_middle(host, spawns=6)
    for node in scene.stage.lab.controllers:
        scene.say(f"{daemon} on {node.name} is killed")
        scene.stage.cluster.crash(node.name, daemon)
        scene.pause(0.5)
        assert power.is_on(scene.stage.lab, node.name)
    return Expected({host}, tagged)


_RUN = (
    dc_loses_power, dc_and_host_together, host_and_its_connection_together, rolling_restart,
    stopped_between_fencing_and_evacuation, stopped_in_the_middle, all_controllers_lose_power,
    quorum_lost, attrd_killed_everywhere, fencer_killed_everywhere,
    cib_manager_killed_on_the_dc, executor_killed_under_the_worker, corosync_killed,
    controller_dies_during_fencing,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
