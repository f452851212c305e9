"""The worker's rounds on the simulated cluster. Many tests have a trap's name."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.unit.driven import TAGS, Driven, requests, where
from vmha_ocf.agent.settings import Caps, Untagged
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.model import (
    Epoch,
    Evidence,
    Flag,
    FlagState,
    ImageId,
    InstanceId,
    NodeName,
    NovaHost,
    ServiceChange,
)
from vmha_ocf.service import marker
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace, format_trace
from vmha_ocf.sim import World
from vmha_ocf.sim.base.timing import Timing
from vmha_ocf.sim.base.tripwire import Died, Tripwire


def boot(world: World, count: int = 3, host: str = "compute-1", **about: Any) -> list[InstanceId]:
    return [world.boot(host, **{"tags": TAGS, **about}) for _ in range(count)]


def states(world: World) -> set[str]:
    return {server.vm_state for server in world.database.servers.values()}


def all_moved(world: World, instances: list[InstanceId], host: str = "compute-1") -> bool:
    """Each runs, once, and elsewhere."""
    return all(
        len(world.runs_on(one)) == 1 and host not in world.runs_on(one) for one in instances
    )


class TestOneHostDies:
    def test_what_is_tagged_is_active_elsewhere_and_the_rest_stays(self, world: World) -> None:
        tagged = boot(world)
        untagged = world.boot("compute-1")
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all_moved(world, tagged)
        assert states(world) == {"active"}
        assert world.instance(untagged).host == "compute-1"
        assert world.now - 100 < 10
        driven.check()

    def test_it_is_back_in_service_after_its_return(self, world: World) -> None:
        instances = boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(150)
        service = world.service("compute-1")
        assert (service.enabled, service.forced_down, service.up) == (True, False, True)
        assert world.flag("compute-1") is None
        assert all_moved(world, instances)
        assert "back in service" in driven.told()
        driven.check()

    def test_nothing_is_left_to_do_then(self, world: World) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(200)
        assert driven.round().sentence == "nothing is flagged"
        assert driven.rounds[-1].pause == 10
        assert not driven.problems

    def test_the_timeline_tells_it(self, world: World) -> None:
        boot(world, 1)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        said = [line.what for line in world.log if line.who == "ctl1/NovaEvacuate"]
        assert said == [
            "compute-1: claimed (BMC of compute-1 answered off, fenced by ctl1)",
            "compute-1: forced down in Nova",
            "compute-1: asked Nova to evacuate instance-1",
            "compute-1: instance-1 is on compute-2",
            "compute-1: evacuation is over",
        ]

    def test_its_second_death_is_an_incident_of_its_own(self, world: World) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(200)
        again = boot(world)
        world.fence("compute-1")
        driven.until_done("compute-1")
        assert all_moved(world, again)
        driven.check()


class TestDuplicates:
    @pytest.mark.parametrize("seconds", [0.3, 1, 2, 5])
    def test_second_evacuate_accepted(self, world: World, seconds: float) -> None:
        """Whoever takes over asks Nova what is in flight."""
        instances = boot(world)
        world.fault("nova.destination", "slow", seconds=20)
        world.fence("compute-1")
        driven = Driven(world)
        for controller in ("ctl1", "ctl2", "ctl3", "ctl1", "ctl2"):
            driven.restart(controller)
            driven.run(seconds)
        driven.until_done("compute-1")
        assert requests(world) == len(instances)
        driven.check()

    @pytest.mark.parametrize("what", ["lost-answer", "timeout"])
    @pytest.mark.parametrize("slow", [0, 40])
    def test_retried_post(self, world: World, what: str, slow: float) -> None:
        instances = boot(world)
        world.fault("nova.evacuate", what, times=2)
        world.fault("nova.conductor", "slow", seconds=slow)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert requests(world) == len(instances)
        driven.check()

    def test_a_request_that_got_lost_is_repeated(self, world: World) -> None:
        instances = boot(world)
        world.fault("nova.evacuate", "down", times=2)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    @pytest.mark.parametrize("slow", [0, 30])
    def test_fenced_twice(self, world: World, slow: float) -> None:
        instances = boot(world)
        world.fault("nova.destination", "slow", seconds=slow)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(14)
        world.fence("compute-1", by="ctl2")
        driven.run(1)
        driven.until_done("compute-1")
        assert requests(world) == len(instances)
        driven.check()

    def test_stale_claim(self, world: World) -> None:
        """A claim of yesterday says nothing about what is in flight."""
        instances = boot(world)
        world.fault("nova.destination", "slow", seconds=300)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(3)
        world.run(250)
        driven.restart("ctl2")
        driven.until_done("compute-1")
        assert requests(world) == len(instances)
        driven.check()

    def test_reset_state_cure(self, world: World) -> None:
        """Nothing is reset while it rebuilds, however long that takes."""
        boot(world, 1, vm_state="error")
        world.fault("nova.destination", "slow", seconds=900)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(800)
        assert "never repeated while Nova may work on it" in driven.problems
        driven.until_done("compute-1")
        assert "reset" not in driven.told()
        driven.check()

    def test_what_is_stuck_is_said_once(self, world: World) -> None:
        """Not again with each second that it lasts."""
        boot(world, 1)
        world.fault("nova.destination", "slow", seconds=2000)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(1500)
        assert driven.told().count("never repeated while Nova may work on it") == 1

    def test_unverified_off(self, world: World) -> None:
        """A flag that somebody has typed is no proof."""
        boot(world)
        world.attrd.put("evacuate", "compute-1", "yes")
        driven = Driven(world)
        driven.run(60)
        assert "nobody has proved that it is off" in driven.problems
        assert requests(world) == 0
        assert not world.service("compute-1").forced_down
        world.fence("compute-1")
        driven.until_done("compute-1")
        assert not driven.problems
        driven.check()

    def test_a_claim_without_a_record_is_no_proof(self, world: World) -> None:
        boot(world)
        world.attrd.put("evacuate", "compute-1", "ctl1@1763695800")
        driven = Driven(world)
        driven.run(60)
        assert "nobody has proved that it is off" in driven.problems
        assert requests(world) == 0
        assert not world.service("compute-1").forced_down

    def test_a_record_that_is_taken_away_ends_what_was_proved(self, world: World) -> None:
        """Whoever restores an older configuration takes it away; the claim in attrd stays."""
        boot(world)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(62)
        for node, text in world.cib.truth("evacuation").items():
            world.cib.delete_node_attribute(node, "evacuation", text)
        asked = requests(world)
        world.end_fault("nova.conductor")
        driven.run(120)
        assert requests(world) == asked
        assert "nobody has proved that it is off" in driven.problems

    @pytest.mark.parametrize("fault", ["down", "denied"])
    def test_what_a_host_waited_for_goes_with_its_flag(self, world: World, fault: str) -> None:
        """An operator drops it while Nova does not answer."""
        boot(world)
        world.fault("nova", fault)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(30)
        assert "compute-1 is waiting" in driven.problems
        for node, text in world.cib.truth("evacuation").items():
            world.cib.delete_node_attribute(node, "evacuation", text)
        world.attrd.put("evacuate", "nova:compute-1", "no")
        driven.run(30)
        assert "compute-1 is waiting" not in driven.problems
        assert requests(world) == 0

    def test_forced_down_alive(self, world: World) -> None:
        """nova-compute was started behind us: only a new fencing proves anything again."""
        instances = boot(world)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(62)
        world.start_compute("compute-1")
        driven.run(15)
        asked = requests(world)
        world.end_fault("nova.conductor")
        driven.run(60)
        assert requests(world) == asked
        assert set(world.reported.reasons) == set(instances)
        assert "not evacuated without a new fencing" in driven.told()

    def test_autostart_behind_us(self, world: World) -> None:
        world.host("compute-1").starts_compute = True
        instances = boot(world)
        world.fault("nova.destination", "slow", seconds=100)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(400)
        assert all_moved(world, instances)
        assert requests(world) == len(instances)
        assert "(3 done); if that lasts, restart nova-compute there" in driven.told()
        world.units("compute-1").stop()
        driven.run(60)
        assert world.flag("compute-1") is None

    def test_unforce_in_flight(self, world: World) -> None:
        boot(world)
        world.fault("nova.destination", "slow", seconds=200)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(150)
        assert world.service("compute-1").forced_down
        assert not world.host("compute-1").compute.running
        driven.run(200)
        assert world.service("compute-1").up
        driven.check()


class TestLosses:
    def test_purged_flag(self, world: World) -> None:
        instances = boot(world)
        world.pacemaker.purges_on_fencing = True
        world.fence("compute-1", reboot=True)
        world.run(90)
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    @pytest.mark.parametrize("after", [0, 0.2, 2])
    def test_full_cluster_stop(self, world: World, after: float) -> None:
        instances = boot(world)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(after)
        world.stop_cluster()
        world.run(30)
        assert driven.round().sentence == "the flags cannot be read"
        world.start_cluster()
        driven.restart("ctl2")
        driven.run(1)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert requests(world) == len(instances)
        driven.check()

    def test_attrd_lost_update(self, world: World) -> None:
        instances = boot(world)
        world.fence("compute-1")
        world.fault("attrd.update", "lost", times=3)
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_fenced_without_us(self, world: World) -> None:
        instances = boot(world)
        driven = Driven(world)
        driven.run(60)
        world.fence("compute-1", by="the watchdog", flag=False)
        driven.run(40)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert "fenced by the watchdog: flagged" in driven.told()
        driven.check()

    @pytest.mark.parametrize("reboot", [True, False])
    def test_one_heartbeat_long_after_the_proof(self, world: World, reboot: bool) -> None:
        """That a host at its gate is silent proves nothing: the gate stops nova-compute, too."""
        instances = boot(world)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1", reboot=reboot)
        driven = Driven(world)
        driven.run(63)
        service = world.service("compute-1")
        service.written = world.now
        driven.run(5)
        asked = requests(world)
        world.end_fault("nova.conductor")
        driven.run(40)
        if reboot:
            assert requests(world) == asked
            assert set(world.reported.reasons) == set(instances)
            assert "nova-compute runs on its host again" in driven.told()
        else:
            driven.until_done("compute-1")
            assert all(world.runs_on(one) != ["compute-1"] for one in instances)

    def test_what_a_person_changes_is_no_heartbeat_however_late(self, world: World) -> None:
        instances = boot(world)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(92)
        for reason in ("DIMM B2", "DIMM B2 and B4"):
            world.operator_changes("compute-1", ServiceChange(enabled=False, reason=reason))
            driven.run(5)
        world.end_fault("nova.conductor")
        driven.until_done("compute-1")
        assert all(world.runs_on(one) != ["compute-1"] for one in instances)

    def test_our_own_change_that_comes_late_is_no_heartbeat(self, world: World) -> None:
        instances = boot(world)
        world.fence("compute-1")
        world.fault("nova.update_service", "late", times=3, seconds=20)
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all(world.runs_on(one) != ["compute-1"] for one in instances)

    def test_fenced_without_us_after_its_return_and_before_it_was_in_service(
        self, world: World
    ) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        world.fault("nova.update_service", "denied", skip=1)
        driven = Driven(world)
        driven.run(120)
        assert world.flag("compute-1") is not None
        world.fence("compute-1", by="the watchdog", flag=False)
        world.end_fault("nova.update_service")
        driven.run(30)
        assert "fenced by the watchdog: flagged" in driven.told()
        driven.check()

    def test_a_host_that_still_sends_heartbeats_is_not_believed_to_be_fenced(
        self, world: World
    ) -> None:
        boot(world)
        world.pacemaker.fenced(world.host("compute-1"), "somebody")
        world.pacemaker.disconnect(NodeName("compute-1"))
        driven = Driven(world)
        driven.run(300)
        assert world.flag("compute-1") is None

    @pytest.mark.parametrize("known_after", [200, 1])
    def test_a_host_whose_heartbeats_come_seldom_is_not_believed_to_be_silent(
        self, known_after: float
    ) -> None:
        """Also by a worker that has not seen yet how often they come."""
        timing = Timing(heartbeat=60, service_down=180)
        world = World.with_hosts(*(f"compute-{number}" for number in range(1, 5)), timing=timing)
        world.run(100)
        boot(world)
        driven = Driven(world)
        driven.run(known_after)
        world.pacemaker.fenced(world.host("compute-1"), "somebody")
        world.pacemaker.disconnect(NodeName("compute-1"))
        driven.run(300)
        assert world.flag("compute-1") is None

    def test_wrong_host_name(self, world: World) -> None:
        world.add_host("compute-9", nova="compute-9.example.com")
        instances = boot(world, host="compute-9")
        world.fence("compute-9", flag=False)
        proof = Evidence("ctl1", world.clock().now(), "BMC answered off")
        wrong = Flag(
            NovaHost("Compute-9"), FlagState.NEEDED, node=NodeName("compute-9"), evidence=proof
        )
        world.flags().write(wrong)
        driven = Driven(world)
        driven.run(10)
        assert "no compute service on 'Compute-9'" in driven.problems
        assert "did you mean compute-9.example.com?" in driven.problems
        assert driven.is_pending("Compute-9")
        driven.run(60)
        assert world.flags().read().keys() == {"compute-9.example.com"}
        driven.until_done("compute-9.example.com")
        assert all_moved(world, instances, "compute-9.example.com")

    def test_down_cell(self, world: World) -> None:
        instances = boot(world)
        world.fence("compute-1")
        world.fault("nova.cell", "down", host="compute-1", since=100.05, until=200)
        driven = Driven(world)
        driven.run(90)
        assert driven.is_pending("compute-1")
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_a_blip_of_a_cell_does_not_finish_a_host(self, world: World) -> None:
        instances = boot(world)
        world.fence("compute-1")
        ports = world.worker_ports()
        driven = Driven(world, ports)
        # Prepared, then listed while its cell is away for a moment.
        world.fault("nova.cell", "down", host="compute-1", skip=1, times=1)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_a_cell_that_is_down_holds_up_no_other_host(self, world: World) -> None:
        boot(world)
        others = boot(world, host="compute-2")
        world.fault("nova.instances_on", "down", host="compute-1")
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world)
        driven.until_done("compute-2")
        assert all_moved(world, others, "compute-2")
        assert driven.is_pending("compute-1")
        driven.check()

    def test_tag_lookup_failed(self, world: World) -> None:
        image = ImageId("image")
        world.database.images[image] = {"evacuable": "true"}
        by_image = boot(world, tags=frozenset(), image=image)
        tagged = boot(world)
        world.fault("nova.image_marks", "down", until=150)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(10)
        assert all_moved(world, tagged)
        assert "marks could not be looked up" in driven.problems
        driven.until_done("compute-1")
        assert all_moved(world, by_image)
        driven.check()

    @pytest.mark.parametrize(
        ("where_", "what"),
        [
            ("nova.conductor", "no-host"),
            ("nova.destination", "spawn-fails"),
            ("nova.destination", "late-claim"),
        ],
    )
    def test_accepted_not_evacuated(self, world: World, where_: str, what: str) -> None:
        instances = boot(world)
        world.fault(where_, what, times=2)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert requests(world) == len(instances) + 2
        driven.check()

    def test_nova_never_retries(self, world: World) -> None:
        instances = boot(world)
        world.fault("nova.conductor", "no-host", until=1000)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(600)
        assert "Nova found no host for it" in driven.problems
        assert requests(world) < 30
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_destination_dies(self, world: World) -> None:
        instances = boot(world)
        world.fault("nova.destination", "slow", seconds=60, host="compute-2")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(10)
        world.fence("compute-2")
        driven.run(1)
        driven.until_done("compute-1", "compute-2")
        assert set(where(world).values()) == {"compute-3"}
        assert all_moved(world, instances)
        driven.check()

    def test_a_destination_that_dies_and_is_back(self, world: World) -> None:
        """Its record stays pre-migrating; nobody works on it any more."""
        instances = boot(world)
        world.fault("nova.destination", "slow", seconds=60, host="compute-2")
        world.fault("nova.destination", "spawn-fails", host="compute-3", until=400)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(10)
        world.fence("compute-2", reboot=True)
        driven.run(200)
        world.end_fault("nova.destination", "slow")
        driven.restart("ctl2")
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_no_dead_host_is_chosen_for_the_instances_of_another(self, world: World) -> None:
        """Nova would choose one that it does not know to be dead; what is cast to it is stuck."""
        instances = boot(world) + boot(world, host="compute-2")
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world)
        driven.until_done("compute-1", "compute-2")
        assert world.now - 100 < 10
        assert set(where(world).values()) == {"compute-3"}
        assert requests(world) == len(instances)
        driven.check()

    @pytest.mark.parametrize("fenced_after", [5, 25])
    def test_dead_destination(self, world: World, fenced_after: float) -> None:
        """It is lost, but its fencing takes its time; Nova still calls it up."""
        instances = boot(world) + boot(world, 9, host="compute-3")
        world.power_cut("compute-2")
        world.fence("compute-1")
        world.run(world.core.timing.detect + 0.1)
        world.at(world.now + fenced_after, lambda: world.fence("compute-2"))
        driven = Driven(world)
        driven.round()
        assert "compute-2 is lost and not flagged yet" in driven.problems
        driven.until_done("compute-1")
        assert all_moved(world, instances[:3])
        assert world.now - 110 < fenced_after + 10
        assert not driven.problems
        driven.check()

    def test_a_dying_host_that_makes_it_a_storm(self, world: World) -> None:
        """It was waited for; now an operator is, and only that is told."""
        boot(world)
        world.power_cut("compute-2")
        world.fence("compute-1")
        world.run(world.core.timing.detect + 0.1)
        driven = Driven(world, storm_limit=1)
        driven.round()
        assert "compute-2 is lost" in driven.problems
        world.fence("compute-2")
        driven.run(5)
        assert driven.problems.startswith("more than storm_limit=1")
        assert "lost" not in driven.problems
        world.release_storm()
        driven.until_done("compute-1", "compute-2")
        driven.check()

    def test_a_lost_host_that_nobody_fences_is_waited_for_until_nova_misses_it(
        self, world: World
    ) -> None:
        instances = boot(world)
        world.isolate("compute-2")
        world.fence("compute-1")
        world.run(world.core.timing.detect + 0.1)
        driven = Driven(world)
        driven.until_done("compute-1")
        assert 60 < world.now - 100 < 75
        assert set(where(world).values()) == {"compute-3"}
        assert all_moved(world, instances)
        driven.check()

    def test_a_host_that_only_pacemaker_has_lost_is_waited_for_a_minute(
        self, world: World
    ) -> None:
        instances = boot(world)
        world.pacemaker.disconnect(NodeName("compute-2"))
        driven = Driven(world)
        driven.run(70)
        world.fence("compute-1")
        driven.until_done("compute-1")
        assert world.now - 170 < 10
        assert all_moved(world, instances)
        driven.check()

    @pytest.mark.parametrize("vm_state", ["paused", "suspended", "rescued"])
    def test_unevacuable_states(self, world: World, vm_state: str) -> None:
        instances = boot(world, vm_state=vm_state)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert f"instance-1 was {vm_state}: reset to error" in driven.told()
        driven.check()

    def test_a_reset_that_is_refused_holds_up_nobody(self, world: World) -> None:
        boot(world, 1, vm_state="paused")
        others = boot(world)
        world.fault("nova.reset_to_error", "denied")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(20)
        assert all_moved(world, others)
        assert "instance-1: Policy does not allow reset_to_error" in driven.problems
        driven.check()

    def test_what_cannot_be_evacuated_comes_back_with_its_host(self, world: World) -> None:
        resized, vtpm = boot(world, 1, vm_state="resized") + boot(world, 1, vtpm=True)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(600)
        assert driven.is_pending("compute-1")
        assert set(world.reported.reasons) == {resized, vtpm}
        world.boot_host("compute-1")
        driven.run(120)
        assert world.flag("compute-1") is None
        driven.check()

    def test_a_state_that_ends_is_looked_at_again(self, world: World) -> None:
        instances = boot(world, 1, vm_state="resized")
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(60)
        world.instance(instances[0]).vm_state = "active"
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    @pytest.mark.parametrize("failures", [0, 1, 3])
    def test_shutoff_after(self, world: World, failures: int) -> None:
        """What was off is off again, also where a failure has made it an error in between."""
        instances = boot(world, vm_state="stopped")
        world.fault("nova.conductor", "no-host", times=failures)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        driven.run(1)
        assert states(world) == {"stopped"}
        assert [world.runs_on(one) for one in instances] == [[], [], []]
        driven.check()

    def test_a_stop_that_is_refused_does_not_keep_the_host(self, world: World) -> None:
        boot(world, 1, vm_state="stopped")
        world.fault("nova.conductor", "no-host", times=1)
        world.fault("nova.stop", "denied")
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert "the request to stop instance-1 is refused" in driven.told()
        driven.check()

    def test_stuck_accepted(self, world: World) -> None:
        boot(world, 1)
        others = boot(world)
        world.fault("nova.conductor", "lost", times=1)
        world.fence("compute-1", reboot=True)
        driven = Driven(world, caps=Caps(per_host=1))
        driven.run(1500)
        assert requests(world) == 4
        assert all_moved(world, others)
        assert "evacuation 1 is accepted, nowhere yet" in driven.problems
        assert not world.host("compute-1").compute.running
        driven.check()

    @pytest.mark.parametrize("seconds", [5, 25, 200, 1000])
    @pytest.mark.parametrize("start", [100.03, 100.5, 103, 104.5])
    def test_api_blip(self, world: World, start: float, seconds: float) -> None:
        """An outage costs no attempt; what it delays in Nova's queues is not asked for again."""
        instances = boot(world, 20)
        world.fault("nova", "down", since=start, until=start + seconds)
        world.fence("compute-1")
        driven = Driven(world, caps=Caps(batch=4))
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert requests(world) == len(instances)
        driven.check()

    def test_an_instance_that_is_deleted_meanwhile(self, world: World) -> None:
        gone, *others = boot(world)
        world.fault("nova.destination", "slow", seconds=20)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(5)
        del world.database.servers[gone]
        driven.until_done("compute-1")
        assert all_moved(world, others)
        driven.check()

    def test_what_is_being_deleted_is_left_alone(self, world: World) -> None:
        boot(world, task_state="deleting")
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        assert requests(world) == 0

    def test_storage_not_shared(self, world: World) -> None:
        kept = boot(world, image=ImageId("image"))
        moved = boot(world)
        world.fence("compute-1")
        driven = Driven(world, rebuild_from_image=False)
        driven.run(30)
        assert all_moved(world, moved)
        assert set(world.reported.reasons) == set(kept)
        assert driven.is_pending("compute-1")

    @pytest.mark.parametrize("forced_down", [False, True])
    def test_operator_disabled(self, world: World, forced_down: bool) -> None:
        """disabled-before-death, too: it is evacuated all the same."""
        change = ServiceChange(enabled=False, forced_down=forced_down, reason="disk swap")
        world.operator_changes("compute-1", change)
        instances = boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(300)
        service = world.service("compute-1")
        assert all_moved(world, instances)
        assert (service.enabled, service.reason) == (False, "disk swap")
        assert service.forced_down is forced_down
        assert world.flag("compute-1") is None
        assert "which is not ours to undo" in driven.told()
        driven.check()

    def test_an_operator_who_unforces_in_the_middle(self, world: World) -> None:
        instances = boot(world, 40)
        world.fence("compute-1")
        driven = Driven(world, caps=Caps(batch=1))
        driven.run(0.3)
        world.operator_changes("compute-1", ServiceChange(forced_down=False))
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert world.service("compute-1").forced_down

    @pytest.mark.parametrize("after", [5, 55])
    def test_an_operator_who_enables_it_meanwhile(self, world: World, after: float) -> None:
        """That wipes out our mark; the host must not stay forced down for ever."""
        boot(world)
        world.fault("nova.destination", "slow", seconds=20)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(after)
        world.operator_changes("compute-1", ServiceChange(enabled=True))
        driven.run(200)
        service = world.service("compute-1")
        assert (service.enabled, service.forced_down, service.up) == (True, False, True)
        driven.check()

    @pytest.mark.parametrize(
        ("untagged", "moves"),
        [(Untagged.AUTO, True), (Untagged.ALL, True), (Untagged.NONE, False)],
    )
    def test_a_cloud_without_marks(self, world: World, untagged: Untagged, moves: bool) -> None:
        instances = boot(world, tags=frozenset())
        world.fence("compute-1")
        driven = Driven(world, untagged=untagged)
        driven.until_done("compute-1")
        assert all_moved(world, instances) is moves


