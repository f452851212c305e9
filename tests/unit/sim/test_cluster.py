"""Power, Pacemaker, attrd and units of a simulated cluster, as seen on Pacemaker 2.1.5."""

from __future__ import annotations

import pytest

from vmha_ocf.cluster.flag_texts import ATTRIBUTE
from vmha_ocf.errors import (
    BmcRefused,
    BmcUnavailable,
    ClusterUnavailable,
    FlagNotWritten,
    FlagsUnavailable,
    NotInstalled,
    UnitFailed,
    UnitUnavailable,
)
from vmha_ocf.model import Epoch, Flag, FlagState, NodeName, NodeState, NovaHost, Power
from vmha_ocf.sim import World

NODE = NodeName("compute-1")
HOST = NovaHost("compute-1")
NEEDED = Flag(HOST, FlagState.NEEDED, node=NODE)


@pytest.fixture
def world() -> World:
    world = World.with_hosts("compute-1", "compute-2")
    world.run(100)
    return world


def state(world: World) -> NodeState:
    return world.cluster().nodes()[NODE]


def test_time_passes_only_by_waiting(world: World) -> None:
    clock = world.clock()
    before = clock.now()
    clock.sleep(3600)
    assert clock.now() - before == 3600
    assert clock.monotonic() == world.now == 3700


def test_what_is_scheduled_happens_in_order_and_may_itself_wait(world: World) -> None:
    seen: list[tuple[str, float]] = []

    def slow() -> None:
        world.run(20)
        seen.append(("slow", world.now))

    world.at(110, slow)
    world.at(120, lambda: seen.append(("between", world.now)))
    world.run_until(115)
    assert seen == [("between", 120), ("slow", 130)]
    assert world.now == 130


class TestPower:
    def test_off_takes_effect_later(self, world: World) -> None:
        bmc = world.bmc("compute-1")
        instance = world.boot("compute-1")
        bmc.set_power(Power.OFF)
        assert bmc.power() is Power.ON
        assert world.runs_on(instance) == [NODE]
        world.run(2)
        assert bmc.power() is Power.OFF
        assert world.runs_on(instance) == []

    def test_on_takes_a_boot(self, world: World) -> None:
        world.fence("compute-1")
        world.bmc("compute-1").set_power(Power.ON)
        world.run(30)
        assert world.bmc("compute-1").power() is Power.ON
        assert not state(world).online
        world.run(40)
        assert state(world).online

    def test_a_host_that_is_cut_again_while_it_boots_stays_off(self, world: World) -> None:
        world.power_cut("compute-1")
        world.boot_host("compute-1")
        world.run(30)
        world.power_cut("compute-1")
        world.run(10)
        world.boot_host("compute-1")
        world.run(30)
        assert not world.host("compute-1").booted
        world.run(40)
        assert world.host("compute-1").booted

    @pytest.mark.parametrize(
        ("what", "error"),
        [("silent", BmcUnavailable), ("denied", BmcRefused), ("lost-answer", BmcUnavailable)],
    )
    def test_a_bmc_that_fails(self, world: World, what: str, error: type[Exception]) -> None:
        world.fault("bmc", what, host="compute-1", times=1)
        with pytest.raises(error):
            world.bmc("compute-1").set_power(Power.OFF)
        world.run(5)
        took_effect = what == "lost-answer"
        assert (world.bmc("compute-1").power() is Power.OFF) == took_effect

    def test_a_fault_of_one_bmc_is_none_of_another(self, world: World) -> None:
        world.fault("bmc", "silent", host="compute-1")
        assert world.bmc("compute-2").power() is Power.ON

    def test_a_bmc_that_accepts_and_does_nothing(self, world: World) -> None:
        world.fault("bmc", "ignored")
        world.bmc("compute-1").set_power(Power.OFF)
        world.run(60)
        assert world.bmc("compute-1").power() is Power.ON

    def test_a_bmc_that_lies(self, world: World) -> None:
        world.fault("bmc", "says-off")
        assert world.bmc("compute-1").power() is Power.OFF
        assert world.host("compute-1").power is Power.ON

    def test_a_slow_bmc(self, world: World) -> None:
        world.fault("bmc.power", "slow", seconds=28)
        world.bmc("compute-1").power()
        assert world.now == 128


class TestPacemaker:
    def test_a_lost_host_is_offline_after_a_while(self, world: World) -> None:
        world.power_cut("compute-1")
        assert state(world).online
        world.run(11)
        assert not state(world).online
        assert not state(world).fenced

    def test_a_fenced_host_is_fenced_until_it_returns_and_remembered(self, world: World) -> None:
        world.fence("compute-1", by="ctl2")
        at = world.clock().now()
        assert state(world) == NodeState(
            NODE, online=False, fenced=True, fenced_at=at, fenced_by="ctl2"
        )
        world.boot_host("compute-1")
        world.run(61)
        assert state(world) == NodeState(
            NODE, True, fenced=False, fenced_at=at, fenced_by="ctl2", connected_at=Epoch(at + 60)
        )

    def test_a_full_stop_forgets_the_fencing_and_attrd(self, world: World) -> None:
        world.fence("compute-1")
        world.attrd.put(ATTRIBUTE, "compute-2", "yes")
        world.stop_cluster()
        with pytest.raises(ClusterUnavailable):
            world.cluster().nodes()
        with pytest.raises(FlagsUnavailable):
            world.flags().read()
        world.start_cluster()
        assert state(world) == NodeState(NODE, online=False, fenced=False)
        assert set(world.flags().read()) == {HOST}, "only the CIB record is left"

    def test_an_isolated_host_is_offline_and_its_guests_run_on(self, world: World) -> None:
        instance = world.boot("compute-1")
        world.isolate("compute-1")
        world.run(100)
        assert not state(world).online
        assert not world.nova().services(HOST)[0].up
        assert world.runs_on(instance) == [NODE]
        world.rejoin("compute-1")
        assert state(world).online
        assert world.nova().services(HOST)[0].up

    def test_nobody_hears_of_a_nova_compute_that_starts_on_an_isolated_host(
        self, world: World
    ) -> None:
        world.fence("compute-1", reboot=True, flag=False)
        world.run(60)
        world.isolate("compute-1")
        world.start_compute("compute-1")
        world.run(60)
        assert not world.nova().services(HOST)[0].up
        world.rejoin("compute-1")
        assert world.nova().services(HOST)[0].up


