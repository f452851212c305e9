"""Who else acts on the simulated cloud: owners, operators, another tool. What they do is not ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.model import NodeName, NovaHost, ServiceChange
from vmha_ocf.sim.base.journal import EvacuateAccepted, FlagErased
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import (
    CrashSpec,
    EventSpec,
    GroupSpec,
    HostSpec,
    NovaSpec,
    Scenario,
)
from vmha_ocf.sim.judge.invariants import check
from vmha_ocf.sim.play.run import Outcome, run
from vmha_ocf.sim.world import World

HOSTS = tuple(HostSpec(f"compute-{number}") for number in (1, 2, 3))
FORCED = ServiceChange(forced_down=True)
DIES = EventSpec(20, "power_cut", host="compute-1")


TODAY = NovaSpec()


def play(
    *events: EventSpec, length: float = 200, nova: NovaSpec = TODAY, **about: object
) -> Outcome:
    group = GroupSpec("web", "compute-1", **{"count": 2, **about})  # type: ignore[arg-type]
    return run(
        Scenario(
            "people",
            length,
            host=HOSTS,
            instances=(group,),
            event=events,
            nova=nova,
            latency=Latency("none"),  # The moments of others are chosen to the second.
        )
    )


def test_instances_are_named_as_a_group_or_one_by_one() -> None:
    outcome = play(EventSpec(5, "untag_instances", instances="web-2"), length=10)
    one, other = outcome.world.database.servers.values()
    assert (len(one.tags), len(other.tags)) == (1, 0)
    outcome = play(EventSpec(5, "tag_instances", instances="web", value="gold"), length=10)
    assert all("gold" in server.tags for server in outcome.world.database.servers.values())


def test_an_owner_stops_and_starts() -> None:
    stop = EventSpec(5, "stop_instances", instances="web")
    outcome = play(stop, length=10)
    assert {one.vm_state for one in outcome.world.database.servers.values()} == {"stopped"}
    outcome = play(stop, EventSpec(8, "start_instances", instances="web-1"), length=10)
    assert [one.vm_state for one in outcome.world.database.servers.values()] == [
        "active",
        "stopped",
    ]


def test_what_nova_refuses_is_said_and_left() -> None:
    outcome = play(EventSpec(5, "start_instances", instances="web"), length=10)
    assert "its owner is refused to start web-1: Cannot 'start' instance" in outcome.log


def test_metadata_is_set() -> None:
    event = EventSpec(5, "set_metadata", instances="web", key="evacuable", value="no")
    outcome = play(event, length=10)
    assert {one.metadata["evacuable"] for one in outcome.world.database.servers.values()} == {"no"}


def test_what_is_ours_since_it_was_done_was_not_ours_then() -> None:
    marks = EventSpec(150, "set_metadata", instances="web", key="evacuable", value="yes")
    outcome = play(DIES, marks, tags=())
    assert not [one for one in outcome.broken if one.startswith("P5")]


def test_a_deletion_waits_for_a_dead_host_that_nova_believes_in() -> None:
    outcome = play(
        DIES,
        EventSpec(21, "delete_instances", instances="web-1"),
        length=25,
    )
    assert "web-1 is to be deleted, once compute-1 answers" in outcome.log
    assert len(outcome.world.database.servers) == 2


def test_nova_itself_deletes_what_is_on_a_host_that_is_down() -> None:
    outcome = play(DIES, EventSpec(100, "delete_instances", instances="web-1"))
    assert [one.name for one in outcome.world.database.servers.values()] == ["web-2"]


def test_a_service_is_not_deleted_while_it_has_instances() -> None:
    outcome = play(EventSpec(5, "delete_service", host="compute-1"), length=10)
    assert "Unable to delete compute service that is hosting instances" in outcome.log


def test_a_deleted_service_is_new_once_its_nova_compute_starts_again() -> None:
    gone = EventSpec(5, "delete_service", host="compute-3")
    outcome = play(gone, length=10)
    assert NovaHost("compute-3") not in outcome.world.database.services
    again = (
        EventSpec(6, "kill_compute", host="compute-3"),
        EventSpec(7, "start_compute", host="compute-3"),
    )
    outcome = play(gone, *again, length=20)
    assert outcome.world.service("compute-3").id.endswith("004")


def test_a_service_is_deleted_once() -> None:
    gone = EventSpec(5, "delete_service", host="compute-3")
    outcome = play(gone, EventSpec(6, "delete_service", host="compute-3"), length=10)
    assert "Service of compute-3 could not be found" in outcome.log


def test_an_event_that_is_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="neither host nor instances is given"):
        play(EventSpec(5, "evacuate_by_other"))


class TestAnotherToolThatEvacuates:
    def test_its_request_on_top_of_ours_is_not_our_second_one(self) -> None:
        """Nor is what comes of it: nobody could have prevented that."""
        outcome = play(DIES, EventSpec(36.5, "evacuate_by_other", host="compute-1"), length=60)
        theirs = [one for one in outcome.world.core.journal.of(EvacuateAccepted) if one.by != "us"]
        assert theirs
        assert all(one.rivals for one in theirs)
        assert not [one for one in outcome.broken if one.startswith("P2")]

    def test_its_request_is_no_proof_and_no_breach_of_ours(self) -> None:
        forced = EventSpec(1, "operator", host="compute-1", forced_down=True)
        outcome = play(forced, EventSpec(5, "evacuate_by_other", instances="web-1"), length=60)
        [one, _] = outcome.members["web"]
        assert len(outcome.world.runs_on(one)) == 2, "its guest ran, and nobody asked"
        assert outcome.broken == []

    def test_ours_while_its_is_in_flight_is_a_second_one(self) -> None:
        outcome = play(length=1)
        world = outcome.world
        world.power_cut("compute-1")
        world.services.change(world.service("compute-1").id, FORCED)
        [one, _] = world.database.servers
        world.requests.evacuate(one, "another tool")
        world.requests.evacuate(one)
        assert [fact.by for fact in world.core.journal.of(EvacuateAccepted) if fact.rivals] == [
            "us"
        ]

    @pytest.mark.parametrize(("by", "expected"), [("another tool", 0), ("us", 2)])
    def test_what_it_has_doubled_may_wait_for_a_dead_host_when_the_instance_has_left_its_own(
        self, by: str, expected: int
    ) -> None:
        """Nova's conductor takes both for one record, so nobody sees that."""
        world = play(length=1).world
        [one, _] = world.database.servers
        self.dies(world, "compute-1")
        world.power_cut("compute-2")
        world.requests.evacuate(one)
        world.requests.evacuate(one, by)
        world.run(10)
        assert world.instance(one).host == "compute-3", "its first request waits for compute-2"
        self.dies(world, "compute-3")
        world.requests.evacuate(one)
        found = [sentence for sentence in check(world) if "while 1 was in flight" in sentence]
        assert len(found) == expected

    def test_what_its_attempt_has_brought_into_error_may_be_put_back_by_us(self) -> None:
        """Where no other host is up we ask for nothing; it does."""
        theirs = EventSpec(50, "evacuate_by_other", instances="web")
        scenario = play(length=1).scenario
        alone = replace(scenario, host=HOSTS[:1], event=(DIES, theirs), length=200.0)
        outcome = run(alone)
        asked = outcome.world.core.journal.of(EvacuateAccepted)
        assert {fact.by for fact in asked} == {"another tool"}
        assert "is in error since we tried to evacuate it: rebooted hard" in outcome.log
        assert not outcome.broken

    @staticmethod
    def dies(world: World, host: str) -> None:
        world.power_cut(host)
        world.services.change(world.service(host).id, FORCED)

    def test_whose_host_is_up_is_refused(self) -> None:
        outcome = play(EventSpec(5, "evacuate_by_other", instances="web", by="Masakari"), length=9)
        assert "Masakari is refused to evacuate web-1: Compute service of compute-1" in outcome.log


