"""Hosts that have booted, and the instances that ran there before: what is started, told, left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from vmha_ocf.living.booting.starting import PER_HOST
from vmha_ocf.model import InstanceId
from vmha_ocf.sim.base.journal import US
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import (
    CrashSpec,
    EventSpec,
    FaultSpec,
    GroupSpec,
    HostSpec,
    Scenario,
)
from vmha_ocf.sim.cloud.database import Server
from vmha_ocf.sim.play.run import Outcome, run

HOSTS = tuple(HostSpec(f"compute-{number}") for number in (1, 2, 3))
REBOOT = EventSpec(30, "reboot_host", host="compute-1")
RESUME = {"after_boot": "resume"}


def play(
    *events: EventSpec,
    length: float = 300,
    options: Mapping[str, str] = RESUME,
    groups: tuple[GroupSpec, ...] = (GroupSpec("web", "compute-1", count=2),),
    **about: Any,
) -> Outcome:
    return run(
        Scenario(
            "after a boot",
            length,
            host=HOSTS,
            instances=groups,
            event=events,
            options=options,
            latency=Latency("none"),
            **about,
        )
    )


def servers(outcome: Outcome, group: str = "web") -> list[Server]:
    return [outcome.world.database.servers[one] for one in outcome.members[group]]


def states(outcome: Outcome, group: str = "web") -> set[str]:
    return {one.vm_state for one in servers(outcome, group)}


def starts(server: Server) -> int:
    return sum(1 for one in server.actions if (one.name, one.user) == ("start", US))


def told(outcome: Outcome, group: str = "web") -> list[str]:
    ids: list[InstanceId] = list(outcome.members[group])
    return [outcome.world.reported.reasons.get(one, "") for one in ids]


class TestResume:
    def test_each_is_started_once(self) -> None:
        outcome = play(REBOOT)
        assert outcome.good
        assert states(outcome) == {"active"}
        assert [starts(one) for one in servers(outcome)] == [1, 1]
        assert outcome.problems == []

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("number", [1, 2])
    def test_each_is_started_once_though_the_worker_is_killed_at_it(
        self, number: int, after: bool
    ) -> None:
        killed = CrashSpec("NovaEvacuate.nova.start", number, after)
        outcome = play(REBOOT, crash=(killed,))
        assert outcome.good
        assert states(outcome) == {"active"}
        assert [starts(one) for one in servers(outcome)] == [1, 1]

    def test_each_is_started_once_though_the_answer_is_lost(self) -> None:
        lost = FaultSpec("nova.start", "lost-answer", times=1)
        outcome = play(REBOOT, fault=(lost,))
        assert outcome.good
        assert [starts(one) for one in servers(outcome)] == [1, 1]

    def test_one_host_does_not_start_all_of_them_at_once(self) -> None:
        outcome = play(REBOOT, groups=(GroupSpec("web", "compute-1", count=PER_HOST + 2),))
        assert outcome.good
        times = sorted(one.actions[-1].at for one in servers(outcome))
        assert times[0] == times[PER_HOST - 1] < times[PER_HOST]

    def test_the_highest_priority_is_first(self) -> None:
        first = GroupSpec("db", "compute-1", metadata={"evacuation_priority": "9"})
        groups = (GroupSpec("web", "compute-1", count=PER_HOST), first)
        outcome = play(REBOOT, groups=groups)
        [db] = servers(outcome, "db")
        assert db.actions[-1].at < max(one.actions[-1].at for one in servers(outcome))

    def test_a_guest_that_was_powered_off_from_within_long_after_is_left(self) -> None:
        """By its owner, as far as anybody can tell."""
        outcome = play(REBOOT, EventSpec(250, "shut_down_guests", instances="web-1"), length=1400)
        one, other = servers(outcome)
        assert (one.vm_state, other.vm_state) == ("stopped", "active")
        assert starts(one) == 1
        assert outcome.problems == []


class TestWhatIsLeftAlone:
    def test_what_nobody_has_marked(self) -> None:
        outcome = play(
            REBOOT, groups=(GroupSpec("web", "compute-1", tags=()), *marked_elsewhere())
        )
        assert (states(outcome), told(outcome)) == ({"stopped"}, [""])

    def test_what_its_owner_had_stopped(self) -> None:
        outcome = play(REBOOT, groups=(GroupSpec("web", "compute-1", vm_state="stopped"),))
        assert (states(outcome), told(outcome)) == ({"stopped"}, [""])

    @pytest.mark.parametrize("at", [35, 100])
    def test_what_its_owner_stops_while_its_host_is_down_or_just_back(self, at: float) -> None:
        outcome = play(REBOOT, EventSpec(at, "stop_instances", instances="web"))
        assert (states(outcome), told(outcome)) == ({"stopped"}, ["", ""])

    def test_what_its_owner_stops_once_it_runs_again(self) -> None:
        outcome = play(REBOOT, EventSpec(250, "stop_instances", instances="web-1"), length=400)
        assert [one.vm_state for one in servers(outcome)] == ["stopped", "active"]

    def test_what_its_owner_deletes(self) -> None:
        outcome = play(REBOOT, EventSpec(100, "delete_instances", instances="web-1"))
        assert [one.name for one in outcome.world.database.servers.values()] == ["web-2"]
        assert outcome.good

    def test_what_was_evacuated(self) -> None:
        outcome = play(EventSpec(30, "power_cut", host="compute-1"))
        assert outcome.good
        assert [starts(one) for one in servers(outcome)] == [0, 0]

    def test_what_was_moving_and_may_run_elsewhere(self) -> None:
        """Nova calls the migration an error when its source is back, and looks at no other host."""
        move = EventSpec(20, "live_migrate_instances", host="compute-2", instances="web-1")
        outcome = play(move, REBOOT)
        assert not outcome.broken
        moving, other = servers(outcome)
        assert (starts(moving), starts(other)) == (0, 1)
        assert "may run on compute-2" in told(outcome)[0]
        assert "may run on compute-2" in outcome.problems[0]


class TestWhereNothingIsStarted:
    def test_a_cluster_in_maintenance(self) -> None:
        outcome = play(REBOOT, EventSpec(95, "maintenance_on"))
        assert states(outcome) == {"stopped"}
        assert "2 instances that ran there are off since" in outcome.problems[0]

    def test_a_host_in_maintenance_until_it_is_not(self) -> None:
        on, off = (
            EventSpec(at, "set_node_attribute", host="compute-1", key="maintenance", value=value)
            for at, value in ((20, "true"), (400, ""))
        )
        assert states(play(REBOOT, on)) == {"stopped"}
        assert states(play(REBOOT, on, off, length=600)) == {"active"}

    def test_a_host_whose_service_somebody_has_disabled(self) -> None:
        disabled = EventSpec(20, "operator", host="compute-1", enabled=False, reason="DIMM")
        outcome = play(REBOOT, disabled)
        assert states(outcome) == {"stopped"}
        assert "2 instances that ran there are off since" in outcome.problems[0]

    def test_a_host_that_is_flagged_meanwhile(self) -> None:
        outcome = play(
            REBOOT, EventSpec(125, "power_cut", host="compute-1"), options={"after_boot": "resume"}
        )
        assert outcome.good

    def test_an_instance_that_nova_does_not_start(self) -> None:
        refused = FaultSpec("nova.start", "denied")
        outcome = play(REBOOT, fault=(refused,))
        assert states(outcome) == {"stopped"}
        assert "the request to start it failed: Policy does not allow" in outcome.log

    def test_a_nova_that_does_not_tell_what_was_asked(self) -> None:
        silent = FaultSpec("nova.actions_of", "down", until=400)
        outcome = play(REBOOT, fault=(silent,))
        assert states(outcome) == {"stopped"}
        told = "what ran on compute-1 before it booted is not known: no connection to Nova (actions_of)"
        assert outcome.problems == [told]
        assert states(play(REBOOT, fault=(silent,), length=600)) == {"active"}

    def test_only_the_host_that_nova_does_not_tell_about(self) -> None:
        other = EventSpec(31, "reboot_host", host="compute-2")
        groups = (GroupSpec("web", "compute-1"), GroupSpec("db", "compute-2"))
        for where in ("nova.actions_of", "nova.evacuations_from"):
            silent = FaultSpec(where, "down", host="compute-1")
            outcome = play(REBOOT, other, groups=groups, fault=(silent,))
            assert (states(outcome), states(outcome, "db")) == ({"stopped"}, {"active"})

    def test_a_nova_that_does_not_list_the_instances(self) -> None:
        silent = FaultSpec("nova.instances_on", "down", since=90, until=400)
        outcome = play(REBOOT, fault=(silent,))
        assert "what ran on compute-1 before it booted is not known" in outcome.problems[0]


class TestList:
    def test_tells_until_somebody_starts_them(self) -> None:
        start = EventSpec(400, "start_instances", instances="web")
        outcome = play(REBOOT, options={})
        assert outcome.good
        assert [one.startswith("ran until compute-1 was off") for one in told(outcome)] == [
            True
        ] * 2
        assert "openstack server start" in outcome.problems[0]
        assert play(REBOOT, start, options={}, length=500).problems == []

    def test_tells_what_was_started_in_vain(self) -> None:
        """Nova gives the start up, and the instance stays stopped."""
        start = EventSpec(200, "start_instances", instances="web-1")
        fails = FaultSpec("nova.destination", "spawn-fails", host="compute-1")
        outcome = play(REBOOT, start, options={}, fault=(fails,))
        assert "was started since compute-1 was off, and is off still" in told(outcome)[0]

    def test_a_boot_is_looked_after_once(self) -> None:
        """What is stopped later, by whomever, is nobody's business."""
        outcome = play(
            REBOOT, EventSpec(200, "start_instances", instances="web"), options={}, length=1400
        )
        looked = outcome.world.cib.several(["evacuation-looked"])
        assert outcome.world.host("compute-1").boot_id in looked.values()


