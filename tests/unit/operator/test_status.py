"""``vmha status`` on the simulated cluster."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.unit.driven import TAGS, Driven
from tests.unit.operator_site import Desk
from vmha_ocf.cluster.configuration import Result
from vmha_ocf.cluster.flag_texts import ATTRIBUTE
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.model import NodeName, ServiceChange
from vmha_ocf.operator.commands.status import COMMAND
from vmha_ocf.sim import World


def test_all_is_well_in_one_line(desk: Desk) -> None:
    told = desk.run(COMMAND)
    assert (told.code, told.err) == (0, "")
    assert told.out == ("OK  all is well: 3 hosts up, nothing flagged, NovaEvacuate on ctl2\n")


def test_all_lists_every_host(desk: Desk) -> None:
    told = desk.run(COMMAND, "--all")
    assert told.code == 0
    assert sum(line.startswith("compute-") for line in told.lines) == 3


def test_an_evacuation_on_its_way_is_a_warning_with_its_progress(world: World, desk: Desk) -> None:
    for _ in range(3):
        world.boot("compute-1", tags=TAGS)
    world.fault("nova.destination", "slow", seconds=30, host="compute-2")
    world.fence("compute-1")
    Driven(world).run(20)
    told = desk.run(COMMAND)
    assert told.code == 1
    assert told.first == "WARNING  compute-1: being evacuated: 2 in flight, 1 moved"
    assert "evacuation 1 is pre-migrating, on compute-2" in told.out
    counts = desk.data(COMMAND)["hosts"][0]["evacuations"]
    assert counts == {"in flight": 2, "to go": 0, "moved": 1}
    assert "compute-3" not in told.out  # it is well


def test_those_that_others_replace_are_counted_apart(world: World, desk: Desk) -> None:
    world.policies[""] = "[[exclude]]\nwhy = 'x'\nnames = 'group-*'\nnotify = true\n"
    desk.with_parameters(policy="/etc/vmha/policy.toml")
    world.boot("compute-1", tags=TAGS, name="group-1")
    world.boot("compute-1", tags=TAGS, name="web-1")
    world.fault("nova.destination", "slow", seconds=30)
    world.fence("compute-1")
    Driven(world).run(15)
    told = desk.run(COMMAND)
    assert told.code == 1
    assert told.first == "WARNING  compute-1: being evacuated: 1 in flight, 1 left alone"


def test_what_is_given_up_comes_first_with_its_reason(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS, vm_state="resized", name="web-9")
    world.boot("compute-1", tags=TAGS)
    world.fence("compute-1")
    Driven(world).run(30)
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first == (
        "ERROR  compute-1: web-9 is not evacuated: Nova does not evacuate it while resized"
    )
    host = desk.data(COMMAND)["hosts"][0]
    assert host["not_evacuated"] == [
        {
            "id": "00000001-0000-4000-8000-000000000000",
            "name": "web-9",
            "state": "resized",
            "why": "Nova does not evacuate it while resized",
        }
    ]
    assert host["evidence"]["proof"] == "BMC of compute-1 answered off"


def test_no_room_is_told_with_the_number_of_attempts(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS, name="web-1")
    world.fault("nova.conductor", "no-host")
    world.fence("compute-1")
    Driven(world).run(6)
    told = desk.run(COMMAND)
    assert told.code == 2
    assert "web-1 is not evacuated: attempt 1 ended as error; the next one follows" in told.first


def test_an_evacuation_that_goes_nowhere_is_told_by_the_age_of_its_record(
    world: World, desk: Desk
) -> None:
    """This command has not watched it: Nova's own times tell."""
    world.boot("compute-1", tags=TAGS, name="web-1")
    world.fault("nova.conductor", "lost")
    world.fence("compute-1")
    Driven(world).run(700)
    told = desk.run(COMMAND)
    assert told.code == 2
    assert "evacuation 1 is accepted, nowhere yet, for" in told.first


def test_a_host_that_is_away_after_its_evacuation(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS)
    world.fence("compute-1")
    Driven(world).until_done("compute-1")
    told = desk.run(COMMAND)
    assert told.code == 1
    assert told.first == "WARNING  compute-1: its evacuation is over; the host is away"


def test_a_host_that_was_lost_and_not_fenced_yet(world: World, desk: Desk) -> None:
    world.power_cut("compute-2")
    world.run(30)
    told = desk.run(COMMAND)
    assert told.code == 1
    assert told.first == "WARNING  compute-2: lost, and not fenced yet"


def test_a_hold_alone_is_a_warning_and_with_a_flagged_host_an_error(
    world: World, desk: Desk
) -> None:
    world.holds().write(Hold(NodeName("ctl1"), "alice@ctl1", 5.0, "rack 7"))
    assert desk.run(COMMAND).code == 1
    world.fence("compute-1")
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first.startswith("ERROR  evacuation is held by alice@ctl1 (rack 7)")
    assert "compute-1: waits, because evacuation is held" in told.out


def test_a_storm_says_how_it_is_released(world: World, desk: Desk) -> None:
    desk.with_parameters(storm_limit="1")
    world.fence("compute-1")
    world.fence("compute-2")
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first.startswith("ERROR  more than storm_limit=1 nodes have failed within 3600 s")
    assert "vmha release" in told.first
    world.release_storm()
    assert "storm_limit" not in desk.run(COMMAND).out


def test_a_worker_that_runs_nowhere_is_the_worst(world: World, desk: Desk) -> None:
    desk.configuration = replace(desk.configuration, results={})
    world.fence("compute-1")
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first == (
        "ERROR  nova-evacuate (NovaEvacuate) runs nowhere: nothing would be evacuated"
    )