class TestHangs:
    def test_disable_before_force_down(self, world: World) -> None:
        """Disabling a host that is dead and not forced down blocks for a minute."""
        world.fence("compute-1")
        Driven(world).round()
        assert world.now - 100 < 2

    def test_gate_deadlock(self, world: World) -> None:
        """Nova does not un-force before nova-compute has started, so it starts forced down."""
        boot(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(61)
        assert world.service("compute-1").forced_down
        assert world.host("compute-1").compute.running
        driven.run(60)
        assert world.service("compute-1").up

    def test_bootstrap_deadlock(self, world: World) -> None:
        """After a power cut of all hosts nobody can take anything; it comes back with its host."""
        instances = boot(world) + boot(world, host="compute-2") + boot(world, host="compute-3")
        for host in ("compute-1", "compute-2", "compute-3"):
            world.host(host).resumes_guests = True
            world.fence(host, reboot=True)
        driven = Driven(world)
        driven.run(50)
        assert "no other compute host is up" in driven.problems
        driven.run(300)
        assert states(world) == {"active"}
        assert all(len(world.runs_on(one)) == 1 for one in instances)
        assert all(world.service(host).up for host in ("compute-1", "compute-2", "compute-3"))
        driven.check()

    def test_all_hosts_are_fenced_one_after_the_other(self, world: World) -> None:
        """Who could take instances is not who could before the last ones were fenced: asked all the
        same, Nova finds no host, and leaves them in error when theirs is back."""
        hosts = ("compute-1", "compute-2", "compute-3")
        for host in hosts:
            boot(world, 2, host=host)
            world.host(host).resumes_guests = True
            world.power_cut(host)
        world.run(world.core.timing.detect + 0.1)
        driven = Driven(world)
        for host in hosts:
            world.fence(host, reboot=True)
            driven.round()
        driven.run(300)
        assert requests(world) == 0
        assert states(world) == {"active"}
        driven.check()

    def test_a_nova_that_asks_for_a_rest_gets_it(self, world: World) -> None:
        instances = boot(world, 20)
        world.fault("nova.evacuate", "busy", until=110)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(9)
        assert len(driven.rounds) < 20
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_who_is_not_allowed_does_not_hammer(self, world: World) -> None:
        boot(world)
        world.fault("nova.evacuate", "denied", until=200)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(90)
        assert "Policy does not allow evacuate" in driven.problems
        assert len(driven.rounds) < 100
        driven.until_done("compute-1")
        driven.check()

    def test_a_slow_nova_does_not_stall_a_round(self, world: World) -> None:
        for number in range(4, 10):
            world.add_host(f"compute-{number}")
            boot(world, host=f"compute-{number}")
            world.fence(f"compute-{number}")
        world.fault("nova", "slow", seconds=5, until=1000)
        driven = Driven(world, storm_limit=0)
        while world.now < 900:
            before = world.now
            pause = driven.round().pause
            assert world.now - before < 100 + pause
        driven.until_done(*(f"compute-{number}" for number in range(4, 10)))
        driven.check()


class TestStorm:
    def test_more_hosts_than_the_limit_wait_for_an_operator(self, world: World) -> None:
        instances = boot(world) + boot(world, host="compute-2")
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world, storm_limit=1)
        driven.run(300)
        assert requests(world) == 0
        assert "storm_limit=1" in driven.problems
        world.release_storm()
        driven.until_done("compute-1", "compute-2")
        assert all(world.runs_on(one) == ["compute-3"] for one in instances)
        released = world.flags().storm_release()
        assert released is not None
        assert released > 0
        driven.run(3700)
        assert world.flags().storm_release() is None
        driven.check()

    def test_it_lasts_until_the_release_although_some_hosts_finish(self, world: World) -> None:
        boot(world)
        boot(world, host="compute-2")
        world.operator_changes("compute-2", ServiceChange(enabled=False))
        world.fence("compute-1")
        driven = Driven(world, storm_limit=1)
        driven.run(1)
        world.fence("compute-2")
        driven.until_done("compute-1")
        driven.run(60)
        assert requests(world) == 3
        assert "evacuation is held, 1 wait (compute-2)" in driven.problems
        world.release_storm()
        driven.until_done("compute-2")
        driven.check()

    def test_not_knowing_whether_it_was_released_holds_too(self, world: World) -> None:
        boot(world)
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world, storm_limit=1)
        world.release_storm()
        world.fault("attrd.query", "down", skip=1, times=1)
        driven.round()
        assert requests(world) == 0


