"""Compute hosts die, freeze, lose their network, return; one, two, three, all of them."""

from __future__ import annotations

from tests.lab import power
from tests.lab.bmc import Fault
from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.guests import libvirtd
from tests.lab.promises import Expected
from tests.lab.workers import nova_compute


def power_loss(scene: Scene) -> Expected:
    """A host loses power; its tagged instances go, the untagged stay."""
    tagged, plain = scene.boot("compute-1", 6), scene.plain("compute-1", 2)
    scene.cut_power("compute-1")
    return Expected({"compute-1"}, tagged, plain)


def kernel_freeze(scene: Scene) -> Expected:
    """Every process of a host stands still, its power is on: it has to be fenced first."""
    tagged = scene.boot("compute-2")
    scene.say("compute-2 freezes")
    scene.stage.cluster.freeze("compute-2")
    return Expected({"compute-2"}, tagged)


def network_cut(scene: Scene) -> Expected:
    """A host's management network is cut while its guests run on."""
    tagged = scene.boot("compute-3")
    scene.say("the wire of compute-3 is cut")
    scene.stage.cluster.unplug("compute-3")
    return Expected({"compute-3"}, tagged)


def network_cut_again(scene: Scene) -> Expected:
    """The network returns while the host is being fenced, and is cut again as soon as it booted."""
    tagged = scene.boot("compute-3")
    scene.say("the BMC of compute-3 takes 4 s to move the power; its wire is cut")
    scene.stage.cluster.bmc_fault("compute-3", Fault.SLOW, 4.0)
    scene.stage.cluster.unplug("compute-3")
    scene.stage.cluster.wait_offline("compute-3")
    scene.stage.cluster.plug("compute-3")
    scene.until_fenced("compute-3")
    scene.stage.cluster.unplug("compute-3")
    scene.pause(8)
    scene.stage.cluster.plug("compute-3")
    return Expected({"compute-3"}, tagged)


def remote_daemon_killed(scene: Scene) -> Expected:
    """pacemaker-remoted dies on a host that is otherwise well: lost contact is fenced too."""
    tagged = scene.boot("compute-4")
    scene.say("pacemaker-remoted of compute-4 is killed")
    scene.stage.cluster.crash("compute-4", "pacemaker-remoted")
    return Expected({"compute-4"}, tagged)


def nova_compute_killed(scene: Scene) -> Expected:
    """nova-compute dies alone: Pacemaker starts it again, nobody is fenced and nothing moves."""
    tagged = scene.boot("compute-1")
    scene.say("nova-compute of compute-1 is killed")
    scene.kill_nova_compute("compute-1")
    scene.until("a new one", lambda: nova_compute(scene.stage.lab, "compute-1"))
    scene.stage.wait_up("compute-1")
    return Expected({"compute-1"}, (), left=tagged)


def libvirt_killed(scene: Scene) -> Expected:
    """libvirtd dies on a host while its guests run on."""
    tagged = scene.boot("compute-1")
    scene.say("libvirtd of compute-1 is killed")
    scene.stage.cluster.crash("compute-1", "libvirtd")
    scene.pause(15)
    scene.say("libvirtd of compute-1 is started")
    scene.stage.cluster.must("compute-1", libvirtd.COMMAND)
    scene.until_counting(tagged)
    scene.stage.wait_up("compute-1")
    return Expected({"compute-1"}, (), left=tagged)


def moved_live_then_power_loss(scene: Scene) -> Expected:
    """Instances are migrated live, and then their new host loses power."""
    tagged = scene.boot("compute-1", 2)
    scene.say("they are migrated live to compute-2")
    for uuid in tagged:
        body = {"host": "compute-2", "block_migration": "auto"}
        scene.stage.cloud.client().action(uuid, "os-migrateLive", body).expect(202)
    scene.until_moved("compute-1", tagged)
    scene.stage.wait_beats(tagged)
    scene.cut_power("compute-2")
    return Expected({"compute-2"}, tagged)


def two_at_once(scene: Scene) -> Expected:
    """Two hosts lose power at the same moment."""
    return _at_once(scene, "compute-1", "compute-2")