class TestAttrd:
    def test_accepted_is_not_applied(self, world: World) -> None:
        world.attrd.update(ATTRIBUTE, "nova:compute-1", "yes")
        assert world.attrd.values(ATTRIBUTE) == {}
        world.run(1)
        assert world.attrd.values(ATTRIBUTE) == {"nova:compute-1": "yes"}

    def test_case_does_not_matter_and_the_first_spelling_stays(self, world: World) -> None:
        for key, value in (("Compute-1", "NO"), ("compute-1", "no"), ("COMPUTE-1", "yes")):
            world.attrd.update(ATTRIBUTE, key, value)
            world.run(1)
        assert world.attrd.values(ATTRIBUTE) == {"Compute-1": "yes"}

    @pytest.mark.parametrize("event", ["reconnect", "fenced while connected"])
    def test_a_key_of_the_nodes_own_name_is_purged(self, world: World, event: str) -> None:
        if event == "reconnect":
            world.fence("compute-1", flag=False)
        world.attrd.put(ATTRIBUTE, "compute-1", "yes")
        world.attrd.put(ATTRIBUTE, "nova:compute-1", "yes")
        if event == "reconnect":
            world.boot_host("compute-1")
            world.run(61)
        else:
            world.fence("compute-1", flag=False)
        assert world.attrd.values(ATTRIBUTE) == {"nova:compute-1": "yes"}

    def test_a_lost_update_is_repeated_by_who_reads_it_back(self, world: World) -> None:
        world.fault("attrd", "lost", times=2)
        world.flags().write(NEEDED)
        assert world.flag("compute-1") is not None

    def test_an_update_that_never_arrives_is_told(self, world: World) -> None:
        world.fault("attrd", "lost")
        with pytest.raises(FlagNotWritten):
            world.flags().write(NEEDED)

    def test_a_late_update_does_not_survive_a_full_stop(self, world: World) -> None:
        world.fault("attrd", "late", times=1)
        world.attrd.update(ATTRIBUTE, "nova:compute-1", "yes")
        world.stop_cluster()
        world.start_cluster()
        world.run(60)
        assert world.attrd.values(ATTRIBUTE) == {}

    def test_without_quorum_nothing_is_recorded(self, world: World) -> None:
        world.fault("cib", "no-quorum", until=200)
        with pytest.raises(FlagNotWritten):
            world.flags().write(NEEDED)
        assert world.flag("compute-1") is None
        world.run_until(200)
        world.flags().write(NEEDED)


class TestUnits:
    def test_nova_compute_dies_with_its_host(self, world: World) -> None:
        units = world.units("compute-1")
        assert units.is_active()
        world.power_cut("compute-1")
        with pytest.raises(UnitUnavailable):
            units.is_active()
        world.boot_host("compute-1")
        world.run(61)
        assert not units.is_active()

    def test_start_and_stop(self, world: World) -> None:
        units = world.units("compute-1")
        instance = world.boot("compute-1")
        units.stop()
        assert not units.is_active()
        assert world.runs_on(instance) == [NODE], "guests outlive nova-compute"
        units.start()
        assert units.is_active()

    def test_a_unit_that_the_boot_starts_behind_our_back(self, world: World) -> None:
        world.host("compute-1").starts_compute = True
        world.fence("compute-1", reboot=True)
        world.run(61)
        assert world.units("compute-1").is_active()

    @pytest.mark.parametrize(
        ("what", "error"),
        [("start-fails", UnitFailed), ("silent", UnitUnavailable), ("missing", NotInstalled)],
    )
    def test_a_start_that_fails(self, world: World, what: str, error: type[Exception]) -> None:
        world.units("compute-1").stop()
        world.fault("units", what, times=1)
        with pytest.raises(error):
            world.units("compute-1").start()
        assert not world.units("compute-1").is_active()

    def test_a_start_that_does_not_last(self, world: World) -> None:
        world.units("compute-1").stop()
        world.fault("units", "start-then-dies")
        world.units("compute-1").start()
        assert world.units("compute-1").is_active()
        world.run(2)
        assert not world.units("compute-1").is_active()

    def test_a_stop_that_fails(self, world: World) -> None:
        world.fault("units", "stop-fails")
        with pytest.raises(UnitFailed):
            world.units("compute-1").stop()


def test_names_of_pacemaker_and_of_nova_may_differ() -> None:
    world = World()
    world.add_host("compute-1", nova="compute-1.example.com")
    world.fence("compute-1")
    assert world.flag("compute-1") == world.flag("compute-1.example.com")
    assert set(world.flags().read()) == {"compute-1.example.com"}
    assert world.host("compute-1") is world.host("compute-1.example.com")
