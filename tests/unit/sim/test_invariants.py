"""Every promise that is broken on purpose is noticed, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.cluster.flag_texts import ATTRIBUTE, RECORD
from vmha_ocf.errors import NovaUnavailable
from vmha_ocf.model import FlagState, InstanceId, NodeName, NovaHost, Power, ServiceChange
from vmha_ocf.sim import World
from vmha_ocf.sim.cluster.flags import flag_at_once
from vmha_ocf.sim.judge.invariants import check, left_behind

HOST = NovaHost("compute-1")
TAGS = frozenset({"automatic-recovery"})
DOWN = ServiceChange(forced_down=True, enabled=False, reason="test")
BACK = ServiceChange(forced_down=False, enabled=True)


@pytest.fixture
def instance(world: World) -> InstanceId:
    return world.boot("compute-1", tags=TAGS)


def promises(world: World) -> list[str]:
    return [broken.split()[0] for broken in check(world, storm_limit=2)]


def change(world: World, what: ServiceChange) -> None:
    nova = world.nova()
    nova.update_service(nova.services(HOST)[0], what)


def evacuate(world: World, instance: InstanceId, wait: float = 10) -> None:
    world.nova().evacuate(world.instance(instance).view())
    world.run(wait)


def end(world: World, state: FlagState = FlagState.DONE) -> None:
    flags = world.flags()
    flag = replace(flags.read()[HOST], state=state)
    flags.write(replace(flag, owner="ctl1") if state is FlagState.CLAIMED else flag)


def test_a_failure_by_the_book_breaks_nothing(world: World, instance: InstanceId) -> None:
    world.power_cut("compute-1")
    world.run(15)
    world.fence("compute-1", reboot=True)
    change(world, DOWN)
    end(world, FlagState.CLAIMED)
    evacuate(world, instance)
    end(world)
    world.run(60)
    world.units("compute-1").start()
    world.run(5)
    change(world, BACK)
    world.flags().clear(HOST)
    assert check(world, storm_limit=1) == []
    assert left_behind(world) == []
    assert world.runs_on(instance) == ["compute-2"]


def test_p1_a_request_without_a_proof(world: World, instance: InstanceId) -> None:
    world.power_cut("compute-1")
    change(world, DOWN)
    evacuate(world, instance)
    assert promises(world) == ["P1"]


def test_p1_a_bmc_that_was_read_off_is_a_proof(world: World, instance: InstanceId) -> None:
    bmc = world.bmc("compute-1")
    bmc.set_power(Power.OFF)
    world.run(2)
    assert bmc.power() is Power.OFF
    change(world, DOWN)
    evacuate(world, instance)
    assert promises(world) == []


def test_p1_a_requested_or_a_false_off_is_none(world: World, instance: InstanceId) -> None:
    world.fault("bmc", "ignored")
    world.fault("bmc", "says-off")
    world.bmc("compute-1").set_power(Power.OFF)
    world.run(2)
    assert world.bmc("compute-1").power() is Power.OFF
    change(world, DOWN)
    evacuate(world, instance)
    assert promises(world) == ["P1", "P2"], "it runs twice too"


def test_p1_the_proof_of_an_earlier_failure_is_none(world: World, instance: InstanceId) -> None:
    world.fence("compute-1", reboot=True, flag=False)
    world.run(60)
    world.units("compute-1").start()
    world.run(10)
    world.power_cut("compute-1")
    change(world, DOWN)
    evacuate(world, instance)
    assert promises(world) == ["P1"]


@pytest.mark.parametrize(
    ("seconds", "isolated", "broken"),
    [(14, False, []), (19, False, []), (21, False, ["P1"]), (60, True, [])],
)
def test_p1_behind_our_back_life_is_what_nova_hears_of(
    world: World, instance: InstanceId, seconds: int, isolated: bool, broken: list[str]
) -> None:
    """From the second heartbeat on, and the time that a look at it and the request after it may take."""
    world.fence("compute-1", reboot=True, flag=False)
    world.run(60)
    change(world, DOWN)
    if isolated:
        world.isolate("compute-1")
    world.start_compute("compute-1")
    world.run(seconds)
    evacuate(world, instance)
    assert promises(world) == broken


def test_p1_a_network_that_is_back_is_heard_of(world: World, instance: InstanceId) -> None:
    world.fence("compute-1", reboot=True, flag=False)
    world.run(60)
    change(world, DOWN)
    world.isolate("compute-1")
    world.start_compute("compute-1")
    world.run(60)
    world.rejoin("compute-1")
    world.run(16)
    evacuate(world, instance)
    assert promises(world) == ["P1"]


@pytest.mark.parametrize(("guest", "broken"), [(False, []), (True, ["P1"])])
def test_p1_a_start_while_the_flag_was_being_written_is_none_without_a_guest(
    world: World, instance: InstanceId, guest: bool, broken: list[str]
) -> None:
    world.fence("compute-1", reboot=True, flag=False)
    world.run(61)
    world.units("compute-1").start()
    world.run(2)
    if guest:
        world.host("compute-1").run(instance)
        world.run(2)
        world.host("compute-1").halt(instance)
    flag_at_once(world.attrd, world.cib, world.host("compute-1"), "reconcile", ())
    world.units("compute-1").stop()
    change(world, DOWN)
    evacuate(world, instance)
    end(world)
    assert promises(world) == broken


def test_p2_a_second_request(world: World, instance: InstanceId) -> None:
    world.fence("compute-1")
    change(world, DOWN)
    evacuate(world, instance, 1)
    evacuate(world, instance)
    assert promises(world) == ["P2", "P2"]


def test_p2_a_request_after_a_lost_answer(world: World, instance: InstanceId) -> None:
    world.fence("compute-1")
    change(world, DOWN)
    world.fault("nova.evacuate", "lost-answer", times=1)
    with pytest.raises(NovaUnavailable):
        evacuate(world, instance)
    evacuate(world, instance)
    assert "P2" in promises(world)


def test_p2_a_request_over_one_that_is_stuck(world: World, instance: InstanceId) -> None:
    """Nobody can know that it is stuck."""
    world.fence("compute-1")
    change(world, DOWN)
    world.fault("nova.conductor", "lost", times=1)
    evacuate(world, instance, 3600)
    evacuate(world, instance)
    assert promises(world) == ["P2"]


def test_p2_a_request_after_the_destination_died_is_allowed(
    world: World, instance: InstanceId
) -> None:
    world.fence("compute-1")
    change(world, DOWN)
    evacuate(world, instance, 1)
    world.fence("compute-2")
    world.run(100)
    evacuate(world, instance)
    assert promises(world) == []
    assert world.runs_on(instance) == ["compute-3"]


def test_p2_but_not_when_it_is_only_cut_off(world: World, instance: InstanceId) -> None:
    world.fence("compute-1")
    change(world, DOWN)
    evacuate(world, instance, 1)
    world.isolate("compute-2")
    world.run(100)
    evacuate(world, instance)
    assert promises(world) == ["P2", "P2"]
    assert world.runs_on(instance) == ["compute-2", "compute-3"]


def test_p3_a_flag_that_is_lost(world: World, instance: InstanceId) -> None:
    world.fence("compute-1")
    world.stop_cluster()
    world.start_cluster()
    assert promises(world) == []
    lose_flag(world)
    assert promises(world) == ["P3"]


def test_p3_one_record_is_enough(world: World) -> None:
    world.fence("compute-1")
    world.attrd.put(ATTRIBUTE, "nova:compute-1", "")
    assert promises(world) == []


def test_p4_a_start_on_a_flagged_host(world: World) -> None:
    world.fence("compute-1", reboot=True)
    world.run(61)
    world.units("compute-1").start()
    assert promises(world) == ["P4"]


def lose_flag(world: World) -> None:
    world.attrd.put(ATTRIBUTE, "nova:compute-1", "")
    record = world.cib.truth(RECORD)[NodeName("compute-1")]
    world.cib.delete_node_attribute(NodeName("compute-1"), RECORD, record)


def test_p4_a_start_while_the_flag_was_lost_although_it_is_there_again(world: World) -> None:
    world.fence("compute-1", reboot=True)
    world.run(61)
    lose_flag(world)
    world.units("compute-1").start()
    world.run(10)
    world.fence("compute-1")
    assert [text.partition(": ")[2] for text in check(world)] == [
        "nova-compute started on compute-1, whose flag was lost"
    ]


def test_p4_a_flag_that_has_ended_keeps_nobody(world: World) -> None:
    world.fence("compute-1", reboot=True)
    world.run(61)
    end(world)
    world.units("compute-1").start()
    assert promises(world) == []
    world.flags().clear(HOST)
    world.units("compute-1").stop()
    world.units("compute-1").start()
    assert promises(world) == []


def test_p4_a_start_before_all_have_left(world: World, instance: InstanceId) -> None:
    world.fence("compute-1", reboot=True, flag=False)
    world.run(61)
    change(world, DOWN)
    evacuate(world, instance, 1)
    world.units("compute-1").start()
    assert promises(world) == ["P4"]


def test_p4_what_another_tool_moves_off_a_host_that_nobody_has_flagged(
    world: World, instance: InstanceId
) -> None:
    world.host("compute-1").end_compute()
    world.run(100)
    world.requests.evacuate(instance, "a script")
    world.units("compute-1").start()
    assert promises(world) == []


@pytest.mark.parametrize(("stopped_after", "broken"), [(20, []), (40, ["P4"])])
def test_p4_a_flag_that_comes_between_the_look_and_the_start_stops_it_again(
    world: World, stopped_after: float, broken: list[str]
) -> None:
    world.fence("compute-1", reboot=True, flag=False)
    world.run(61)
    flag_at_once(world.attrd, world.cib, world.host("compute-1"), "reconcile", ())
    world.run(10)
    world.units("compute-1").start()
    world.run(stopped_after)
    world.units("compute-1").stop()
    assert promises(world) == broken


def test_p4_a_start_behind_our_back_is_not_ours(world: World) -> None:
    world.fence("compute-1", reboot=True)
    world.run(61)
    world.start_compute("compute-1")
    assert promises(world) == []


def test_p5_and_p6_done_with_one_left(world: World, instance: InstanceId) -> None:
    world.fence("compute-1")
    end(world)
    assert promises(world) == ["P5", "P6"]
    assert left_behind(world) == [instance]


def test_what_is_told_is_not_lost(world: World, instance: InstanceId) -> None:
    world.fence("compute-1")
    world.reported.take({instance: "no room"})
    world.reported.take({})
    end(world)
    assert promises(world) == []
    assert left_behind(world) == [instance]


def test_what_was_told_about_an_earlier_failure_says_nothing(
    world: World, instance: InstanceId
) -> None:
    world.reported.take({instance: "no room"})
    world.reported.take({})
    world.run(10)
    world.fence("compute-1")
    end(world)
    assert promises(world) == ["P5", "P6"]


def test_p5_is_not_about_what_nova_has_brought_there_since(world: World) -> None:
    other = world.boot("compute-2", tags=TAGS)
    world.fence("compute-1", reboot=True)
    world.run(61)
    world.start_compute("compute-1")
    world.run(30)
    world.fence("compute-2")
    for host in world.hosts:
        if host not in (HOST, "compute-2"):
            world.operator_changes(host, ServiceChange(enabled=False, reason="full"))
    world.run(70)
    evacuate(world, other)
    assert world.runs_on(other) == [NodeName("compute-1")]
    end(world)
    assert "P5" not in promises(world)


@pytest.mark.parametrize(
    ("tags", "metadata"),
    [(frozenset(), {}), (TAGS, {"evacuable": "false"}), (frozenset({"Evacuable"}), {})],
)
def test_p6_is_about_ours_only(
    world: World, tags: frozenset[str], metadata: dict[str, str]
) -> None:
    world.boot("compute-1", tags=tags, metadata=metadata)
    world.fence("compute-1")
    end(world)
    assert promises(world) == []


@pytest.mark.parametrize(
    "about", [{"metadata": {"HA_Enabled": "Yes"}}, {"extra_specs": {"evacuable": "1"}}]
)
def test_p6_knows_every_mark(world: World, about: dict[str, dict[str, str]]) -> None:
    world.boot(
        "compute-1",
        metadata=about.get("metadata", {}),
        extra_specs=about.get("extra_specs", {}),
    )
    world.fence("compute-1")
    end(world)
    assert promises(world) == ["P5", "P6"]


def test_p7_what_an_operator_set(world: World) -> None:
    world.operator_changes("compute-1", ServiceChange(enabled=False, reason="maintenance"))
    change(world, ServiceChange(forced_down=True))
    change(world, ServiceChange(forced_down=False))
    assert promises(world) == []
    change(world, ServiceChange(enabled=True))
    assert promises(world) == ["P7"]


def test_p7_what_an_operator_set_again(world: World) -> None:
    change(world, DOWN)
    world.operator_changes("compute-1", ServiceChange(enabled=False, reason="leave it"))
    change(world, BACK)
    assert promises(world) == ["P7"]


def test_p11_a_storm(world: World, instance: InstanceId) -> None:
    for host in ("compute-1", "compute-2", "compute-3"):
        world.fence(host)
    world.run(100)
    change(world, DOWN)
    evacuate(world, instance)
    assert promises(world) == ["P11"]


def test_p11_a_storm_that_is_released(world: World, instance: InstanceId) -> None:
    for host in ("compute-1", "compute-2", "compute-3"):
        world.fence(host)
    world.run(100)
    change(world, DOWN)
    world.release_storm()
    world.run(9000)
    evacuate(world, instance)
    assert promises(world) == []
