"""Live migrations and resizes as Nova does them: by the source's nova-compute, beside the hypervisors."""

from __future__ import annotations

import pytest

from vmha_ocf.errors import NovaRefused, NovaUnavailable
from vmha_ocf.model import InstanceId, NovaHost, ServiceChange
from vmha_ocf.sim import World
from vmha_ocf.sim.judge.invariants import check

DEST = NovaHost("compute-2")
DOWN = ServiceChange(forced_down=True)


@pytest.fixture
def instance(world: World) -> InstanceId:
    return world.boot("compute-1")


def seen(world: World, instance: InstanceId) -> tuple[str, str | None, str, str]:
    """Host, task, the record's status, where it runs."""
    server, [move] = (
        world.instance(instance),
        world.nova().moves_of(world.instance(instance).view()),
    )
    return server.host, server.task_state, move.status, " ".join(world.runs_on(instance))


class TestALiveMigration:
    def test_it_goes_through_nova_s_states(self, world: World, instance: InstanceId) -> None:
        world.moves.live_migrate(instance, DEST)
        assert seen(world, instance) == ("compute-1", "migrating", "accepted", "compute-1")
        world.run(0.3)
        assert seen(world, instance)[2] == "preparing"
        world.run(1)
        assert seen(world, instance)[2] == "running"
        world.run(19.2)
        assert seen(world, instance) == ("compute-1", "migrating", "running", "compute-2")
        world.run(1)
        assert seen(world, instance) == ("compute-2", None, "completed", "compute-2")
        assert check(world) == []

    @pytest.mark.parametrize(("after", "runs"), [(5.0, ""), (20.7, "compute-2")])
    def test_its_source_dies_before_or_after_the_switch(
        self, world: World, instance: InstanceId, after: float, runs: str
    ) -> None:
        """Its record stays running until the source's nova-compute starts, which calls it an error; what
        has switched over runs on, and Nova does not know where."""
        world.moves.live_migrate(instance, DEST)
        world.run(after)
        world.power_cut("compute-1")
        world.run(100)
        assert seen(world, instance) == ("compute-1", "migrating", "running", runs)
        world.boot_host("compute-1")
        world.run(70)
        world.start_compute("compute-1")
        world.run(5)
        assert seen(world, instance) == ("compute-1", None, "error", runs)

    def test_nova_evacuates_what_has_switched_over_and_it_runs_twice(
        self, world: World, instance: InstanceId
    ) -> None:
        world.moves.live_migrate(instance, DEST)
        world.run(20.7)
        world.fence("compute-1")
        nova = world.nova()
        nova.update_service(nova.services(NovaHost("compute-1"))[0], DOWN)
        world.host("compute-2").capacity = 0
        nova.evacuate(world.instance(instance).view())
        world.run(10)
        broken = check(world)
        assert len(world.runs_on(instance)) == 2
        assert [one.split()[0] for one in broken] == ["P2", "P2"]

    def test_a_nova_compute_that_is_restarted_calls_it_off(
        self, world: World, instance: InstanceId
    ) -> None:
        world.moves.live_migrate(instance, DEST)
        world.run(5)
        world.host("compute-1").end_compute()
        world.start_compute("compute-1")
        world.run(60)
        assert seen(world, instance) == ("compute-1", None, "error", "compute-1")

    def test_its_destination_dies(self, world: World, instance: InstanceId) -> None:
        world.moves.live_migrate(instance, DEST)
        world.run(5)
        world.power_cut("compute-2")
        world.run(60)
        assert seen(world, instance) == ("compute-1", None, "failed", "compute-1")

    def test_a_source_that_is_down_has_none(self, world: World, instance: InstanceId) -> None:
        world.power_cut("compute-1")
        world.run(100)
        world.moves.live_migrate(instance)
        world.run(1)
        assert seen(world, instance) == ("compute-1", None, "error", "")

    def test_one_that_waited_for_a_dead_source_finds_nothing(
        self, world: World, instance: InstanceId
    ) -> None:
        world.power_cut("compute-1")
        world.moves.live_migrate(instance)
        world.run(5)
        assert seen(world, instance)[2] == "accepted"
        world.boot_host("compute-1")
        world.run(70)
        world.start_compute("compute-1")
        world.run(5)
        assert seen(world, instance) == ("compute-1", None, "error", "")

    @pytest.mark.parametrize("about", [{"vm_state": "stopped"}, {"task_state": "image_uploading"}])
    def test_it_needs_an_instance_that_runs_and_is_idle(
        self, world: World, about: dict[str, str]
    ) -> None:
        with pytest.raises(NovaRefused):
            world.moves.live_migrate(world.boot("compute-1", **about))  # type: ignore[arg-type]

    def test_a_destination_that_is_dead_already(self, world: World, instance: InstanceId) -> None:
        world.power_cut("compute-2")
        world.moves.live_migrate(instance, DEST)
        world.run(5)
        assert seen(world, instance) == ("compute-1", None, "error", "compute-1")


