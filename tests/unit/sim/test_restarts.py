"""P12 of guests that fail by themselves: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vmha_ocf.model import Instance, InstanceId, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import Wanted
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.scenario import (
    EventSpec,
    Expected,
    GroupSpec,
    HostSpec,
    InstancesExpected,
    Scenario,
)
from vmha_ocf.sim.judge.restarts import STALE, restarted_wrongly
from vmha_ocf.sim.play.run import run

HOST, OTHER = NovaHost("compute-1"), NovaHost("compute-2")


class Restarting:
    """A world with one guest, and whoever restarts it, rightly or not."""

    def __init__(self, **about: object) -> None:
        self.world = World.with_hosts(HOST, OTHER)
        self.one: InstanceId = self.world.boot(HOST, **about)  # type: ignore[arg-type]
        self.world.run(20)

    def crash(self) -> None:
        self.world.guests.crash(self.one)
        self.world.run(0.3)

    def look(self) -> Instance:
        (found,) = self.world.nova().instances_on(HOST)
        return found

    def restart(self, *, look: bool = True) -> None:
        view = self.look() if look else self.world.instance(self.one).view()
        self.world.nova().reboot(view)

    def owner_wants(self, what: str, act: Callable[[InstanceId], None]) -> None:
        act(self.one)
        self.world.core.journal.note(Wanted(self.world.now, self.one, what))
        self.world.run(0.5)

    @property
    def broken(self) -> list[str]:
        return list(restarted_wrongly(self.world))


def test_one_restart_of_what_has_failed_is_right() -> None:
    it = Restarting()
    it.crash()
    it.restart()
    it.world.run(30)
    assert it.broken == []
    assert it.world.runs_on(it.one) == ["compute-1"]


def test_each_failure_has_its_own() -> None:
    it = Restarting()
    for _ in range(2):
        it.crash()
        it.restart()
        it.world.run(30)
    assert it.broken == []


def test_a_second_one_for_one_failure() -> None:
    it = Restarting()
    it.crash()
    it.restart()
    it.restart()
    assert [one.partition("restarted, ")[2] for one in it.broken] == [
        "a second time for one failure"
    ]


def test_what_has_not_failed() -> None:
    it = Restarting()
    it.restart()
    assert it.broken[0].endswith("and had not failed on compute-1")


def test_an_old_wreck_has_not_failed_and_one_that_nova_calls_active_has() -> None:
    old = Restarting(vm_state="stopped")
    old.world.guests.wreck(old.one)
    old.restart()
    assert old.broken[0].endswith("and had not failed on compute-1")
    unknown = Restarting(powered_off=True)
    unknown.world.guests.wreck(unknown.one)
    unknown.restart()
    assert unknown.broken == []


def test_a_failed_migration_to_another_host_is_no_failure() -> None:
    it = Restarting()
    it.world.guests.incoming_fails(it.one, OTHER)
    it.restart()
    assert it.broken[0].endswith("and had not failed on compute-1")


def test_whoever_does_not_look_at_nova() -> None:
    it = Restarting()
    it.look()
    it.world.run(0.1)
    it.crash()
    it.restart(look=False)
    assert it.broken[0].endswith("and nobody had looked at Nova since it failed")


def test_what_its_owner_has_stopped_in_the_second_of_its_crash() -> None:
    it = Restarting()
    it.crash()
    it.owner_wants("stop", it.world.requests.stop)
    it.restart()
    assert it.broken[0].endswith("and its owner had asked to stop it")


def test_who_confirms_a_resize_does_not_want_it_off() -> None:
    it = Restarting()
    it.crash()
    it.owner_wants("confirm", lambda _: None)
    it.restart()
    assert it.broken == []


def test_what_its_owner_stops_after_we_have_looked_nobody_can_know() -> None:
    it = Restarting()
    it.crash()
    it.look()
    it.world.run(0.1)
    it.owner_wants("stop", it.world.requests.stop)
    it.restart(look=False)
    assert it.broken == []


def test_what_its_owner_has_paused() -> None:
    it = Restarting(vm_state="paused")
    it.crash()
    it.restart()
    assert it.broken[0].endswith("and was paused")


@pytest.mark.parametrize(("later", "broken"), [(STALE - 5, False), (STALE + 5, True)])
def test_what_goes_on_by_itself(later: float, broken: bool) -> None:
    it = Restarting()
    it.world.guests.run_out_of_storage(it.one)
    it.world.run(1)
    it.world.guests.go_on(it.one)
    it.world.run(later)
    it.restart()
    assert [one.endswith("and was well again") for one in it.broken] == [True] * broken


def test_a_guest_of_a_host_that_is_flagged() -> None:
    it = Restarting()
    it.crash()
    it.world.fence(HOST)
    it.world.run(10)
    it.restart()
    assert it.broken[0].endswith("and its host compute-1 is flagged")


class TestWhatAScenarioMayExpect:
    @staticmethod
    def unmet(expected: InstancesExpected, *events: EventSpec, heals: bool = False) -> list[str]:
        """Of a guest that crashes at 20 s, and of which nobody takes care but its owner."""
        crash = EventSpec(20, "crash_guests", instances="web")
        scenario = Scenario(
            "crash",
            120.0,
            host=(HostSpec("compute-1"), HostSpec("compute-2")),
            instances=(GroupSpec("web", "compute-1", heals=heals),),
            event=(crash, *events),
            expect=Expected(instances=(expected,)),
            latency=Latency("none"),
        )
        return list(run(scenario).unmet)

    REBOOT = EventSpec(25, "reboot_instances", instances="web")

    def test_that_it_runs(self) -> None:
        runs = InstancesExpected("web", runs=True)
        assert self.unmet(runs) == ["web: web-1 runs on no host"]
        assert self.unmet(runs, self.REBOOT) == []
        assert self.unmet(InstancesExpected("web", runs=False)) == []

    def test_how_often_we_restart_it(self) -> None:
        found = self.unmet(InstancesExpected("web", restarts=1), self.REBOOT)
        assert found == ["web: 0 restarts were accepted, not 1"]
        assert self.unmet(InstancesExpected("web", restarts=0), self.REBOOT) == []

    def test_how_soon_it_runs_again(self) -> None:
        assert self.unmet(InstancesExpected("web", again_within=7), self.REBOOT) == []
        (late,) = self.unmet(InstancesExpected("web", again_within=6), self.REBOOT)
        assert late.endswith("which failed at 20.00, ran again after 6.2 s, not 6")

    def test_that_what_the_policy_restarts_is_not_left_down_without_a_word(self) -> None:
        nothing = InstancesExpected("web")
        (left,) = self.unmet(nothing, heals=True)
        assert left == "web-1 failed at 20.00, and is down without a word"
        assert self.unmet(nothing, self.REBOOT, heals=True) == []
        assert self.unmet(nothing) == []
