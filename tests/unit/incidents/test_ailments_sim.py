"""Ailments as the worker's rounds on the simulated cluster make them, across failovers and crashes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.living.healing.cloud import Watched
from tests.unit.living.processes.test_healer import NOTIFY, RESTART, Site
from vmha_ocf.incidents import ailments
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.story import Story
from vmha_ocf.living.healing.verdict import tell
from vmha_ocf.model import FlagState, InstanceId, Turn
from vmha_ocf.sim import World
from vmha_ocf.sim.base.timeline import EPOCH
from vmha_ocf.sim.base.tripwire import Died, Tripwire


def kept(world: World) -> list[Ailment]:
    """Oldest first, as every controller reads them."""
    world.run(10)
    return ailments.newest_first(world.history.read_ailments())[::-1]


def only(world: World) -> Ailment:
    (one,) = kept(world)
    return one


@pytest.fixture
def watched() -> Watched:
    made = Watched()
    made.run(12)
    return made


def crash(watched: Watched, **about: Any) -> InstanceId:
    [one] = watched.boot(**about)
    watched.crash(one)
    return one


class TestGuests:
    def test_it_is_told_from_the_failure_to_its_end(self, watched: Watched) -> None:
        one = crash(watched, project="a-project")
        at = watched.world.now
        watched.run(30)
        found = only(watched.world)
        assert (found.patient.instance, found.patient.name) == (one, "vm-1")
        assert (found.patient.host, found.patient.project) == ("compute-1", "a-project")
        assert set(found.turns) == {Turn.FAILED, Turn.ASKED, Turn.HEALED}
        assert (found.kind, found.attempt) == ("crashed", 1)
        assert found.recovery is not None
        assert 0 < found.recovery < 6
        assert found.began == pytest.approx(EPOCH + at, abs=1)
        assert [turn.turn for turn, _ in watched.driven.historian.notified_ailing] == [
            Turn.FAILED,
            Turn.ASKED,
            Turn.HEALED,
        ]

    def test_a_crash_loop_counts_its_attempts_and_waits_for_a_person(
        self, watched: Watched
    ) -> None:
        [one] = watched.boot()
        for _ in range(4):
            watched.crash(one)
            watched.run(10)
        found = kept(watched.world)
        assert [it.attempt for it in found] == [1, 2, 3, 0]
        assert [it.state for it in found] == ["ended", "ended", "ended", "told"]
        assert f"openstack server reboot --hard {one}" in found[-1].told

    def test_what_its_host_takes_along(self, watched: Watched) -> None:
        watched.world.fault("nova.reboot", "down", until=500)
        crash(watched)
        watched.run(10)
        assert only(watched.world).state == "told"
        watched.world.fence("compute-1")
        watched.run(60)
        found = only(watched.world)
        assert found.state == "ended"
        assert "is flagged, which comes first" in found.outcome

    def test_what_a_restart_has_left_in_error_is_told_whatever_libvirt_knows_of_it(
        self, watched: Watched
    ) -> None:
        """Also by the next worker, and over a failure of its host, until it runs."""
        watched.world.fault("nova.host", "reboot-fails", times=1)
        one = crash(watched)
        watched.run(20)
        watched.down["compute-1"].clear()
        watched.tell()
        watched.run(60)
        assert "it is in error in Nova" in watched.problems
        watched.driven.restart("ctl2")
        watched.run(60)
        assert "it is in error in Nova" in watched.problems
        assert only(watched.world).state == "told"
        watched.world.requests.reboot(one)
        watched.run(60)
        assert watched.problems == ""
        assert only(watched.world).recovery is not None

    def test_its_hosts_failure_ends_it_once_it_has_left(self, watched: Watched) -> None:
        watched.world.fault("nova.host", "reboot-fails", times=1)
        one = crash(watched)
        watched.run(20)
        watched.world.fence("compute-1")
        watched.run(5)
        assert only(watched.world).state == "told"
        watched.run(120)
        assert watched.world.instance(one).host != "compute-1"
        found = only(watched.world)
        assert (found.state, "is flagged" in found.outcome) == ("ended", True)
        assert watched.problems == ""

    def test_it_goes_on_while_nova_does_not_say_what_is_left(self, watched: Watched) -> None:
        """Its host's failure is dealt with, and nobody could list what is there."""
        one = watched.world.instance(crash(watched)).view()
        watched.world.fence("compute-1")
        flag = watched.world.flag("compute-1")
        assert flag is not None
        story, trouble = Story(watched.driven.ports, lambda _: None), watched.down["compute-1"]
        story.look([(Case(one, trouble[one.id]), tell("look at it"))])
        done = {one.host: replace(flag, state=FlagState.DONE)}
        story.end((), (), done, {})
        assert story.hosts == {"compute-1"}
        story.end((), (), done, {one.host: {}})
        assert story.hosts == set()

    def test_one_that_is_deleted(self, watched: Watched) -> None:
        watched.world.fault("nova.reboot", "down", until=500)
        one = crash(watched)
        watched.run(10)
        del watched.world.database.servers[one]
        watched.down["compute-1"].clear()
        watched.tell()
        watched.run(10)
        assert only(watched.world).outcome == "it is not on compute-1 any more"

    def test_one_that_its_owner_leaves_off(self, watched: Watched) -> None:
        watched.world.fault("nova.reboot", "down", until=500)
        one = crash(watched)
        watched.run(10)
        watched.world.instance(one).vm_state = "stopped"
        watched.down["compute-1"].clear()
        watched.tell()
        watched.run(10)
        assert only(watched.world).outcome == "Nova has it stopped"

    def test_a_policy_that_is_switched_off_ends_it(self, watched: Watched) -> None:
        watched.world.fault("nova.reboot", "down", until=500)
        crash(watched)
        watched.run(10)
        watched.world.write_policy("")
        watched.run(60)
        assert only(watched.world).outcome == "the policy asks for nothing any more"

    def test_nothing_is_told_of_what_its_owner_reboots_and_nobody_marked(
        self, watched: Watched
    ) -> None:
        watched.boot(host="compute-2")
        one = crash(watched, tags=frozenset())
        watched.world.instance(one).task_state = "reboot_started_hard"
        watched.run(10)
        assert kept(watched.world) == []

    def test_nothing_is_told_of_what_nobody_asks_about(self) -> None:
        watched = Watched(policy="")
        watched.run(12)
        crash(watched)
        watched.run(60)
        assert kept(watched.world) == []