class TestHold:
    """An operator holds evacuation for planned work."""

    def hold(self, world: World) -> None:
        world.holds().write(Hold(NodeName("ctl2"), "alice@ctl2", 1767225600.0, "rack 7 moves"))

    def test_nothing_is_asked_for_until_it_is_released(self, world: World) -> None:
        instances = boot(world)
        self.hold(world)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(300)
        assert requests(world) == 0
        assert "held by alice@ctl2 (rack 7 moves); to release it run: vmha release" in (
            driven.problems
        )
        world.holds().end()
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        assert not driven.problems
        driven.check()

    def test_what_was_asked_for_before_is_followed_and_the_rest_waits(self, world: World) -> None:
        instances = boot(world, 20)
        world.fence("compute-1")
        driven = Driven(world, caps=Caps(total=4))
        driven.round()
        self.hold(world)
        driven.run(120)
        assert requests(world) == 4
        assert sum(world.instance(one).host != "compute-1" for one in instances) == 4
        world.holds().end()
        driven.until_done("compute-1")
        assert all_moved(world, instances)
        driven.check()

    def test_the_host_waits_at_its_gate_meanwhile(self, world: World) -> None:
        boot(world)
        self.hold(world)
        world.fence("compute-1", reboot=True)
        driven = Driven(world)
        driven.run(300)
        assert not world.host("compute-1").compute.running
        driven.check()

    def test_a_new_worker_honours_it(self, world: World) -> None:
        boot(world)
        self.hold(world)
        world.fence("compute-1")
        driven = Driven(world)
        for controller in ("ctl2", "ctl3"):
            driven.restart(controller)
            driven.run(30)
        assert requests(world) == 0

    def test_it_survives_the_stop_of_all_controllers(self, world: World) -> None:
        boot(world)
        self.hold(world)
        world.fence("compute-1")
        world.stop_cluster()
        world.run(60)
        world.start_cluster()
        driven = Driven(world)
        driven.run(60)
        assert requests(world) == 0

    def test_it_is_told_although_nothing_is_flagged(self, world: World) -> None:
        driven = Driven(world)
        driven.round()
        self.hold(world)
        driven.run(30)
        assert driven.rounds[-1].sentence == "nothing is flagged"
        assert "held by alice@ctl2" in driven.problems
        world.holds().end()
        driven.run(10)
        assert not driven.problems

    def test_not_knowing_whether_there_is_one_holds_too(self, world: World) -> None:
        boot(world)
        world.fence("compute-1")
        driven = Driven(world)
        world.fault("cib.query", "down", skip=2, times=1)
        driven.round()
        assert requests(world) == 0
        assert "whether evacuation is held is not known" in driven.problems
        driven.until_done("compute-1")

    def test_a_release_of_the_hold_does_not_release_a_storm(self, world: World) -> None:
        boot(world)
        boot(world, host="compute-2")
        self.hold(world)
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world, storm_limit=1)
        driven.run(10)
        assert "held by alice@ctl2" in driven.problems
        assert "storm_limit=1" in driven.problems
        world.holds().end()
        driven.run(60)
        assert requests(world) == 0
        assert driven.problems.startswith("more than storm_limit=1")