def test_an_older_nova_refuses_what_has_a_task_state() -> None:
    outcome = play(
        DIES,
        EventSpec(60, "evacuate_by_other", instances="web"),
        length=61,
        nova=NovaSpec(checks_task_state=True),
        task_state="image_uploading",
        tags=(),
    )
    assert "while it is in task_state image_uploading" in outcome.log


class TestTheConfigurationIsRestored:
    """pcs config restore: the permanent attributes of the nodes with it."""

    def test_as_it_was_so_many_seconds_ago(self) -> None:
        typed = EventSpec(5, "set_node_attribute", host="compute-2", key="rack", value="b")
        outcome = play(typed, EventSpec(9, "restore_configuration", value="5"), length=10)
        assert not outcome.world.cib.truth("rack")
        assert "restores the configuration of 5 s ago" in outcome.log

    def test_what_goes_with_it_is_a_flag_whose_end_was_only_begun(self) -> None:
        """The worker had written that in attrd, and died at the record."""
        saved = EventSpec(1, "save_configuration", value="monday")
        restored = EventSpec(45, "restore_configuration", value="monday")
        killed = CrashSpec("NovaEvacuate.cib.delete_node_attribute", 1)
        outcome = run(replace(play(saved, DIES, restored).scenario, crash=(killed,)))
        assert [fact.host for fact in outcome.world.core.journal.of(FlagErased)] == ["compute-1"]
        assert not outcome.broken

    def test_as_it_was_when_it_was_saved(self) -> None:
        """A record that was there comes back, and what came later goes."""
        outcome = play(
            EventSpec(1, "set_node_attribute", host="compute-2", key="rack", value="b"),
            EventSpec(2, "save_configuration", value="monday"),
            EventSpec(3, "set_node_attribute", host="compute-2", key="rack"),
            EventSpec(4, "set_node_attribute", controller="ctl1", key="site", value="x"),
            EventSpec(5, "restore_configuration", value="monday"),
            length=10,
        )
        attributes = outcome.world.cib.attributes()
        assert attributes[NodeName("compute-2")]["rack"] == "b"
        assert "ctl1" not in attributes

    def test_with_the_history(self) -> None:
        outcome = play(DIES, EventSpec(100, "restore_configuration", value="99"), length=101)
        assert not outcome.world.history.read()

    def test_of_a_stopped_cluster_it_may_erase_the_only_record_of_a_failure(self) -> None:
        """Nobody else knows of it then; while the cluster runs, attrd does."""
        stop, restore = EventSpec(38, "stop_cluster"), EventSpec(39, "restore_configuration")
        erased = play(DIES, stop, replace(restore, value="30"), length=40)
        assert not any(text.startswith("P3") for text in erased.broken)
        assert list(erased.world.core.journal.of(FlagErased))
        known = play(DIES, replace(restore, value="30"), length=40)
        assert not list(known.world.core.journal.of(FlagErased))

    def test_what_attrd_alone_knows_after_it_goes_with_the_last_controller(self) -> None:
        restore = EventSpec(39, "restore_configuration", value="30")
        stop, start = EventSpec(45, "stop_cluster"), EventSpec(60, "start_cluster")
        world = play(DIES, restore, stop, start, length=70).world
        assert [fact.time for fact in world.core.journal.of(FlagErased)] == [45]
        assert not any(text.startswith("P3") for text in check(world))
        fenced_anew = EventSpec(40, "fence", host="compute-1")
        again = play(DIES, restore, fenced_anew, replace(stop, at=42), length=43)
        assert not list(again.world.core.journal.of(FlagErased)), "it was recorded anew"

    def test_what_was_never_saved_is_refused(self) -> None:
        with pytest.raises(ValueError, match="'tuesday' does not exist"):
            play(EventSpec(9, "restore_configuration", value="tuesday"))


