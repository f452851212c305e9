"""What the simulated Pacemaker does by itself: it fences, repeats, starts, stops and decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.latency import Latency
from vmha_ocf.sim.base.pacemaker_timing import PacemakerTiming
from vmha_ocf.sim.base.scenario import (
    CrashSpec,
    EventSpec,
    FaultSpec,
    GroupSpec,
    HostSpec,
    PacemakerSpec,
    Scenario,
)
from vmha_ocf.sim.base.tripwire import Tripwire
from vmha_ocf.sim.play.run import Outcome, run

HOSTS = tuple(HostSpec(f"compute-{number}") for number in range(1, 5))
SCENARIO = Scenario(
    "a test",
    200.0,
    host=HOSTS,
    instances=(GroupSpec("web", "compute-1", count=2),),
    latency=Latency("none"),  # Pacemaker's own times are looked at, to the tenth.
)


def play(*events: EventSpec, settings: PacemakerSpec | None = None, **more: Any) -> Outcome:
    return run(replace(SCENARIO, event=events, pacemaker=settings or PacemakerSpec(), **more))


def cut(host: str = "compute-1", at: float = 20.0) -> EventSpec:
    return EventSpec(at, "power_cut", host)


def told(outcome: Outcome, part: str) -> list[float]:
    """When it was said."""
    return [line.time for line in outcome.world.log if part in f"{line.who}: {line.what}"]


class TestFencing:
    def test_what_fails_is_repeated_until_it_succeeds(self) -> None:
        fault = FaultSpec("bmc", "silent", until=60.0)
        outcome = play(cut(), fault=(fault,))
        failed = told(outcome, "fence_compute: compute-1: failed: the BMC")
        assert len(failed) > 3
        assert told(outcome, "compute-1 is fenced by ctl1")[0] > 60
        assert outcome.good

    def test_who_was_away_for_less_than_it_takes_to_miss_it_is_as_any_other(self) -> None:
        """Its evacuation is over meanwhile: its nova-compute may start."""
        plain = play(cut())
        [over] = told(plain, "compute-1: evacuation is over")
        [booted] = told(plain, "compute-1: has booted")
        late = FaultSpec("nova.conductor", "slow", times=2, seconds=booted + 20.0 - over)
        [over] = told(play(cut(), fault=(late,)), "compute-1: evacuation is over")
        away = (
            EventSpec(over - 2.0, "isolate", "compute-1"),
            EventSpec(over + 4.0, "rejoin", "compute-1"),
        )
        outcome = play(cut(), *away, fault=(late,))
        assert told(outcome, "compute-1: evacuation is over") == [over]
        [started] = told(outcome, "compute-1: nova-compute starts")
        assert over + 3.9 < started < over + 5.0
        assert outcome.good

    def test_a_host_that_went_off_while_its_fencing_died_is_missed(self) -> None:
        """Its connection stood, so that nobody knows of it as lost."""
        fence = EventSpec(20.0, "fence", host="compute-1")
        outcome = play(fence, EventSpec(22.0, "kill_controller", controller="ctl1"))
        assert told(outcome, "compute-1: power is off")[0] < 22.0
        [lost, *_] = told(outcome, "compute-1 is lost: reboot is requested")
        assert lost < told(outcome, "compute-1 is fenced by")[0]
        assert outcome.good

    def test_an_agent_is_killed_at_its_timeout(self) -> None:
        timing = PacemakerTiming(fence_timeout=20.0)
        fault = FaultSpec("bmc", "slow", times=1, seconds=300.0)
        outcome = play(cut(), settings=PacemakerSpec(timing=timing), fault=(fault,))
        assert told(outcome, "fence_compute: compute-1: failed: was killed") == [50.1]
        assert outcome.good

    def test_one_after_another_where_a_device_may_act_once_at_a_time(self) -> None:
        def fenced(limit: int) -> list[float]:
            settings = PacemakerSpec(action="off", action_limit=limit)
            events = [EventSpec(20.0, "isolate", host.name) for host in HOSTS[:3]]
            return told(play(*events, settings=settings), "is fenced by ctl1")

        assert len(fenced(1)) == len(fenced(-1)) == 3
        assert len(set(fenced(1))) == 3
        assert len(set(fenced(-1))) == 1

    def test_a_node_that_was_connected_is_fenced_again(self) -> None:
        outcome = play(EventSpec(20.0, "fence", "compute-1"))
        first, second = told(outcome, "compute-1 is fenced by ctl1")
        assert second - first > 14
        assert outcome.good

    def test_behind_another_device_our_agent_records(self) -> None:
        outcome = play(cut(), settings=PacemakerSpec(level=("other", "record_only")))
        assert told(outcome, "another device: off; Success: Recorded; another device: on")
        assert not told(outcome, "BMC of compute-1")
        assert outcome.good

    def test_nobody_fences_what_an_operator_confirmed(self) -> None:
        fault = FaultSpec("bmc", "silent")
        outcome = play(cut(), EventSpec(50.0, "confirm", "compute-1"), fault=(fault,))
        assert told(outcome, "compute-1 is fenced by a human")
        assert max(told(outcome, "fence_compute: compute-1: failed")) < 50
        assert outcome.good

    def test_a_host_that_is_to_be_fenced_does_not_join(self) -> None:
        """Its own reboot comes before the fencing that its BMC does not allow."""
        fault = FaultSpec("bmc", "silent", until=150.0)
        outcome = play(cut(), EventSpec(21.0, "boot_host", "compute-1"), fault=(fault,))
        assert told(outcome, "compute-1: has booted")
        assert not [at for at in told(outcome, "compute-1 is online") if at < 150]
        assert not outcome.broken

    def test_pacemaker_3_purges_at_each_fencing(self) -> None:
        typed = EventSpec(1.0, "write_attribute", key="compute-1", value="yes")
        settings = PacemakerSpec(purges_on_fencing=True, action="off")
        outcome = play(typed, EventSpec(20.0, "fence", "compute-1"), settings=settings)
        assert told(outcome, "the attributes of compute-1 are removed")
        assert outcome.good


class TestControllers:
    def test_the_fencing_of_a_dead_controller_is_done_anew(self) -> None:
        fault = FaultSpec("bmc", "slow", times=1, seconds=30.0)
        outcome = play(
            cut(), EventSpec(35.0, "kill_controller", controller="ctl1"), fault=(fault,)
        )
        assert told(outcome, "ctl2 is the DC") == [44.0]
        assert told(outcome, "compute-1 is fenced by ctl2")
        assert outcome.good

    def test_without_a_dc_nothing_is_decided(self) -> None:
        timing = PacemakerTiming(election=30.0)
        lost = EventSpec(29.0, "lose_dc")
        outcome = play(cut(), lost, settings=PacemakerSpec(timing=timing))
        assert told(outcome, "compute-1 is unclean") == [59.0]
        assert outcome.good

    def test_without_quorum_nothing_runs_and_nobody_is_fenced(self) -> None:
        killed = [EventSpec(10.0, "kill_controller", controller=each) for each in ("ctl1", "ctl2")]
        started = EventSpec(100.0, "start_controller", controller="ctl1")
        outcome = play(cut(), *killed, started)
        quiet = [line for line in outcome.world.log if 31 < line.time < 100]
        assert not quiet
        assert told(outcome, "compute-1 is unclean")
        assert outcome.good

    def test_in_maintenance_nothing_is_decided(self) -> None:
        outcome = play(EventSpec(1.0, "maintenance_on"), cut(), EventSpec(90.0, "maintenance_off"))
        assert told(outcome, "compute-1 is unclean") == [90.0]
        assert outcome.good

    def test_after_a_full_stop_a_dead_host_is_fenced_again(self) -> None:
        settings = PacemakerSpec(action="off")
        stop, start = EventSpec(60.0, "stop_cluster"), EventSpec(80.0, "start_cluster")
        outcome = play(cut(), stop, start, settings=settings)
        assert len(told(outcome, "compute-1 is fenced by")) == 2
        assert outcome.good

    @pytest.mark.parametrize("by_hand", [False, True])
    def test_while_no_controller_runs_nobody_counts_a_host_as_fenced(self, by_hand: bool) -> None:
        harm = EventSpec(40.0, "confirm" if by_hand else "fence_by_other", "compute-1")
        boot = EventSpec(52.0, "boot_host", "compute-1")
        stop, start = EventSpec(30.0, "stop_cluster"), EventSpec(170.0, "start_cluster")
        cut_before = cut(at=35.0)
        outcome = play(stop, cut_before, harm, boot, start, length=300.0)
        assert not told(outcome, "compute-1 is fenced")
        node = outcome.world.pacemaker.nodes()[NodeName("compute-1")]
        assert (node.online, node.fenced) == (True, False)

    def test_a_start_waits_for_the_stop_that_goes_on(self) -> None:
        slow = FaultSpec("units.stop", "slow", times=1, seconds=20.0)
        down, up = EventSpec(20.0, "shut_down_cluster"), EventSpec(25.0, "start_cluster")
        outcome = play(down, up, fault=(slow,))
        [stopped] = told(outcome, "the cluster is stopped")
        assert stopped > 25.0
        assert told(outcome, "the cluster is started")[0] > stopped
        assert outcome.good

    def test_a_shutdown_in_peace_fences_nobody(self) -> None:
        down, up = EventSpec(20.0, "shut_down_cluster"), EventSpec(60.0, "start_cluster")
        outcome = play(down, up)
        assert told(outcome, "nova-compute is stopped") == [20.0] * 4
        assert len(told(outcome, "nova-compute starts")) == 4
        assert not told(outcome, "fenced")
        assert all(host.compute.running for host in outcome.world.hosts.values())
        assert outcome.good


class TestNovaEvacuate:
    def test_a_killed_worker_is_found_by_the_next_monitor(self) -> None:
        outcome = play(EventSpec(15.0, "kill_worker"))
        assert told(outcome, "NovaEvacuate does not run on ctl1") == [20.5]
        assert told(outcome, "NovaEvacuate starts on ctl1") == [0.0, 20.5]

    def test_one_that_does_not_stop_is_killed_before_another_starts(self) -> None:
        """Its controller lives, without quorum; its call to Nova does not return."""
        slow = FaultSpec("nova.services", "slow", times=1, since=25.0, seconds=100000.0)
        killed = [EventSpec(50.0, "kill_controller", controller=each) for each in ("ctl2", "ctl3")]
        back = EventSpec(52.0, "start_controller", controller="ctl2")
        outcome = play(cut(), *killed, back, fault=(slow,))
        assert told(outcome, "has quorum again") == [58.0]
        assert 68.0 <= told(outcome, "NovaEvacuate starts on ctl1")[1] < 70.0
        assert outcome.good

    def test_it_goes_on_elsewhere_once_its_controller_is_fenced(self) -> None:
        outcome = play(EventSpec(15.0, "kill_controller", controller="ctl1"))
        assert told(outcome, "NovaEvacuate starts on ctl2") == [24.0]

    def test_the_alert_wakes_it(self) -> None:
        def claimed(alert: bool) -> float:
            settings = PacemakerSpec(action="off", alert=alert)
            return told(play(cut(), settings=settings), "compute-1: claimed")[0]

        assert claimed(alert=True) < claimed(alert=False)


class TestNovaCompute:
    def test_one_that_dies_is_started_again(self) -> None:
        outcome = play(EventSpec(15.0, "kill_compute", "compute-2"))
        assert told(outcome, "NovaCompute does not run on compute-2") == [20.0]
        assert outcome.world.host("compute-2").compute.running

    def test_a_record_keeps_it_off_its_host(self) -> None:
        """Instances that find no destination keep the flag, and that the gate shut."""
        fault = FaultSpec("nova", "down", since=25.0, until=150.0)
        outcome = play(cut(), fault=(fault,), length=300.0)
        assert min(told(outcome, "compute-1: nova-compute starts")) > 150
        assert outcome.good

    def test_the_gate_is_the_second_lock(self) -> None:
        """A flag of the older agents has no record, so the location rule does not see it."""
        events = (
            EventSpec(1.0, "write_attribute", key="compute-1", value="yes"),
            EventSpec(15.0, "kill_compute", "compute-1"),
        )
        outcome = play(*events)
        assert told(outcome, "compute-1/NovaCompute: waiting at the gate")
        assert told(outcome, "the start of NovaCompute on compute-1 failed")
        assert not told(outcome, "compute-1: nova-compute starts")

    def test_a_start_that_fails_is_tried_again(self) -> None:
        fault = FaultSpec("units.start", "start-fails", times=1, host="compute-1")
        outcome = play(EventSpec(15.0, "kill_compute", "compute-1"), fault=(fault,))
        failed = told(outcome, "the start of NovaCompute on compute-1 failed")[0]
        started = told(outcome, "compute-1: nova-compute starts")[0]
        assert started - failed >= 60


class TestCrashes:
    def test_calls_are_counted_and_named(self) -> None:
        outcome = play(cut())
        agents = {name.partition(".")[0] for name in outcome.calls}
        assert agents == {"NovaEvacuate", "fence_compute", "NovaCompute"}
        assert {f"NovaEvacuate.nova.{name}" for name in ("evacuate", "services")} <= set(
            outcome.calls
        )

    def test_whoever_makes_the_call_dies_and_pacemaker_goes_on(self) -> None:
        base = play(cut())
        for name, sign in (
            ("NovaEvacuate.nova.evacuate", "NovaEvacuate does not run on ctl1"),
            ("fence_compute.bmc.power", "compute-1: was killed: it is run once more"),
            ("NovaCompute.units.start", "on compute-1 failed: it was killed"),
        ):
            for after in (False, True):
                wire = Tripwire(at=base.calls.index(name) + 1, after_effect=after)
                outcome = run(replace(SCENARIO, event=(cut(),), length=300.0), wire.wrap)
                assert told(outcome, sign), (name, after)
                assert outcome.good, (name, after)

    @pytest.mark.parametrize("deaths", [1, 2, 3])
    def test_a_fence_agent_that_is_killed_is_run_once_more_in_its_operation(
        self, deaths: int
    ) -> None:
        """And whoever asked for the operation asks again, but where that was a person."""
        dies = CrashSpec("fence_compute.bmc.power", 1)
        crash = tuple(replace(dies, number=number) for number in range(1, deaths + 1))
        outcome = run(replace(SCENARIO, event=(cut(),), length=300.0, crash=crash))
        assert outcome.good
        said = [line for line in outcome.log.splitlines() if "was killed" in line]
        again, failed = (
            "compute-1: was killed: it is run once more",
            "compute-1: failed: was killed",
        )
        expected = [again, failed, again]
        assert [line.partition("fence_compute: ")[2] for line in said] == expected[:deaths]

    def test_the_same_scenario_is_the_same_log(self) -> None:
        assert play(cut()).log == play(cut()).log