class TestCaps:
    @pytest.mark.parametrize("total", [3, 10])
    def test_over_all_hosts_of_a_round(self, world: World, total: int) -> None:
        boot(world, 20)
        boot(world, 20, host="compute-2")
        world.fence("compute-1")
        world.fence("compute-2")
        driven = Driven(world, caps=Caps(total=total))
        driven.round()
        assert requests(world) == total

    def test_times_the_hosts_that_can_take_them(self, world: World) -> None:
        boot(world, 20)
        world.fence("compute-1")
        driven = Driven(world, caps=Caps(per_destination=2))
        driven.round()
        assert requests(world) == 4


def test_twenty_hosts_with_a_thousand_instances() -> None:
    world = World.with_hosts(*(f"compute-{number}" for number in range(1, 31)))
    for number in range(1, 21):
        boot(world, 50, host=f"compute-{number}")
    world.run(100)
    for number in range(1, 21):
        world.fence(f"compute-{number}")
    driven = Driven(world, storm_limit=0)
    started = time.process_time()
    driven.until_done(*(f"compute-{number}" for number in range(1, 21)))
    assert world.now - 100 < 120
    assert time.process_time() - started < 60
    assert requests(world) == 1000
    driven.check()


class TestCrashes:
    """P9: killed before or after any call of a port, whoever comes next goes on."""

    @staticmethod
    def scenario(world: World) -> list[InstanceId]:
        instances = boot(world, 2) + boot(world, 1, vm_state="stopped")
        world.fault("nova.conductor", "no-host", times=1)
        world.fence("compute-1", reboot=True)
        return instances

    @staticmethod
    def fresh() -> World:
        world = World.with_hosts("compute-1", "compute-2", "compute-3")
        world.run(100)
        return world

    def calls(self) -> int:
        world = self.fresh()
        self.scenario(world)
        dry = Tripwire()
        Driven(world, dry.worker_ports(world.worker_ports())).run(150)
        return len(dry.calls)

    @pytest.mark.parametrize("after_effect", [False, True])
    def test_at_any_point(self, after_effect: bool) -> None:
        for at in range(1, self.calls() + 1):
            self.crash(at, after_effect)

    def crash(self, at: int, after_effect: bool) -> None:
        world = self.fresh()
        instances = self.scenario(world)
        wire = Tripwire(at, after_effect)
        driven = Driven(world, wire.worker_ports(world.worker_ports()))
        try:
            driven.run(150)
        except Died:
            world.run(3)
            driven.restart("ctl2")
        driven.until_done("compute-1")
        driven.run(120)
        driven.check()
        assert requests(world) == len(instances) + 1, driven.told()
        assert all_moved(world, instances[:2])
        assert world.service("compute-1").up
        assert world.service("compute-1").enabled
        assert world.flag("compute-1") is None


