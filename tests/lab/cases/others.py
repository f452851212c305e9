"""Who else acts: a second worker, a typed claim, a restored configuration, operators in mid-evacuation, a
record-only device in the wrong place, a site's power."""

from __future__ import annotations

from pathlib import Path

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected
from tests.lab.workers import workers

OLD_CLAIM = "ctl1@1763695800"
_RECORDER = "recorder"


def a_second_worker(scene: Scene) -> Expected:
    """NovaEvacuate is started by hand beside Pacemaker's, on another controller: it evacuates nothing."""
    tagged = scene.boot("compute-2", 5)
    scene.slow_spawns(4)
    first = scene.evacuator()
    other = next(node.name for node in scene.stage.lab.controllers if node.name != first)
    scene.say(f"the operator runs crm_resource --force-start on {other}")
    scene.afterwards.callback(_by_hand, scene, other, "--force-stop")
    _by_hand(scene, other, "--force-start")
    scene.until("a second worker", lambda: other in workers(scene.stage.lab))
    scene.cut_power("compute-2")
    scene.until_moved("compute-2", tagged)
    assert {first, other} <= set(workers(scene.stage.lab)), "one of the workers has ended"
    return Expected({"compute-2"}, tagged)


def claim_typed_on_a_healthy_host(scene: Scene) -> Expected:
    """Somebody types an old claim for a host that is well: it is no proof, and that is said."""
    tagged = scene.boot("compute-3")
    flag = ("attrd_updater", "-p", "-n", "evacuate", "-N", "nova:compute-3", "-U")
    scene.say("somebody types a claim for compute-3")
    scene.afterwards.callback(scene.on_controller, *flag, "no")
    scene.on_controller(*flag, OLD_CLAIM)
    scene.until_status_says("nobody has proved that it is off")
    _not_touched(scene, "compute-3")
    scene.say("the claim is dropped")
    scene.on_controller(*flag, "no")
    return Expected({"compute-3"}, (), tagged)


def configuration_of_a_failure_restored(scene: Scene) -> Expected:
    """The configuration is saved during a failure and restored when its host is in service again."""
    tagged = scene.in_the_middle("compute-1", 4, spawns=8)
    saved = Path(scene.stage.lab.state) / "saved.xml"
    scene.say("the operator saves the configuration")
    saved.write_text(scene.on_controller("cibadmin", "--query", "--scope=configuration"))
    scene.until_moved("compute-1", tagged)
    scene.stage.wait_in_service("compute-1")
    new = scene.boot("compute-1", 2, name="new")
    asked = len(scene.asked("compute-1"))
    scene.pause(5)
    scene.say("the operator restores the configuration of before")
    replace = ("cibadmin", "--replace", "--scope=configuration", f"--xml-file={saved}")
    scene.on_controller(*replace)
    scene.until_status_says("compute-1: whether it is still off is doubtful")
    scene.pause(20)
    assert len(scene.asked("compute-1")) == asked, "asked for on the strength of an old record"
    scene.say("the operator has looked, and drops the flag")
    scene.drop_flag("compute-1")
    return Expected({"compute-1"}, tagged, new)


def disabled_with_a_reason_in_mid_evacuation(scene: Scene) -> Expected:
    """An operator disables the failed host with a reason while it is evacuated: ours is undone all the
    same, and the operator's is not."""
    tagged = scene.in_the_middle("compute-4", 4, spawns=8)
    client, reason = scene.stage.cloud.client(), "DIMM B2 broken"
    scene.say("the operator disables compute-4 with a reason")
    client.update_service("compute-4", status="disabled", disabled_reason=reason).expect(200)
    scene.until_moved("compute-4", tagged)

    def back() -> bool:
        found = client.services()["compute-4"]
        return not found["forced_down"] and found["state"] == "up"

    scene.until("compute-4 un-forced and up", back, 180)
    scene.pause(5)
    assert client.services()["compute-4"]["disabled_reason"] == reason
    scene.say("the operator enables compute-4")
    client.update_service("compute-4", status="enabled").expect(200)
    return Expected({"compute-4"}, tagged)