class TestFailover:
    @pytest.mark.parametrize("seconds", [0.1, 1, 2, 4])
    def test_nothing_is_lost_and_nothing_told_twice(
        self, watched: Watched, seconds: float
    ) -> None:
        crash(watched)
        for controller in ("ctl2", "ctl3"):
            watched.run(seconds)
            watched.driven.restart(controller)
        watched.run(30)
        found = only(watched.world)
        assert found.state == "ended"
        assert set(found.turns) == {Turn.FAILED, Turn.ASKED, Turn.HEALED}

    def test_what_ended_between_two_workers_is_not_open_for_ever(self, watched: Watched) -> None:
        watched.world.fault("nova.reboot", "down", until=500)
        crash(watched)
        watched.run(10)
        watched.down["compute-1"].clear()
        watched.tell()
        watched.driven.restart("ctl2")
        watched.run(30)
        assert only(watched.world).state == "ended"

    def test_what_goes_on_is_not_ended_by_the_next_worker(self, watched: Watched) -> None:
        watched.world.fault("nova.reboot", "down")
        crash(watched)
        watched.run(10)
        watched.driven.restart("ctl2")
        watched.run(400)
        assert only(watched.world).state == "told"

    def test_a_cib_that_does_not_answer_loses_nothing(self, watched: Watched) -> None:
        watched.world.fault("history", "down", until=watched.world.now + 40)
        crash(watched)
        watched.run(30)
        watched.world.run(60)
        assert set(only(watched.world).turns) == {Turn.FAILED, Turn.ASKED, Turn.HEALED}


def test_many_at_once_are_few_writes() -> None:
    watched = Watched(POLICY_AT_ONCE)
    watched.run(12)
    written: list[object] = []
    write = watched.world.cib.put_property
    for one in watched.boot(40):
        watched.crash(one)

    def counted(*args: str) -> None:
        written.append(args)
        write(*args)

    watched.world.cib.put_property = counted  # type: ignore[method-assign, assignment]
    watched.run(30)
    assert len(kept(watched.world)) == 40
    assert len(written) <= 30 / 5 + 2


POLICY_AT_ONCE = """
default_class = "cattle"
[guest]
burst = 50
pace = "1 s"
[class.cattle.guest]
crashed = "restart"
"""


class TestProcesses:
    def test_a_hung_one_is_told_until_nova_hears_of_it(self) -> None:
        site = Site(RESTART)
        site.hang()
        at = site.world.now
        site.run(85)
        assert only(site.world).state == "restarting"
        site.restart()
        site.run(30)
        found = only(site.world)
        assert (found.patient.host, found.patient.name) == ("compute-1", "nova-compute")
        assert set(found.turns) == {Turn.FAILED, Turn.ASKED, Turn.HEALED}
        assert found.since == pytest.approx(EPOCH + at, abs=30)
        assert found.recovery is not None
        assert 80 < found.recovery < 130

    def test_one_that_is_left_waits_for_a_person(self) -> None:
        site = Site(NOTIFY)
        site.hang()
        site.run(100)
        assert "the policy says no restart" in only(site.world).told
        site.world.write_policy("")
        site.run(60)
        assert only(site.world).outcome == "nova-compute is not to run on compute-1 now"

    def test_the_next_worker_goes_on_with_it(self) -> None:
        site = Site(RESTART)
        site.hang()
        site.run(90)
        site.driven.restart("ctl2")
        site.run(60)
        site.restart()
        site.run(60)
        found = only(site.world)
        assert set(found.turns) == {Turn.FAILED, Turn.ASKED, Turn.HEALED}


def test_every_death_of_the_worker_leaves_one_whole_ailment() -> None:
    """Killed at each call of a port, by turns before and after its effect, with all it had not written."""
    calls = len(_killed(Tripwire()).calls)
    assert calls > 30
    for at in range(1, calls + 1):
        _killed(Tripwire(at=at, after_effect=at % 2 == 0))


def _killed(wire: Tripwire) -> Tripwire:
    watched = Watched()
    driven = watched.driven
    wired = wire.worker_ports(watched.world.worker_ports())
    driven.restart_with(
        replace(wired, tell=driven.historian.tell, recall=driven.historian.chronicle.recall)
    )
    [one] = watched.boot()
    try:
        watched.run(12)
        watched.crash(one)
        watched.run(20)
    except Died:
        driven.ports = watched.world.worker_ports()
        driven.restart("ctl2")
        if one not in watched.down.get("compute-1", {}) and not watched.reboots(one):
            watched.crash(one)
        watched.run(60)
    found = only(watched.world)
    assert watched.reboots(one) == 1, wire
    assert found.recovery is not None, wire
    # Asked for, killed before it was told, and well again before the next worker's first look.
    assert {Turn.FAILED, Turn.HEALED} <= set(found.turns), wire
    return wire
