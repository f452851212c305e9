"""What operators do: hold, release, confirm, fence by hand, maintain, disable, upgrade."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected
from vmha_ocf.cluster.storm import RELEASE_COMMAND


def storm_held_and_released(scene: Scene) -> Expected:
    """More hosts down than the storm limit: held, said, and released by one command."""
    hosts = ("compute-1", "compute-2")
    tagged = [uuid for host in hosts for uuid in scene.boot(host, 2)]
    scene.set_storm_limit(1)
    scene.cut_power(*hosts)
    scene.until_flagged(*hosts)
    scene.until_status_says("more than storm_limit=1")
    asked = [host for host in hosts if scene.asked(host)]
    assert len(asked) <= 1, "the first of them may have begun before the second was down"
    scene.say("the operator releases it")
    scene.on_controller(*RELEASE_COMMAND.split())
    return Expected(hosts, tagged)


def manual_confirm(scene: Scene) -> Expected:
    """Host and BMC are gone for good: pcs stonith confirm stands for the proof."""
    tagged = scene.boot("compute-3")
    scene.say("compute-3 and its BMC lose power together")
    scene.stage.cluster.bmc_stop("compute-3")
    scene.stage.cluster.kill("compute-3")
    scene.stage.cluster.wait_offline("compute-3")
    scene.pause(5)
    assert not scene.asked("compute-3"), "asked for without a proof that the host is off"
    scene.say("the operator confirms that compute-3 is off")
    scene.stage.cluster.pcs("stonith", "confirm", "compute-3", "--force")
    scene.until_moved("compute-3", tagged)
    scene.say("compute-3 and its BMC get power again")
    scene.stage.cluster.bmc_start("compute-3")
    scene.stage.cluster.power_on("compute-3")
    return Expected({"compute-3"}, tagged)


def healthy_host_fenced_by_hand(scene: Scene) -> Expected:
    """stonith_admin --fence of a host that is well: it goes off."""
    tagged = scene.boot("compute-4")
    scene.say("the operator fences compute-4")
    scene.on_controller("stonith_admin", "--fence", "compute-4", "--tolerance", "1s")
    scene.until_moved("compute-4", tagged)
    # Pacemaker, which has lost the node by that, may have rebooted it meanwhile.
    scene.say("compute-4 gets power again")
    scene.stage.cluster.power_on("compute-4")
    return Expected({"compute-4"}, tagged)


def healthy_host_rebooted_by_hand(scene: Scene) -> Expected:
    """pcs stonith fence of a host that is well: Pacemaker forgets what it knew of it."""
    tagged = scene.boot("compute-1")
    scene.say("the operator has compute-1 rebooted")
    scene.stage.cluster.pcs("stonith", "fence", "compute-1", timeout=90)
    return Expected({"compute-1"}, tagged)


def maintenance_mode(scene: Scene) -> Expected:
    """A host dies in maintenance mode: nothing is fenced nor moved before that is over."""
    tagged = scene.boot("compute-2")
    scene.set_property("maintenance-mode=true", "maintenance-mode=false")
    scene.cut_power("compute-2")
    scene.pause(15)
    assert not scene.asked("compute-2"), "asked for in maintenance mode"
    scene.say("maintenance is over")
    scene.stage.cluster.pcs("property", "set", "maintenance-mode=false")
    return Expected({"compute-2"}, tagged)


def refresh_while_flagged(scene: Scene) -> Expected:
    """The operator refreshes and cleans up the host's connection while it is flagged."""
    tagged = scene.in_the_middle("compute-3", spawns=10)
    scene.say("the operator runs crm_resource --refresh and --cleanup")
    for option in ("--refresh", "--cleanup"):
        scene.on_controller("crm_resource", option, "-r", "compute-3")
    return Expected({"compute-3"}, tagged)


def disabled_by_the_operator(scene: Scene) -> Expected:
    """The host was disabled in Nova by a person before it died: that is not undone."""
    tagged = scene.boot("compute-4")
    client, reason = scene.stage.cloud.client(), "a disk is being replaced"
    client.update_service("compute-4", status="disabled", disabled_reason=reason).expect(200)
    scene.cut_power("compute-4")
    scene.until_moved("compute-4", tagged)
    scene.until("compute-4 back as it was", lambda: _is_back(scene, "compute-4", reason), 120)
    scene.say("the operator enables compute-4")
    client.update_service("compute-4", status="enabled").expect(200)
    return Expected({"compute-4"}, tagged)