def recorder_first_in_its_level(scene: Scene) -> Expected:
    """A device that only records comes before the one that switches power: it records nothing."""
    tagged = scene.boot("compute-2")
    pcs = scene.stage.cluster.pcs
    power = "fence-computes"
    pcs("stonith", "create", _RECORDER, "fence_compute", "record_only=1",
        "pcmk_host_list=compute-2", "--force")  # fmt: skip
    scene.afterwards.callback(pcs, "stonith", "delete", _RECORDER)
    pcs("stonith", "level", "add", "1", "compute-2", _RECORDER, power, "--force")
    scene.afterwards.callback(pcs, "stonith", "level", "clear", "target", "compute-2")
    scene.say("the network of compute-2 is gone, its guests run on")
    scene.stage.cluster.unplug("compute-2")
    scene.pause(40)
    assert not scene.asked("compute-2"), "asked for although nobody has switched it off"
    scene.say("the operator puts the devices in their order")
    pcs("stonith", "level", "clear", "target", "compute-2")
    pcs("stonith", "level", "add", "1", "compute-2", power, _RECORDER, "--force")
    # What was begun by the levels of before is not believed by those of now.
    scene.until_moved("compute-2", tagged, timeout=300)
    scene.stage.cluster.plug("compute-2")
    return Expected({"compute-2"}, tagged)


def failover_while_the_host_waits_at_its_gate(scene: Scene) -> Expected:
    """The worker's controller loses power while the failed host has booted and waits at its gate."""
    tagged = scene.in_the_middle("compute-3", spawns=25)
    scene.stage.cluster.wait_online("compute-3", timeout=120)
    scene.pause(2)
    assert scene.in_flight("compute-3"), "the evacuation was over before the host was back"
    scene.cut_power(scene.evacuator())
    return Expected({"compute-3"}, tagged)


def a_site_loses_power(scene: Scene) -> Expected:
    """All controllers and all hosts lose power, and get it again: what ran is listed, nothing is evacuated.

    What its owner had stopped is not listed."""
    tagged, stopped = _a_site_starts(scene)
    scene.until_status_says(f"{len(tagged)} instances that ran there", timeout=240)
    told = scene.stage.cluster.pcs("status", "--full")
    assert not any(uuid in told for uuid in stopped), "what its owner had stopped is told"
    client = scene.stage.cloud.client()
    scene.say("the operator starts them")
    for uuid in tagged:
        client.action(uuid, "os-start").expect(202)
    client.wait(tagged, "active")
    scene.until_status_is_silent("openstack server start", timeout=180)
    return _as_before(scene, tagged, stopped)


def a_site_loses_power_and_resumes(scene: Scene) -> Expected:
    """The same with after_boot=resume: what ran is started again, by NovaEvacuate."""
    scene.set_evacuate(["after_boot=resume"], afterwards=["after_boot=list"])
    tagged, stopped = _a_site_starts(scene)
    client = scene.stage.cloud.client()
    client.wait(tagged, "stopped", seconds=240)
    client.wait(tagged, "active", seconds=240)
    return _as_before(scene, tagged, stopped)


def _a_site_starts(scene: Scene) -> tuple[list[str], list[str]]:
    """Tagged instances that ran, and one that its owner had stopped, on hosts that are back in service."""
    hosts = scene.stage.hosts
    scene.set_evacuate(["site_start=600"], afterwards=["site_start=0"])
    tagged = [uuid for host in hosts[:2] for uuid in scene.boot(host, 2)]
    stopped = scene.boot(hosts[2], 1, name="stopped")
    client = scene.stage.cloud.client()
    client.action(stopped[0], "os-stop").expect(202)
    client.wait(stopped, "stopped")
    controllers = [node.name for node in scene.stage.lab.controllers]
    scene.cut_power(*hosts, *controllers)
    scene.pause(5)
    scene.say("the site has power again")
    for name in (*controllers, *hosts):
        scene.stage.cluster.power_on(name)
    scene.stage.cluster.wait_dc(90)
    scene.stage.cluster.wait_online(*hosts, timeout=180)
    for host in hosts:
        scene.stage.wait_in_service(host)
    return tagged, stopped


def _as_before(scene: Scene, tagged: list[str], stopped: list[str]) -> Expected:
    hosts = scene.stage.hosts
    rows = {row.uuid: row for row in scene.stage.cloud.instances()}
    assert {rows[uuid].vm_state for uuid in stopped} == {"stopped"}, "its owner had stopped it"
    for host in hosts:
        assert not scene.asked(host), f"evacuated off {host}"
    return Expected(set(hosts), (), [*tagged, *stopped])


def _by_hand(scene: Scene, node: str, option: str) -> None:
    command = ["crm_resource", option, "--resource", "nova-evacuate"]
    scene.stage.cluster.run(node, command, timeout=60)


def _not_touched(scene: Scene, host: str) -> None:
    scene.pause(5)
    assert not scene.asked(host), "asked for on nobody's word"
    assert not scene.stage.cloud.client().services()[host]["forced_down"], f"{host} is forced down"


_RUN = (
    a_second_worker, claim_typed_on_a_healthy_host, configuration_of_a_failure_restored,
    disabled_with_a_reason_in_mid_evacuation, recorder_first_in_its_level,
    failover_while_the_host_waits_at_its_gate, a_site_loses_power, a_site_loses_power_and_resumes,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