class TestASecondWorkerByHand:
    START = EventSpec(5, "start_worker", controller="ctl2")

    def test_it_runs_beside_pacemakers(self) -> None:
        outcome = play(self.START, length=60)
        calls = {call.partition(".")[0] for call in outcome.calls}
        assert {"NovaEvacuate", "debug-start"} <= calls
        assert outcome.broken == []

    def test_it_ends_by_hand_or_with_its_controller(self) -> None:
        for event in (
            EventSpec(7, "stop_worker", controller="ctl2"),
            EventSpec(7, "kill_controller", controller="ctl2"),
        ):
            outcome = play(self.START, event, EventSpec(8, "lose_dc"), length=60)
            after = play(self.START, event, EventSpec(8, "lose_dc"), length=120)
            counts = [
                sum(call.startswith("debug-start") for call in one.calls)
                for one in (outcome, after)
            ]
            assert counts[0] == counts[1]

    def test_there_is_one_of_them_on_a_controller(self) -> None:
        outcome = play(self.START, EventSpec(7, "start_worker", controller="ctl2"), length=20)
        assert "a worker runs here already" in outcome.log

    def test_there_is_none_beside_pacemakers_own(self) -> None:
        outcome = play(EventSpec(5, "start_worker", controller="ctl1"), length=20)
        assert "ctl1/debug-start: a worker runs here already" in outcome.log

    def test_pacemaker_takes_over_what_runs_where_it_starts_its_own(self) -> None:
        outcome = play(self.START, EventSpec(9, "kill_controller", controller="ctl1"), length=90)
        assert "ctl2/debug-start: that worker is Pacemaker's from now on" in outcome.log

    def test_a_controller_that_is_down_cannot_run_one(self) -> None:
        with pytest.raises(ValueError, match="ctl2 is down"):
            play(EventSpec(1, "kill_controller", controller="ctl2"), self.START)
