"""A whole site that starts after a power cut: what is waited for, what is evacuated, who is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from vmha_ocf.living.booting.site_start import ATTRIBUTE
from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.journal import EvacuateAccepted
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import EventSpec, GroupSpec, HostSpec, PacemakerSpec, Scenario
from vmha_ocf.sim.play.run import Outcome, run

CUT, RETURN = 30.0, 300.0
OVER = RETURN + 600.0
"""When a site has had its time, with some to spare."""
THREE = ("compute-1", "compute-2", "compute-3")


def cut(hosts: Sequence[str]) -> list[EventSpec]:
    return [
        EventSpec(CUT, "stop_cluster"),
        *(EventSpec(CUT, "power_cut", host=one) for one in hosts),
    ]


def back(hosts: Sequence[str]) -> list[EventSpec]:
    boots = [EventSpec(RETURN, "boot_host", host=one) for one in hosts]
    return [EventSpec(RETURN, "start_cluster"), *boots]


def play(
    *events: EventSpec,
    length: float = 700,
    hosts: Sequence[str] = THREE,
    options: Mapping[str, str] | None = None,
    **about: Any,
) -> Outcome:
    return run(
        Scenario(
            "a site starts",
            length,
            host=tuple(HostSpec(one) for one in hosts),
            instances=tuple(GroupSpec(f"on-{one}", one, count=2) for one in hosts),
            event=events,
            options=options or {},
            latency=Latency("none"),
            **about,
        )
    )


def requests(outcome: Outcome) -> list[EvacuateAccepted]:
    return list(outcome.world.core.journal.of(EvacuateAccepted))


def in_service(outcome: Outcome, hosts: Sequence[str]) -> bool:
    services = [outcome.world.service(one) for one in hosts]
    return all(
        one.up and one.enabled and outcome.world.flag(one.host.name) is None for one in services
    )


class TestEverythingComesBack:
    @pytest.mark.parametrize("startup_fencing", [True, False])
    def test_in_service_with_its_instances(self, startup_fencing: bool) -> None:
        pacemaker = PacemakerSpec(startup_fencing=startup_fencing)
        outcome = play(*cut(THREE), *back(THREE), pacemaker=pacemaker)
        assert outcome.good
        assert not requests(outcome)
        assert in_service(outcome, THREE)
        assert "have been seen" not in "; ".join(outcome.problems)

    def test_also_where_so_many_were_fenced_that_it_is_a_storm(self) -> None:
        many = [f"compute-{number}" for number in range(1, 9)]
        outcome = play(*cut(many), *back(many), hosts=many)
        assert outcome.good
        assert not requests(outcome)
        assert in_service(outcome, many)

    def test_and_where_the_worker_is_killed_in_the_middle_of_it(self) -> None:
        kills = [EventSpec(at, "kill_worker") for at in (315.0, 345.0, 380.0)]
        outcome = play(*cut(THREE), *back(THREE), *kills)
        assert outcome.good
        assert not requests(outcome)
        assert in_service(outcome, THREE)

    def test_and_nothing_is_kept_of_it_once_it_is_over(self) -> None:
        outcome = play(*cut(THREE), *back(THREE), length=OVER)
        assert not outcome.world.cib.truth(ATTRIBUTE)

    def test_also_where_a_controller_was_there_all_the_time_and_had_no_quorum(self) -> None:
        others = ("ctl2", "ctl3")
        lost = [EventSpec(CUT, "kill_controller", controller=one) for one in others]
        found = [EventSpec(RETURN, "start_controller", controller=one) for one in others]
        many = [f"compute-{number}" for number in range(1, 9)]
        outcome = play(*lost, *cut(many)[1:], *found, *back(many)[1:], hosts=many)
        assert outcome.good
        assert not requests(outcome)
        assert in_service(outcome, many)

    def test_also_where_it_is_cut_again_while_it_starts(self) -> None:
        again = [EventSpec(330, one.do, host=one.host) for one in cut(THREE)]
        returns = [EventSpec(500, one.do, host=one.host) for one in back(THREE)]
        outcome = play(*cut(THREE), *back(THREE), *again, *returns, length=1000)
        assert outcome.good
        assert not requests(outcome)
        assert in_service(outcome, THREE)


class TestOneDoesNotComeBack:
    OFF = PacemakerSpec(action="off")

    def test_it_was_fenced_and_is_evacuated_when_the_site_has_had_its_time(self) -> None:
        boots = [EventSpec(340, "boot_host", host=one) for one in ("compute-1", "compute-3")]
        outcome = play(*cut(THREE), *back(()), *boots, pacemaker=self.OFF, length=OVER)
        assert outcome.good
        assert "compute-1, compute-2, compute-3 were fenced since: evacuated from" in outcome.log
        assert {one.host for one in requests(outcome)} == {"compute-2"}
        assert min(one.time for one in requests(outcome)) > RETURN + 480

    def test_where_nobody_fences_it_it_is_named_until_it_is_there(self) -> None:
        late = EventSpec(1000, "boot_host", host="compute-2")
        unseen = PacemakerSpec(startup_fencing=False)
        events = (*cut(THREE), *back(["compute-1", "compute-3"]))
        named = "compute-2 has not been seen since this cluster started"
        before = play(*events, pacemaker=unseen, length=OVER)
        assert named in before.problems[0]
        assert before.world.cib.truth(ATTRIBUTE)[NodeName("ctl1")].endswith("awaited=compute-2")
        after = play(*events, late, pacemaker=unseen, length=1400)
        assert named not in "; ".join(after.problems)
        assert not after.world.cib.truth(ATTRIBUTE)
        assert not requests(after)

    def test_its_word_is_kept_over_the_loss_of_a_controller(self) -> None:
        unseen = PacemakerSpec(startup_fencing=False)
        events = (*cut(THREE), *back(["compute-1", "compute-3"]))
        outcome = play(
            *events,
            EventSpec(400, "kill_controller", controller="ctl1"),
            pacemaker=unseen,
            length=OVER,
        )
        assert "compute-2 has not been seen since this cluster started" in outcome.problems[0]


class TestNoSiteWasOff:
    def test_where_hosts_have_kept_running_a_dead_one_is_evacuated_at_once(self) -> None:
        dies = EventSpec(CUT, "power_cut", host="compute-1")
        outcome = play(EventSpec(CUT, "stop_cluster"), dies, *back(()))
        assert outcome.good
        assert {one.host for one in requests(outcome)} == {"compute-1"}
        assert min(one.time for one in requests(outcome)) < RETURN + 60

    def test_where_controllers_were_there_all_the_time(self) -> None:
        hosts = ("compute-1", "compute-2")
        outcome = play(*(EventSpec(CUT, "power_cut", host=one) for one in hosts))
        assert outcome.good
        assert {one.host for one in requests(outcome)} == set(hosts)

    def test_where_the_worker_was_only_stopped_and_started(self) -> None:
        """Its controllers lose quorum for a moment, as a switch restarts."""
        blip = [
            EventSpec(at, what, controller=one)
            for at, what in ((40, "kill_controller"), (60, "start_controller"))
            for one in ("ctl2", "ctl3")
        ]
        outcome = play(*blip, EventSpec(120, "power_cut", host="compute-1"), length=300)
        assert outcome.good
        assert "this site started" not in outcome.log
        assert min(one.time for one in requests(outcome)) < 150

    def test_a_host_that_a_person_has_shut_down_is_not_named_where_only_the_worker_was_stopped(
        self,
    ) -> None:
        stop = [
            EventSpec(40, "reboot_host", host="compute-3"),
            EventSpec(41, "isolate", host="compute-3"),
        ]
        blip = [
            EventSpec(at, what, controller=one)
            for at, what in ((60, "kill_controller"), (80, "start_controller"))
            for one in ("ctl2", "ctl3")
        ]
        outcome = play(*stop, *blip, length=OVER)
        assert "has not been seen" not in outcome.log
        assert not outcome.world.cib.truth(ATTRIBUTE)

    def test_where_that_is_never_to_be_taken_for_a_site(self) -> None:
        outcome = play(*cut(THREE), *back(THREE), options={"site_start": "0"}, length=OVER)
        assert "this site started" not in outcome.log
        assert not outcome.world.cib.truth(ATTRIBUTE)