def three_at_once(scene: Scene) -> Expected:
    """Three hosts of four lose power at the same moment."""
    return _at_once(scene, "compute-1", "compute-2", "compute-3")


def one_after_the_other(scene: Scene) -> Expected:
    """A second host dies while the first one's instances are on their way."""
    first, second = scene.boot("compute-1"), scene.boot("compute-2")
    scene.slow_spawns(5)
    scene.cut_power("compute-1")
    scene.until_building("compute-1", len(first))
    scene.cut_power("compute-2")
    return Expected({"compute-1", "compute-2"}, first + second)


def all_at_once(scene: Scene) -> Expected:
    """Every host loses power: nobody can take anything, and none may wait for another for ever."""
    hosts = scene.stage.hosts
    tagged = [uuid for host in hosts for uuid in scene.boot(host, 2)]
    scene.cut_power(*hosts)
    for host in hosts:
        scene.until_fenced(host)
    # Those that found no other host come back with their own.
    scene.until_settled(tagged)
    return Expected(set(hosts), ())


def returns_during_its_evacuation(scene: Scene) -> Expected:
    """The host is back in the cluster while its instances are still being rebuilt elsewhere."""
    tagged = scene.in_the_middle("compute-2", 4, spawns=25)
    scene.stage.cluster.wait_online("compute-2")
    assert scene.in_flight("compute-2"), "the evacuation was over before the host was back"
    return Expected({"compute-2"}, tagged)


def flaps(scene: Scene) -> Expected:
    """A host dies three times, each time as soon as it is back in the cluster."""
    tagged = scene.boot("compute-3", 4)
    scene.slow_spawns(6)
    for _ in range(3):
        scene.cut_power("compute-3")
        scene.stage.cluster.wait_offline("compute-3")
        scene.stage.cluster.wait_online("compute-3", timeout=90)
    return Expected({"compute-3"}, tagged)


def dies_again_at_its_gate(scene: Scene) -> Expected:
    """The host that waits at its gate for its evacuation to end loses power once more."""
    tagged = scene.in_the_middle("compute-4", 4, spawns=20)
    scene.stage.cluster.wait_online("compute-4")
    scene.cut_power("compute-4")
    return Expected({"compute-4"}, tagged)


def destination_dies(scene: Scene) -> Expected:
    """The host that rebuilds an instance dies in the middle of it."""
    tagged = scene.boot("compute-1", 4)
    scene.slow_spawns(12)
    scene.cut_power("compute-1")
    destination = scene.until_building("compute-1", len(tagged)).dest_compute
    assert destination
    scene.cut_power(destination)
    return Expected({"compute-1", destination}, tagged)


def stays_off(scene: Scene) -> Expected:
    """The power of a fenced host cannot be switched on again for a while."""
    tagged = scene.boot("compute-2")
    scene.keep_off_after_fencing()
    scene.cut_power("compute-2")
    scene.until_moved("compute-2", tagged)
    scene.pause(15)
    assert not power.is_on(scene.stage.lab, "compute-2")
    scene.say("compute-2 gets power again")
    scene.stage.cluster.power_on("compute-2")
    return Expected({"compute-2"}, tagged)


def _at_once(scene: Scene, *hosts: str) -> Expected:
    tagged = [uuid for host in hosts for uuid in scene.boot(host)]
    scene.cut_power(*hosts)
    return Expected(set(hosts), tagged)


_RUN = (
    power_loss, kernel_freeze, network_cut, network_cut_again, remote_daemon_killed,
    nova_compute_killed, two_at_once, three_at_once, one_after_the_other, all_at_once,
    returns_during_its_evacuation, flaps, dies_again_at_its_gate, destination_dies, stays_off,
)  # fmt: skip
_NO_LIBVIRT = (
    "without GUESTS=real the hypervisors are Nova's fake driver with real processes: no libvirt"
)
CASES: tuple[Case, ...] = (
    *map(case, _RUN),
    case(moved_live_then_power_loss, cannot=_NO_LIBVIRT, real=True),
    case(libvirt_killed, cannot=_NO_LIBVIRT, real=True),
)
