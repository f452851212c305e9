"""What fails on hosts that live, in ``vmha history``, ``status`` and ``plan``, on the simulated cluster."""

from __future__ import annotations

import pytest

from tests.unit.living.healing.cloud import Watched
from tests.unit.living.processes.test_healer import NOTIFY, Site
from tests.unit.operator_site import Desk
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.model import Epoch, InstanceId, NovaHost, Patient, Turn
from vmha_ocf.operator import ailments
from vmha_ocf.operator.answer import Level
from vmha_ocf.operator.commands import history, plan, status

HISTORY, STATUS, PLAN = history.COMMAND, status.COMMAND, plan.COMMAND


@pytest.fixture
def watched() -> Watched:
    made = Watched()
    made.run(12)
    return made


def healed(watched: Watched) -> InstanceId:
    [one] = watched.boot(project="a-project")
    watched.crash(one)
    watched.run(30)
    watched.world.run(10)
    return one


def stuck(watched: Watched) -> InstanceId:
    """Nova does not restart it."""
    watched.world.fault("nova.reboot", "down", until=5000)
    [one] = watched.boot()
    watched.crash(one)
    watched.run(10)
    watched.world.run(10)
    return one


class TestHistory:
    def test_the_list_has_it_beside_the_hosts(self, watched: Watched) -> None:
        one = healed(watched)
        desk = Desk(watched.world)
        told = desk.run(HISTORY)
        assert told.first.startswith(
            "OK  1 failure on hosts that live, the last one: compute-1: vm-1"
        )
        assert "well again in" in told.first
        assert f"{one}@" in told.out
        watched.world.fence("compute-2")
        watched.run(30)
        told = desk.run(HISTORY)
        assert told.first.startswith("OK  1 incident, the last one: compute-2")
        assert "1 failure on hosts that live" in told.out

    def test_its_timeline(self, watched: Watched) -> None:
        one = healed(watched)
        desk = Desk(watched.world)
        for wanted in (one, "compute-1", desk.data(HISTORY)["ailments"][0]["id"]):
            told = desk.run(HISTORY, wanted).out.splitlines()
            what = [line.strip().split("  ")[-1].strip() for line in told if " +" in line]
            assert what == [
                "vm-1 crashed, as its host tells",
                "seen by the worker",
                "Nova was asked to restart it",
                "well again",
            ]

    def test_as_data(self, watched: Watched) -> None:
        one = healed(watched)
        (told,) = Desk(watched.world).data(HISTORY)["ailments"]
        assert (told["instance"], told["project_id"]) == (one, "a-project")
        assert (told["state"], told["what"]) == ("ended", "instance")
        assert set(told["steps"]) == {"failed", "asked", "healed"}

    def test_one_that_waits_for_a_person(self, watched: Watched) -> None:
        stuck(watched)
        assert (
            "waits for a person: Nova does not restart it" in Desk(watched.world).run(HISTORY).out
        )

    def test_a_host_has_its_own_and_those_of_its_guests(self, watched: Watched) -> None:
        healed(watched)
        watched.world.fence("compute-1")
        watched.run(40)
        told = Desk(watched.world).run(HISTORY, "compute-1").out
        assert "Incident compute-1@" in told
        assert "Ailment " in told

    def test_a_long_list_is_cut_and_says_so(self) -> None:
        many = [ailment(at) for at in range(30)]
        assert len(ailments.table(many).rows) == ailments.LISTED
        assert list(ailments.more(many)) == [
            "10 older ones on hosts that live: vmha history HOST, or --json, has them"
        ]
        assert list(ailments.more(many[:5])) == []


def ailment(at: float, told: str = "") -> Ailment:
    since = Epoch(1000.0 + at)
    patient = Patient(NovaHost("compute-1"), f"vm-{at:g}", InstanceId(f"one-{at:g}"))
    return Ailment(patient, "crashed", since, since, {Turn.FAILED: since}, told=told)


class TestNotices:
    def test_three_have_a_sentence_and_the_rest_a_number(self) -> None:
        many = [ailment(at, told=f"full {at}") for at in range(5)]
        told = list(ailments.notices(many, ["compute-1: vm-0 has crashed: full 0"]))
        assert [level for level, _ in told] == [Level.ERROR] * 4
        assert told[0][1] == "compute-1: vm-1 (crashed): full 1"
        assert told[-1][1] == "1 more wait for a person: see the table"

    def test_what_is_being_restarted_is_one(self) -> None:
        ((level, told),) = ailments.notices([ailment(at) for at in range(5)], [])
        assert level is Level.WARNING
        assert (
            told == "vm-0, vm-1, vm-2 and 2 more: failed on a host that lives, and being restarted"
        )


class TestStatus:
    def test_what_is_down_and_what_to_type(self, watched: Watched) -> None:
        one = stuck(watched)
        told = Desk(watched.world).run(STATUS)
        assert told.code == 2
        assert "Down on hosts that live" in told.out
        assert one in told.out
        assert "Nova does not restart it" in told.out

    def test_nothing_of_what_is_well_again(self, watched: Watched) -> None:
        healed(watched)
        told = Desk(watched.world).run(STATUS)
        assert "hosts that live" not in told.out
        assert told.code == 0

    def test_a_process(self) -> None:
        site = Site(NOTIFY)
        site.hang()
        site.run(100)
        site.world.run(10)
        desk = Desk(site.world)
        (one,) = desk.data(STATUS)["ailments"]
        assert (one["what"], one["name"]) == ("process", "nova-compute")
        assert "the policy says no restart" in desk.run(STATUS).out

    def test_a_history_that_does_not_answer_is_unknown(self, watched: Watched) -> None:
        watched.world.fault("history", "down")
        assert Desk(watched.world).run(STATUS).code == 3


class TestOldWrecks:
    def test_down_at_the_first_look_is_listed_with_the_command(self, watched: Watched) -> None:
        one, paused, well = watched.boot(3)
        watched.crash(one, seen=False)
        watched.crash(paused, seen=False)
        watched.world.instance(one).vm_state = "stopped"
        watched.world.instance(paused).vm_state = "paused"
        desk = Desk(watched.world)
        told = desk.run(PLAN, "compute-1")
        assert "Down already, and left as they are" in told.out
        assert f"openstack server start {one}" in told.out
        (wreck,) = desk.data(PLAN, "compute-1")["down_before"]
        assert (wreck["id"], wreck["kind"]) == (one, "crashed")
        assert well not in str(desk.data(PLAN, "compute-1")["down_before"])

    def test_down_before_the_policy_asked_for_restarts(self) -> None:
        watched = Watched(policy="")
        [one] = watched.boot()
        watched.crash(one)
        desk = Desk(watched.world)
        (wreck,) = desk.data(PLAN, "compute-1")["down_before"]
        assert wreck["command"] == f"openstack server reboot --hard {one}"

    def test_what_fails_under_the_policy_is_none(self, watched: Watched) -> None:
        stuck(watched)
        desk = Desk(watched.world)
        desk.with_parameters(policy="/etc/vmha/policy.toml")
        assert desk.data(PLAN, "compute-1")["down_before"] == []

    def test_what_its_host_says_and_nobody_understands(self, watched: Watched) -> None:
        watched.world.attrd.put("vmha-instances", "compute-1", "9 nonsense")
        told = Desk(watched.world).run(PLAN, "compute-1")
        assert "what it says of its instances: the attribute is not understood" in told.out
