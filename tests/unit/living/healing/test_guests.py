"""The worker looks after guests of hosts that live, on the simulated cloud."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any, cast

import pytest

from tests.unit.living.healing.cloud import POLICY, Watched
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.errors import NovaBusy
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing import switched_on
from vmha_ocf.model import Instance, InstanceId, NodeName, NovaHost
from vmha_ocf.ports import Nova

STORAGE = POLICY + 'io-error = ["restart", "notify"]\n'
MEASURED = """
[class.cattle.network]
storage = "notify"
[measured.storage]
attribute = "net-storage"
resource = "net-storage"
healthy = ["green"]
"""


def settled(policy: str = POLICY, **settings: object) -> Watched:
    """It runs for a while already."""
    watched = Watched(policy, **settings)
    watched.run(12)
    return watched


class TestRestarted:
    def test_a_guest_that_has_crashed_is_rebooted_once_and_that_is_said(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.crash(one)
        watched.run(90)
        assert watched.reboots(one) == 1
        assert watched.world.runs_on(one) == [NodeName("compute-1")]
        assert "compute-1: vm-1 has crashed: asked Nova to restart it" in watched.log
        assert "compute-1: vm-1 runs again, " in watched.log
        assert watched.problems == ""

    def test_it_is_asked_for_soon_after_its_host_has_said_so(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.crash(one)
        watched.driven.round()
        assert watched.reboots(one) == 1

    def test_a_crash_loop_ends_at_its_limit_and_is_told(self) -> None:
        watched = settled()
        [one] = watched.boot()
        for _ in range(5):
            watched.crash(one)
            watched.run(5)
        assert watched.reboots(one) == 3
        for _ in range(60):
            watched.run(1)
            assert "was restarted 3 times within 30 min" in watched.problems, "all the time"

    def test_the_limit_holds_over_a_failover(self) -> None:
        watched = settled()
        [one] = watched.boot()
        for number in range(5):
            watched.driven.restart(f"ctl{1 + number % 3}")
            watched.crash(one)
            watched.run(5)
        assert watched.reboots(one) == 3

    def test_a_hold_that_is_set_right_before_the_restart_counts(self) -> None:
        """Nothing is flagged, and the round has looked for a hold a moment ago."""
        watched = settled()
        [one] = watched.boot()
        nova, world = watched.driven.ports.nova, watched.world

        class BesideAnOperator:
            def instances_on(self, host: NovaHost) -> Any:
                found = nova.instances_on(host)
                world.holds().write(Hold(NodeName("ctl1"), "alice", world.now, "rack 7 moves"))
                return found

            def __getattr__(self, name: str) -> Any:
                return getattr(nova, name)

        watched.driven.ports = replace(watched.driven.ports, nova=cast(Nova, BesideAnOperator()))
        watched.driven.restart()
        watched.crash(one)
        watched.run(60)
        assert watched.reboots(one) == 0
        assert "rack 7 moves" in watched.driven.problems

    @pytest.mark.parametrize("ago", [-3600.0, 0.0, 10.0])
    def test_what_its_storage_has_paused_has_its_time_whatever_the_clock_of_its_host_says(
        self, ago: float
    ) -> None:
        watched = settled(STORAGE)
        [one] = watched.boot()
        watched.crash(one, Kind.IO_ERROR, ago=ago)
        watched.run(55)
        assert watched.reboots(one) == 0
        watched.run(20)
        assert watched.reboots(one) == 1

    def test_while_its_host_is_without_storage_it_waits_for_that(self) -> None:
        watched = Watched(f"{STORAGE}{MEASURED}")
        watched.world.measuring = lambda: {"net-storage": [NodeName("compute-1")]}
        watched.world.attrd.put("net-storage", "compute-1", "red")
        watched.run(12)
        [one] = watched.boot()
        watched.crash(one, Kind.IO_ERROR)
        watched.run(90)
        assert watched.reboots(one) == 0
        assert (
            "its host has lost its storage; it is restarted when that is back" in watched.problems
        )
        watched.world.attrd.put("net-storage", "compute-1", "green")
        watched.run(15)
        assert watched.reboots(one) == 1

    def test_after_a_failover_it_has_its_time_once_more(self) -> None:
        watched = settled(STORAGE)
        [one] = watched.boot()
        watched.crash(one, Kind.IO_ERROR)
        watched.run(50)
        watched.driven.restart("ctl2")
        watched.run(50)
        assert watched.reboots(one) == 0
        watched.run(20)
        assert watched.reboots(one) == 1

    def test_a_pause_that_has_ended_does_not_count_for_the_next(self) -> None:
        watched = settled(STORAGE)
        [one] = watched.boot()
        watched.crash(one, Kind.IO_ERROR)
        watched.run(50)
        watched.down["compute-1"].clear()
        watched.tell()
        watched.run(2)
        watched.crash(one, Kind.IO_ERROR)
        watched.run(50)
        assert watched.reboots(one) == 0

    def test_many_go_at_the_pace_the_most_important_first(self) -> None:
        watched = settled()
        many = watched.boot(9)
        [first] = watched.boot(metadata={"evacuation_priority": "9"})
        for one in (*many, first):
            watched.crash(one)
        watched.driven.round()
        assert sum(map(watched.reboots, many)) == 3
        assert watched.reboots(first) == 1
        watched.run(13)
        assert [watched.reboots(one) for one in many] == [1] * 9

    def test_it_is_restarted_after_novas_own_stop_too(self) -> None:
        watched = settled()
        watched.run(20)
        [one] = watched.boot()
        watched.crash(one, ago=16)
        server = watched.world.instance(one)
        server.asked("stop", watched.world.now, "")
        server.vm_state = "stopped"
        watched.run(30)
        assert (watched.reboots(one), server.vm_state) == (1, "active")


class TestAskedForOnce:
    def test_though_the_answer_is_lost(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.fault("nova.reboot", "lost-answer", times=1)
        watched.crash(one)
        watched.run(60)
        assert (watched.reboots(one), watched.problems) == (1, "")
        assert "the request to restart it got no clear answer" in watched.log

    def test_what_nova_never_got_is_told_and_not_repeated(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.fault("nova.reboot", "late", times=1, seconds=9000)
        watched.crash(one)
        watched.run(120)
        assert watched.reboots(one) == 0
        assert (
            "and is not restarted: the request to restart it got no clear answer"
            in watched.problems
        )

    def test_though_the_request_comes_late(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.fault("nova.reboot", "late", times=1, seconds=40)
        watched.crash(one)
        watched.run(120)
        assert (watched.reboots(one), watched.problems) == (1, "")

    def test_while_nova_is_busy_it_gets_its_rest(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.fault("nova.reboot", "busy", times=1)
        watched.crash(one)
        watched.run(20)
        assert (watched.reboots(one), watched.problems) == (1, "")

    def test_its_rest_ends_however_long_a_proxy_wants_it_and_is_told(self) -> None:
        watched = settled()
        [one] = watched.boot()
        end = watched.world.now + 90
        nova = watched.driven.ports.nova

        class Proxied:
            def reboot(self, instance: Instance) -> None:
                if watched.world.now < end:
                    raise NovaBusy("Nova asks us to slow down (429)", retry_after=inf)
                nova.reboot(instance)

            def __getattr__(self, name: str) -> Any:
                return getattr(nova, name)

        watched.driven.ports = replace(watched.driven.ports, nova=cast(Nova, Proxied()))
        watched.driven.restart()
        watched.crash(one)
        watched.run(50)
        assert watched.problems == ""
        watched.run(50)
        assert "Nova does not restart it: Nova asks us to slow down (429)" in watched.problems
        watched.run(60)
        assert (watched.reboots(one), watched.problems) == (1, "")

    def test_what_cannot_be_read_now_is_read_again(self) -> None:
        watched = settled()
        [one] = watched.boot()
        for method in ("actions_of", "instances_on"):
            watched.world.fault(f"nova.{method}", "down", times=1)
        watched.crash(one)
        watched.run(20)
        assert (watched.reboots(one), watched.problems) == (1, "")

    def test_though_another_worker_comes_before_its_effect(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.crash(one)
        watched.driven.round()
        watched.world.run(3)
        watched.world.host("compute-1").halt(one)
        watched.tell()
        watched.driven.restart("ctl2")
        watched.run(90)
        assert watched.reboots(one) == 1
        assert "its restart did not help" in watched.problems


class TestWhatIsLeftAlone:
    def test_without_a_policy_nothing_is_even_read(self) -> None:
        watched = settled("")
        [one] = watched.boot()
        watched.crash(one)
        watched.run(60)
        assert watched.reboots(one) == 0
        assert not watched.world.cib.truth(switched_on.ATTRIBUTE)

    def test_what_was_down_before_the_policy_came(self) -> None:
        watched = settled("")
        [one] = watched.boot()
        watched.crash(one)
        watched.run(5)
        watched.world.write_policy(POLICY)
        watched.run(60)
        assert watched.reboots(one) == 0
        assert "that was before the policy asked for restarts" in watched.problems

    def test_what_was_down_at_the_first_look_of_its_host_and_is_stopped(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.instance(one).vm_state = "stopped"
        watched.crash(one, seen=False)
        watched.run(60)
        assert (watched.reboots(one), watched.problems) == (0, "")

    def test_what_its_owner_stops_in_the_second_of_its_crash(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.requests.stop(one)
        watched.crash(one)
        watched.run(60)
        assert (watched.reboots(one), watched.problems) == (0, "")

    def test_what_another_host_tells_of(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.crash(one, Kind.HUNG, host="compute-2")
        watched.run(60)
        assert (watched.reboots(one), watched.problems) == (0, "")

    def test_whose_host_is_flagged(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.fence("compute-1")
        watched.crash(one)
        watched.run(60)
        assert watched.reboots(one) == 0

    @pytest.mark.parametrize("other", ["", POLICY + "\n# another one"])
    def test_everything_while_the_policies_of_controllers_differ(self, other: str) -> None:
        watched = settled()
        watched.world.write_policy(other or "class = 3", "ctl2")
        watched.run(35)
        [one] = watched.boot()
        watched.crash(one)
        watched.run(60)
        assert watched.reboots(one) == 0
        watched.world.write_policy(POLICY)
        watched.run(60)
        assert watched.reboots(one) == 1


class TestTold:
    def test_what_the_policy_has_told(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.crash(one, Kind.HUNG)
        watched.run(20)
        assert watched.reboots(one) == 0
        told = "compute-1: vm-1 hangs, and is not restarted: the policy has it told: "
        assert f"{told}openstack server reboot --hard {one}" in watched.problems

    def test_a_report_that_nobody_of_ours_wrote(self) -> None:
        watched = settled()
        watched.world.attrd.put(ATTRIBUTE, "compute-1", "1 boot=x")
        watched.run(20)
        assert (
            "compute-1: what it says of its instances: the attribute is not understood"
            in watched.problems
        )

    @pytest.mark.parametrize("whole", [True, False])
    def test_in_maintenance_it_waits_for_its_end(self, whole: bool) -> None:
        watched = settled()
        [one] = watched.boot()
        if whole:
            watched.world.maintenance = True
        else:
            watched.world.cib.put(NodeName("compute-1"), "maintenance", "true")
        watched.run(31)
        watched.crash(one)
        watched.run(60)
        assert watched.reboots(one) == 0
        assert "its host is in maintenance" in watched.problems
        watched.world.maintenance = False
        watched.world.cib.put(NodeName("compute-1"), "maintenance", "")
        watched.run(62)
        assert (watched.reboots(one), watched.problems) == (1, "")

    def test_what_nova_is_at_for_long(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.instance(one).task_state = "image_uploading"
        watched.crash(one)
        watched.run(280)
        assert watched.problems == ""
        watched.run(30)
        assert "is not restarted: Nova has it image_uploading, after 5 min" in watched.problems
        watched.world.instance(one).task_state = None
        watched.run(40)
        assert (watched.reboots(one), watched.problems) == (1, "")

    @pytest.mark.parametrize(
        ("method", "told"),
        [
            ("instances_on", "what has become of its instances is not known"),
            ("image_marks", "what images say of instances that are down is not known"),
        ],
    )
    @pytest.mark.parametrize("over", ["it runs again", "nobody asks about it"])
    def test_what_is_not_known_of_those_that_are_down_alone(
        self, method: str, told: str, over: str
    ) -> None:
        watched = settled()
        [one] = watched.boot(image="its-image")
        watched.world.fault(f"nova.{method}", "down")
        watched.crash(one)
        watched.run(3)
        assert told in watched.problems
        if over == "it runs again":
            watched.down["compute-1"].clear()
            watched.tell()
        else:
            watched.world.write_policy("")
        watched.run(40)
        assert watched.problems == ""

    def test_while_novas_service_of_the_host_is_down_it_waits_for_it(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.service("compute-1").forced_down = True
        watched.crash(one)
        watched.run(20)
        assert watched.reboots(one) == 0
        assert "Nova calls its nova-compute down" in watched.problems

    def test_what_nova_refuses(self) -> None:
        watched = settled()
        [one] = watched.boot()
        watched.world.fault("nova.reboot", "denied")
        watched.crash(one)
        watched.run(20)
        assert "Nova does not restart it: " in watched.problems
        watched.world.end_fault("nova.reboot")
        watched.run(20)
        assert watched.reboots(one) == 1

    def test_who_is_gone_by_then_is_nobodys_matter(self) -> None:
        watched = settled()
        watched.crash(InstanceId("99999999-2222-3333-4444-555555555555"))
        watched.run(20)
        assert watched.problems == ""
