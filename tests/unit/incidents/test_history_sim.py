"""Incidents as the worker's rounds on the simulated cluster make them, across failovers and crashes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.driven import TAGS, Driven
from vmha_ocf.errors import CommandUnavailable
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Epoch, Event, NovaHost, Step
from vmha_ocf.sim import World
from vmha_ocf.sim.base.timeline import EPOCH
from vmha_ocf.sim.base.tripwire import Died, Tripwire

ALL = set(Step) - {Step.HELD, Step.GIVEN_UP, Step.LEFT_ALONE}


def boot(world: World, count: int = 3, **about: Any) -> None:
    for _ in range(count):
        world.boot("compute-1", **{"tags": TAGS, **about})


def incidents(world: World) -> list[Incident]:
    world.run(10)
    return sorted(world.history.read().values(), key=lambda one: one.began)


def only(world: World) -> Incident:
    (one,) = incidents(world)
    return one


def steps_in_order(one: Incident) -> list[Step]:
    return sorted(one.milestones, key=lambda step: (one.milestones[step], list(Step).index(step)))


class TestOneIncident:
    def test_it_is_told_from_the_fencing_to_the_return(self, world: World) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        Driven(world).run(200)
        one = only(world)
        assert one.host == "compute-1"
        assert one.began == EPOCH + 100
        assert one.proof == "BMC of compute-1 answered off, fenced by ctl1"
        assert set(one.milestones) == ALL
        assert steps_in_order(one) == [step for step in Step if step in ALL]
        assert (one.requested, one.moved, one.workers) == (3, 3, ("ctl1",))
        assert one.ended

    def test_the_time_to_recover_ends_with_the_last_instance(self, world: World) -> None:
        boot(world)
        world.fence("compute-1")
        Driven(world).run(60)
        one = only(world)
        assert one.last_moved is not None
        assert one.recovery is not None
        assert one.recovery == pytest.approx(one.last_moved - one.began, abs=0.001)
        assert 0 < one.recovery < 60
        assert one.over
        assert not one.ended

    def test_what_is_given_up_has_its_reason(self, world: World) -> None:
        boot(world, 1)
        boot(world, 1, vm_state="resized", name="stays")
        world.fence("compute-1", reboot=True)
        Driven(world).run(400)
        one = only(world)
        assert [(it.name, it.reason) for it in one.given_up.values()] == [
            ("stays", "Nova does not evacuate it while resized")
        ]
        assert (one.moved, one.over) == (1, True)

    def test_what_moves_after_all_is_not_given_up(self, world: World) -> None:
        boot(world, 1)
        world.fault("nova.conductor", "no-host", until=300)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(150)
        assert len(only(world).given_up) == 1
        driven.until_done("compute-1")
        assert not only(world).given_up
        assert only(world).moved == 1

    def test_a_storm_is_held_in_each_of_them(self, world: World) -> None:
        for host in ("compute-1", "compute-2", "compute-3"):
            world.fence(host)
        driven = Driven(world, storm_limit=2)
        driven.run(30)
        found = incidents(world)
        assert len(found) == 3
        assert all("storm_limit=2" in one.held and Step.HELD in one.milestones for one in found)

    def test_fenced_twice_is_one_incident(self, world: World) -> None:
        boot(world)
        world.fault("nova.destination", "slow", seconds=30)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(14)
        world.fence("compute-1", by="ctl2")
        driven.run(1)
        driven.until_done("compute-1")
        one = only(world)
        assert len(one.fencings) == 2
        assert one.moved == 3
        assert "instance-1 is on" in driven.told()

    def test_fenced_twice_and_taken_over_is_one_incident_still(self, world: World) -> None:
        boot(world)
        world.fault("nova.destination", "slow", seconds=30)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(14)
        world.fence("compute-1", by="ctl2")
        driven.restart("ctl2")
        driven.until_done("compute-1")
        one = only(world)
        assert (len(one.fencings), one.moved, one.workers) == (2, 3, ("ctl1", "ctl2"))

    def test_its_next_death_is_an_incident_of_its_own(self, world: World) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(200)
        boot(world, 2)
        world.fence("compute-1")
        driven.until_done("compute-1")
        first, second = incidents(world)
        assert first.ended
        assert (first.moved, second.moved) == (3, 2)
        assert second.over

    def test_a_flag_that_somebody_drops_ends_it(self, world: World) -> None:
        boot(world)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(20)
        world.attrd.put("evacuate", "nova:compute-1", "")
        world.cib.delete_node_attribute(
            world.host("compute-1").node,
            "evacuation",
            world.cib.truth("evacuation")[world.host("compute-1").node],
        )
        world.pacemaker.purges_on_fencing = False
        driven.restart("ctl2")
        driven.run(3)
        assert only(world).outcome == "its flag is gone"


class TestNotified:
    def test_each_step_once(self, world: World) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(200)
        told = [event.step for event, _ in driven.historian.notified]
        assert set(told) == ALL
        once = [step for step in told if step is not Step.MOVED]
        assert len(once) == len(set(once))

    def test_the_next_worker_repeats_nothing_but_its_claim(self, world: World) -> None:
        boot(world)
        world.fault("nova.destination", "slow", seconds=60)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(10)
        driven.restart("ctl2")
        driven.run(20)
        assert [event.step for event, _ in driven.historian.notified] == [Step.CLAIMED]

    def test_a_reason_in_other_words_is_no_news(self, world: World) -> None:
        boot(world, 1)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(1500)
        told = [event.step for event, _ in driven.historian.notified]
        assert told.count(Step.GIVEN_UP) == 1


class TestFailover:
    @pytest.mark.parametrize("seconds", [0.3, 1, 2, 3])
    def test_it_loses_nothing_and_counts_nothing_twice(self, world: World, seconds: float) -> None:
        boot(world, 5)
        world.fault("nova.destination", "slow", seconds=8)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        for controller in ("ctl1", "ctl2", "ctl3"):
            driven.restart(controller)
            driven.run(seconds)
        driven.run(300)
        one = only(world)
        assert set(one.milestones) == ALL
        assert (one.requested, one.moved) == (5, 5)
        assert one.workers == ("ctl1", "ctl2", "ctl3")
        assert one.began == EPOCH + 100
        assert one.fencings == (EPOCH + 100,)

    def test_every_death_of_the_worker_leaves_one_whole_incident(self) -> None:
        """Killed at each call of a port, by turns before and after its effect, with all it had
        not written."""
        calls = len(self._run(Tripwire()).calls)
        assert calls > 100
        for at in range(1, calls + 1):
            self._run(Tripwire(at=at, after_effect=at % 2 == 0))

    def _run(self, wire: Tripwire) -> Tripwire:
        world = World.with_hosts("compute-1", "compute-2", "compute-3")
        boot(world, 2)
        world.fence("compute-1", reboot=True)
        driven = Driven(world, wire.worker_ports(world.worker_ports()))
        try:
            driven.run(200)
        except Died:
            driven.restart("ctl2")
            driven.run(300)
        one = only(world)
        assert (one.requested, one.moved) == (2, 2), wire
        # Un-forced, and killed before it was told: nothing but the end shows it.
        assert ALL - set(one.milestones) <= {Step.RETURNED}, wire
        assert one.ended, wire
        assert one.fencings == (one.began,), wire
        return wire


class TestTheHistoryIsNeverInTheWay:
    def test_a_silent_cib_costs_the_recovery_nothing(self, world: World) -> None:
        done = []
        for silent in (False, True):
            world = World.with_hosts("compute-1", "compute-2", "compute-3")
            boot(world)
            if silent:
                world.fault("history", "down", until=300)
            world.fence("compute-1")
            driven = Driven(world)
            driven.until_done("compute-1")
            done.append(world.now)
        assert done[0] == done[1]
        assert "the history cannot be read" in driven.told()
        world.run(400)
        assert only(world).moved == 3

    def test_an_answer_that_got_lost_is_written_again(self, world: World) -> None:
        boot(world)
        world.fault("history.update", "lost-answer", times=2)
        world.fence("compute-1")
        Driven(world).run(60)
        assert only(world).over

    def test_nothing_is_written_without_quorum(self, world: World) -> None:
        boot(world)
        world.cib.has_quorum = False
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(30)
        assert world.history.read() == {}
        world.cib.has_quorum = True
        driven.run(60)
        assert only(world).host == NovaHost("compute-1")


def test_what_is_told_at_the_same_moment_is_heard_one_after_the_other(world: World) -> None:
    """The history cannot be written while it is read for the first time."""
    historian = world.historian("ctl1/NovaEvacuate")
    world.fault("history.update", "down", times=3)
    for host in ("compute-1", "compute-2"):
        at = Epoch(EPOCH + world.now)
        historian.tell(Event(Step.FENCED, NovaHost(host), at))
    world.run(60)
    assert [one.host for one in incidents(world)] == ["compute-1", "compute-2"]
    assert sorted(event.host for event, _ in historian.notified) == ["compute-1", "compute-2"]


def test_without_quorum_it_is_not_written() -> None:
    world = World.with_hosts("compute-1")
    world.cib.has_quorum = False
    with pytest.raises(CommandUnavailable, match="no quorum"):
        world.history.write(0, Incident(NovaHost("compute-1"), Epoch(5.0)))
    assert world.history.read() == {}