class TestWhatOthersDoToTheService:
    """Operators write reasons, enable, disable, un-force, delete; the force-down stays known as ours."""

    def back_in(self, world: World, driven: Driven) -> None:
        driven.until_done("compute-1")
        world.boot_host("compute-1")
        driven.run(200)

    @pytest.mark.parametrize("reason", ["DIMM B2 broken", "x" * 255])
    def test_a_reason_that_takes_our_mark_away_leaves_the_host_disabled_and_not_forced_down(
        self, world: World, reason: str
    ) -> None:
        boot(world)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(3)
        world.operator_changes("compute-1", ServiceChange(enabled=False, reason=reason))
        driven.restart("ctl2")
        self.back_in(world, driven)
        service = world.service("compute-1")
        assert (service.enabled, service.forced_down, service.reason) == (False, False, reason)
        assert world.traces().read().of == {}
        assert not driven.problems
        driven.check()

    def test_a_reason_that_is_erased_is_somebodys_disable(self, world: World) -> None:
        boot(world)
        world.fence("compute-1")
        driven = Driven(world)
        driven.run(3)
        world.service("compute-1").reason = ""
        driven.restart()
        self.back_in(world, driven)
        service = world.service("compute-1")
        assert (service.enabled, service.forced_down) == (False, False)

    def test_who_enables_it_with_no_worker_there_does_not_make_us_forget(
        self, world: World
    ) -> None:
        boot(world)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        world.operator_changes("compute-1", ServiceChange(enabled=True))
        driven.restart("ctl2")
        self.back_in(world, driven)
        service = world.service("compute-1")
        assert (service.enabled, service.forced_down) == (True, False)

    def test_the_trace_is_there_before_nova_is_asked(self, world: World) -> None:
        boot(world)
        world.fence("compute-1")
        world.fault("nova.update_service", "down")
        driven = Driven(world)
        driven.run(3)
        assert not world.service("compute-1").forced_down
        trace = world.traces().read().of[NovaHost("compute-1")]
        assert trace.ours.forced_down
        assert trace.service == world.service("compute-1").id

    def test_without_quorum_nothing_is_forced_down(self, world: World) -> None:
        boot(world)
        world.fence("compute-1")
        world.fault("cib", "no-quorum", until=130)
        driven = Driven(world)
        driven.run(20)
        assert not world.service("compute-1").forced_down
        assert requests(world) == 0
        driven.until_done("compute-1")
        driven.check()

    def test_an_old_trace_does_not_make_a_persons_force_down_ours(self, world: World) -> None:
        """Somebody has restored the configuration of last month."""
        service = world.service("compute-1")
        old = Trace(NovaHost("compute-1"), service.id, Epoch(5.0), Ours(True, True))
        world.cib.put(NodeName("compute-1"), "evacuation-trace", format_trace(old))
        world.operator_changes("compute-1", ServiceChange(forced_down=True))
        driven = Driven(world)
        driven.run(60)
        assert world.service("compute-1").forced_down
        assert "vmha forget compute-1" in driven.problems
        world.traces().remove(NovaHost("compute-1"))
        driven.run(30)
        assert not driven.problems
        driven.check()

    def test_nor_does_the_death_of_that_host(self, world: World) -> None:
        boot(world)
        service = world.service("compute-1")
        old = Trace(NovaHost("compute-1"), service.id, Epoch(5.0), Ours(True, True))
        world.cib.put(NodeName("compute-1"), "evacuation-trace", format_trace(old))
        world.operator_changes("compute-1", ServiceChange(forced_down=True))
        world.fence("compute-1")
        driven = Driven(world)
        self.back_in(world, driven)
        assert world.service("compute-1").forced_down
        assert "waits for whoever had forced it down" in driven.problems
        driven.check()

    def test_ours_is_known_after_a_second_fencing_by_the_trace_that_was_written_last(
        self, world: World
    ) -> None:
        """Although a person's --disable has erased our mark, and no evacuation has succeeded."""
        boot(world)
        service = world.service("compute-1")
        ours = Trace(NovaHost("compute-1"), service.id, Epoch(5.0), Ours(True, True))
        world.traces().write(ours, (NodeName("compute-1"),))
        world.operator_changes("compute-1", ServiceChange(forced_down=True))
        world.fence("compute-1")
        driven = Driven(world)
        self.back_in(world, driven)
        assert not world.service("compute-1").forced_down
        assert not driven.problems

    def test_an_old_trace_of_a_host_in_service_goes_without_a_word(self, world: World) -> None:
        service = world.service("compute-1")
        old = Trace(NovaHost("compute-1"), service.id, Epoch(5.0), Ours(True, True))
        world.cib.put(NodeName("compute-1"), "evacuation-trace", format_trace(old))
        driven = Driven(world)
        driven.run(30)
        assert world.traces().read().of == {}
        assert not driven.problems
        assert (service.enabled, service.forced_down) == (True, False)

    def test_nova_is_the_witness_of_a_trace_whose_flag_is_lost(self, world: World) -> None:
        """All controllers were stopped while the host waits for parts, with a reason of its own."""
        boot(world)
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        world.operator_changes("compute-1", ServiceChange(enabled=False, reason="waits for parts"))
        world.stop_cluster()
        world.start_cluster()
        driven.restart()
        driven.run(60)
        self.back_in(world, driven)
        service = world.service("compute-1")
        assert (service.enabled, service.forced_down) == (False, False)
        driven.check()

    def test_what_nobody_can_read_is_told(self, world: World) -> None:
        world.cib.put(NodeName("compute-1"), "evacuation-trace", "a note")
        driven = Driven(world)
        driven.run(20)
        assert "evacuation-trace of compute-1 cannot be read ('a note')" in driven.problems

    def test_who_unforces_it_again_and_again_is_told_and_not_fought_for_ever(
        self, world: World
    ) -> None:
        boot(world)
        world.fault("nova.conductor", "no-host")
        world.fence("compute-1")
        driven = Driven(world)
        puts = 0
        for _ in range(40):
            driven.run(5)
            puts += world.service("compute-1").forced_down
            world.operator_changes("compute-1", ServiceChange(forced_down=False))
        assert "somebody has undone" in driven.problems
        assert 3 <= puts < 10
        driven.check()

    def test_a_service_that_is_deleted_leaves_nothing_to_undo(self, world: World) -> None:
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        del world.database.services[NovaHost("compute-1")]
        driven.run(120)
        assert world.flag("compute-1") is None
        assert world.traces().read().of == {}
        assert "Nova has no compute service there any more" in driven.told()

    def test_a_service_that_is_made_anew_is_not_the_one_that_we_forced_down(
        self, world: World
    ) -> None:
        world.fence("compute-1")
        driven = Driven(world)
        driven.until_done("compute-1")
        service = world.service("compute-1")
        service.id, service.enabled, service.reason = "another", True, ""
        driven.restart()
        self.back_in(world, driven)
        assert service.forced_down
        assert "is another one than we had forced down" in driven.problems

    def test_what_waits_for_a_person_is_told_as_long_as_it_lasts(self, world: World) -> None:
        boot(world)
        world.fence("compute-1", reboot=True)
        world.fault("nova.update_service", "denied", since=140)
        driven = Driven(world)
        driven.run(300)
        assert "compute-1 is not back in service yet" in driven.problems
        world.end_fault("nova.update_service")
        driven.run(30)
        assert not driven.problems
        assert world.service("compute-1").enabled

    def test_what_is_held_is_not_called_nothing(self, world: World) -> None:
        world.holds().write(Hold(NodeName("ctl2"), "alice@ctl2", 1767225600.0, "rack 7 moves"))
        world.fence("compute-1")
        driven = Driven(world)
        assert driven.round().sentence == "waiting: compute-1"

    def test_a_mark_of_another_cause_is_left_alone(self, world: World) -> None:
        reason = marker.format_cause("policy", "1767225600")
        world.services.change(
            world.service("compute-1").id, ServiceChange(enabled=False, reason=reason)
        )
        driven = Driven(world)
        driven.run(60)
        service = world.service("compute-1")
        assert (service.enabled, service.reason) == (False, reason)
        assert not driven.problems