def flag_typed_by_hand(scene: Scene) -> Expected:
    """Somebody flags a host that is well: without a proof nothing is done, and that is said."""
    tagged = scene.boot("compute-1")
    scene.say("somebody types a flag for compute-1")
    flag = ("attrd_updater", "-p", "-n", "evacuate", "-N", "nova:compute-1", "-U")
    scene.afterwards.callback(scene.on_controller, *flag, "no")
    scene.on_controller(*flag, "yes")
    scene.until_status_says("nobody has proved that it is off")
    assert not scene.asked("compute-1"), "asked for on nobody's word"
    scene.say("the flag is dropped")
    scene.on_controller(*flag, "no")
    return Expected({"compute-1"}, (), tagged)


def recorded_by_hand(scene: Scene) -> Expected:
    """The operator switches a host off, and flags it with fence_compute on the command line."""
    tagged = scene.boot("compute-2")
    scene.set_property("maintenance-mode=true", "maintenance-mode=false")
    scene.cut_power("compute-2")
    # In maintenance Pacemaker looks at no node, and goes on calling this one online.
    scene.say("the operator records that compute-2 is off")
    scene.on_controller("fence_compute", "-r", "1", "-n", "compute-2", "-o", "off")
    scene.until_moved("compute-2", tagged)
    scene.say("maintenance is over")
    scene.stage.cluster.pcs("property", "set", "maintenance-mode=false")
    return Expected({"compute-2"}, tagged)


def nova_compute_disabled(scene: Scene) -> Expected:
    """NovaCompute is disabled everywhere and enabled again: no host is fenced, nothing moves."""
    tagged = scene.boot("compute-3")
    scene.say("the operator disables nova-compute")
    scene.stage.cluster.pcs("resource", "disable", "nova-compute", "--wait=60", timeout=90)
    scene.say("the operator enables nova-compute")
    scene.stage.cluster.pcs("resource", "enable", "nova-compute", "--wait=90", timeout=120)
    scene.stage.wait_up(*scene.stage.hosts)
    return Expected(set(scene.stage.hosts), (), tagged)


def upgrade_with_a_needed_flag(scene: Scene) -> Expected:
    """The older agents left "yes" under the node's own name; ours start on it."""
    return _upgraded(scene, "compute-4", "yes")


def upgrade_with_a_claimed_flag(scene: Scene) -> Expected:
    """The older agents left the claim of a controller that is gone; ours start on it."""
    return _upgraded(scene, "compute-1", "ctl9@1700000000")


def upgrade_with_a_flag_of_another_name(scene: Scene) -> Expected:
    """The older agents left a flag in another spelling of the host's name."""
    return _upgraded(scene, "compute-2", "yes", key="COMPUTE-2")


def _upgraded(scene: Scene, host: str, value: str, key: str = "") -> Expected:
    """As the older agents leave a fenced host: their value under the node's name, no CIB record."""
    tagged = scene.boot(host)
    scene.keep_off_after_fencing()
    scene.disable_evacuate()
    scene.cut_power(host)
    scene.until_flagged(host)
    scene.until_fenced(host)
    for command in _as_older_agents(host, key or host, value):
        scene.on_controller(*command)
    scene.enable_evacuate()
    scene.until_moved(host, tagged)
    scene.stage.cluster.power_on(host)
    return Expected({host}, tagged)


def _as_older_agents(host: str, key: str, value: str) -> Sequence[Sequence[str]]:
    update = ("attrd_updater", "-p", "-n", "evacuate", "-N")
    return (
        (*update, f"nova:{host}", "-U", ""),
        ("crm_attribute", "-N", host, "-l", "forever", "-n", "evacuation", "-D"),
        (*update, key, "-U", value),
    )


def _is_back(scene: Scene, host: str, reason: str) -> bool:
    """Up, and disabled in the operator's own words."""
    found = scene.stage.cloud.client().services()[host]
    words = (found["status"], found["disabled_reason"], found["forced_down"], found["state"])
    return words == ("disabled", reason, False, "up") and not scene.stage.records()


_RUN = (
    storm_held_and_released, manual_confirm, healthy_host_fenced_by_hand,
    healthy_host_rebooted_by_hand, maintenance_mode, refresh_while_flagged,
    disabled_by_the_operator, flag_typed_by_hand, recorded_by_hand, nova_compute_disabled,
    upgrade_with_a_needed_flag, upgrade_with_a_claimed_flag, upgrade_with_a_flag_of_another_name,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