def test_what_the_worker_complains_of_is_repeated(desk: Desk) -> None:
    result = Result(NodeName("ctl3"), "monitor", 190, "compute-1 is waiting: no answer")
    desk.configuration = replace(desk.configuration, results={"nova-evacuate": [result]})
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first == (
        "ERROR  nova-evacuate on ctl3 is degraded; when that began it said: "
        "compute-1 is waiting: no answer"
    )


def test_a_worker_on_this_controller_is_asked_itself(desk: Desk) -> None:
    """Pacemaker keeps the first reason: this one is of now."""
    result = Result(NodeName("ctl1"), "monitor", 190, "of an hour ago")
    desk.configuration = replace(desk.configuration, results={"nova-evacuate": [result]})
    desk.problems = ["Keystone is silent", "compute-1 waits"]
    told = desk.run(COMMAND)
    assert told.lines == [
        "ERROR  nova-evacuate: Keystone is silent",
        "  nova-evacuate: compute-1 waits",
    ]
    desk.problems = []
    assert desk.run(COMMAND).code == 0


def test_a_hold_is_told_once_although_the_worker_tells_it_too(world: World, desk: Desk) -> None:
    hold = Hold(NodeName("ctl1"), "alice@ctl1", 5.0)
    world.holds().write(hold)
    desk.problems = [hold.reason]
    told = desk.run(COMMAND)
    assert told.code == 1
    assert told.lines == [f"WARNING  {hold.reason}"]


def test_a_flag_without_a_proof(world: World, desk: Desk) -> None:
    world.attrd.put(ATTRIBUTE, "nova:compute-1", "yes")
    told = desk.run(COMMAND)
    assert told.code == 2
    assert "flagged, but nobody has proved that it is off" in told.first


def test_a_silent_nova_hides_nothing_of_the_flags(world: World, desk: Desk) -> None:
    world.fence("compute-1")
    world.fault("nova", "down")
    told = desk.run(COMMAND)
    assert told.code == 3
    assert told.first == "UNKNOWN  no connection to Nova (services)"
    assert "compute-1   fenced      no answer   needed" in told.out


def test_a_nova_that_is_silent_for_the_worker_too_needs_a_person(world: World, desk: Desk) -> None:
    world.fault("nova", "down")
    desk.problems = ["no connection to Nova (services)"]
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first == "ERROR  nova-evacuate: no connection to Nova (services)"
    assert told.out.count("no connection to Nova") == 1


def test_a_cluster_that_does_not_answer_is_unknown(world: World, desk: Desk) -> None:
    world.stop_cluster()
    told = desk.run(COMMAND)
    assert (told.code, told.out) == (3, "")
    assert told.err.startswith("vmha status: ")
    assert "what to do: is the cluster running here?" in told.err


def test_a_nova_that_denies_is_wrong_and_not_unknown(world: World, desk: Desk) -> None:
    world.fault("nova", "denied")
    assert desk.run(COMMAND).code == 2


def test_a_nova_compute_that_is_down_or_unknown(world: World, desk: Desk) -> None:
    world.units("compute-1").stop()
    world.operator_changes("compute-2", ServiceChange(forced_down=True))
    del world.database.services[world.host("compute-3").name]
    world.run(100)
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first == "ERROR  compute-3: Nova has no compute service on compute-3"
    assert "compute-1: nova-compute is down" in told.out
    assert "compute-2: forced down in Nova, by nobody who flagged it" in told.out


def test_a_flagged_host_that_no_configuration_tells_of(world: World, desk: Desk) -> None:
    world.add_host("compute-4")
    world.fence("compute-4")
    assert "compute-4" in desk.run(COMMAND).first


def test_names_of_the_clouds_users_do_not_control_the_terminal(world: World, desk: Desk) -> None:
    world.boot("compute-1", tags=TAGS, vm_state="resized", name="a\x1b[2Jb\nc")
    world.fence("compute-1")
    told = desk.run(COMMAND).out
    assert "\x1b" not in told
    assert "a [2Jb c" in told


def test_watching_goes_on_until_somebody_stops_it(world: World, desk: Desk) -> None:
    """The clock of this world breaks off like Ctrl-C, after a while."""
    world.at(world.now + 5, _ctrl_c)
    told = desk.run(COMMAND, "--watch", "2", "--json")
    assert told.code == 130
    assert [json.loads(line)["level"] for line in told.lines] == ["ok", "ok", "ok"]


def _ctrl_c() -> None:
    raise KeyboardInterrupt


def test_what_is_off_because_its_host_was_is_listed(world: World, desk: Desk) -> None:
    served, booted = (
        "boot=one at=1 since=7200; boot=two at={0:.0f} since={0:.0f}",
        NodeName("compute-1"),
    )
    for number in (1, 2):
        instance = world.boot("compute-1", tags=TAGS, name=f"web-{number}", vm_state="stopped")
        world.instance(instance).asked("stop", world.now + 30, "")
    world.cib.put(booted, "evacuation-served", served.format(world.clock().now()))
    before = desk.run(COMMAND)
    assert before.code == 0, "nova-compute ran there for long when we came"
    world.cib.put(booted, "evacuation-looked", "one")
    told = desk.run(COMMAND)
    assert told.code == 2
    assert told.first.startswith(
        "ERROR  compute-1 was off, and 2 instances that ran there are off since"
    )
    assert "ran until compute-1 was off, and is off since: openstack server start" in told.out
    assert [one["name"] for one in desk.data(COMMAND)["off_since_boot"]] == ["web-1", "web-2"]
    assert world.cib.truth("evacuation-looked") == {"compute-1": "one"}, "nothing is changed"
    world.fault("nova.instances_on", "down")
    assert "what ran on compute-1 before it booted is not known" in desk.run(COMMAND).first
    world.fault("nova.services", "down", skip=1)
    assert "no connection to Nova" in desk.run(COMMAND).out