class TestARestoredConfiguration:
    """Of an hour ago, when nothing was known of these hosts, or of the boot before."""

    @pytest.mark.parametrize("kills", [False, True])
    @pytest.mark.parametrize("at", [40, 250])
    def test_what_is_off_is_told_as_before(self, at: float, kills: bool) -> None:
        events = [REBOOT, EventSpec(at, "restore_configuration", value="3600")]
        if kills:
            events.append(EventSpec(at + 1, "kill_worker"))
        outcome = play(*events, options={}, length=500)
        assert "is off since: openstack server start" in told(outcome)[0]
        assert "2 instances that ran there are off since" in "; ".join(outcome.problems)

    def test_it_is_told_no_more_once_it_was_started(self) -> None:
        outcome = play(
            REBOOT,
            EventSpec(250, "restore_configuration", value="3600"),
            EventSpec(300, "start_instances", instances="web"),
            options={},
            length=1400,
        )
        assert outcome.problems == []
        waiting = outcome.world.attrd.truth("evacuation-waiting")
        assert not waiting

    def test_a_node_that_is_gone_is_not_written_again(self) -> None:
        outcome = play(
            REBOOT, EventSpec(250, "remove_node", host="compute-1"), options={}, length=500
        )
        assert "compute-1" not in outcome.world.cib.attributes()


def marked_elsewhere() -> tuple[GroupSpec, ...]:
    return (GroupSpec("other", "compute-2"),)