class TestAResize:
    def test_it_is_off_while_it_is_copied_and_runs_on_its_destination(
        self, world: World, instance: InstanceId
    ) -> None:
        world.moves.cold_move(instance, "resize", DEST)
        assert seen(world, instance) == ("compute-1", "resize_prep", "pre-migrating", "compute-1")
        world.run(1)
        assert seen(world, instance) == ("compute-1", "resize_migrating", "migrating", "")
        world.run(4.5)
        assert seen(world, instance) == ("compute-2", "resize_finish", "post-migrating", "")
        world.run(2)
        assert seen(world, instance) == ("compute-2", None, "finished", "compute-2")
        assert world.instance(instance).vm_state == "resized"
        world.moves.confirm(instance)
        world.run(1)
        assert seen(world, instance) == ("compute-2", None, "confirmed", "compute-2")
        assert world.instance(instance).vm_state == "active"
        assert instance not in world.host("compute-1").guests

    def test_its_source_dies_in_the_middle_and_takes_it_back(
        self, world: World, instance: InstanceId
    ) -> None:
        world.moves.cold_move(instance, "migration", DEST)
        world.run(2)
        world.power_cut("compute-1")
        world.run(100)
        assert seen(world, instance) == ("compute-1", "resize_migrating", "migrating", "")
        world.boot_host("compute-1")
        world.run(70)
        world.start_compute("compute-1")
        world.run(5)
        assert seen(world, instance) == ("compute-1", None, "migrating", "compute-1")

    def test_one_that_was_stopped_stays_so(self, world: World) -> None:
        stopped = world.boot("compute-1", vm_state="stopped")
        world.moves.cold_move(stopped, "resize", DEST)
        world.run(20)
        assert seen(world, stopped) == ("compute-2", None, "finished", "")
        world.moves.confirm(stopped)
        world.run(1)
        assert world.instance(stopped).vm_state == "stopped"

    def test_a_host_that_is_down_has_none(self, world: World, instance: InstanceId) -> None:
        world.power_cut("compute-1")
        world.run(100)
        with pytest.raises(NovaRefused, match="unavailable"):
            world.moves.cold_move(instance, "resize")

    def test_no_room_anywhere(self, world: World, instance: InstanceId) -> None:
        for host in world.hosts.values():
            host.capacity = 0
        world.moves.cold_move(instance, "resize")
        world.run(1)
        assert seen(world, instance) == ("compute-1", None, "error", "compute-1")

    def test_what_was_evacuated_meanwhile_is_not_resized(
        self, world: World, instance: InstanceId
    ) -> None:
        """It was asked of a host that was dead already, and waited there."""
        world.power_cut("compute-1")
        world.moves.cold_move(instance, "resize", DEST)
        world.run(1)
        nova = world.nova()
        nova.update_service(nova.services(NovaHost("compute-1"))[0], DOWN)
        nova.evacuate(world.instance(instance).view())
        world.run(10)
        world.boot_host("compute-1")
        world.run(70)
        world.start_compute("compute-1")
        world.run(10)
        assert seen(world, instance)[1:3] == (None, "error")
        assert check(world) != []  # Nothing had proved that it was off.
        assert len(world.runs_on(instance)) == 1

    def test_what_was_never_resized_is_not_confirmed(self, world: World) -> None:
        resized = world.boot("compute-1", vm_state="resized")
        with pytest.raises(NovaRefused):
            world.moves.confirm(resized)


@pytest.mark.parametrize(
    ("task_state", "vm_state", "ends"),
    [
        ("powering-off", "active", ("stopped", None, False)),
        ("powering-on", "stopped", ("active", None, True)),
        ("soft-deleting", "active", ("soft-delete", None, False)),
        ("rebooting_hard", "active", ("active", None, True)),
        ("image_snapshot", "active", ("active", None, False)),
        ("resize_prep", "active", ("active", None, False)),
        ("resize_migrating", "active", ("active", None, True)),
        ("migrating", "active", ("active", None, False)),
        ("shelving", "active", ("active", "shelving", False)),
    ],
)
def test_what_waits_when_a_host_dies_is_done_or_dropped_at_its_return(
    world: World, task_state: str, vm_state: str, ends: tuple[str, str | None, bool]
) -> None:
    """As nova-compute's init_host, and the messages in its queue."""
    instance = world.boot("compute-1", vm_state=vm_state, task_state=task_state)
    world.power_cut("compute-1")
    world.boot_host("compute-1")
    world.run(70)
    world.start_compute("compute-1")
    world.run(5)
    server = world.instance(instance)
    assert (server.vm_state, server.task_state, bool(world.runs_on(instance))) == ends


def test_an_error_that_was_stopped_is_off_for_nova(world: World) -> None:
    off = world.boot("compute-1", vm_state="error", powered_off=True)
    assert world.instance(off).view().powered_off


class TestACellThatIsDown:
    """compute-3 is in it."""

    @pytest.fixture(autouse=True)
    def _lost(self, world: World) -> None:
        world.fault("nova.cell", "down", host="compute-3")

    def test_its_hosts_are_unknown_and_the_others_known(self, world: World) -> None:
        nova = world.nova()
        assert [one.host for one in nova.services(DEST)] == [DEST]
        with pytest.raises(NovaUnavailable):
            nova.services(NovaHost("compute-3"))

    def test_its_instances_are_missing_and_cannot_be_asked_for(self, world: World) -> None:
        nova = world.nova()
        one = world.boot("compute-3")
        world.moves.live_migrate(one)
        there = world.instance(one).view()
        assert list(nova.instances_on(NovaHost("compute-3"))) == []
        assert list(nova.moves_of(there)) == []
        for ask in (nova.evacuate, nova.reset_to_error, nova.stop):
            with pytest.raises(NovaUnavailable):
                ask(there)
        with pytest.raises(NovaUnavailable):
            nova.evacuations_from(NovaHost("compute-3"))

    def test_its_services_are_not_changed(self, world: World) -> None:
        with pytest.raises(NovaUnavailable):
            world.nova().update_service(world.service("compute-3").view(), DOWN)

    def test_the_scheduler_leaves_it_out(self, world: World, instance: InstanceId) -> None:
        world.host("compute-2").capacity = 0
        assert world.rebuilder.pick(world.instance(instance)) is None
