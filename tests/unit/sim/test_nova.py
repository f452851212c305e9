"""The simulated Nova gives the answers that were measured on Nova 34 and 26."""

from __future__ import annotations

import pytest

from vmha_ocf.errors import NovaRefused, NovaUnavailable
from vmha_ocf.model import Instance, InstanceId, NovaHost, ServiceChange
from vmha_ocf.ports import Nova
from vmha_ocf.sim import World

DEAD = NovaHost("compute-1")
DOWN = ServiceChange(forced_down=True)
UP = ServiceChange(forced_down=False)
DISABLED = ServiceChange(enabled=False, reason="test")


@pytest.fixture
def world() -> World:
    """compute-1 can be lost; there are three others."""
    world = World.with_hosts("compute-1", "compute-2", "compute-3", "compute-4")
    world.run(100)
    return world


@pytest.fixture
def nova(world: World) -> Nova:
    return world.nova()


def lose(world: World, host: str = "compute-1") -> None:
    world.power_cut(host)
    change(world, host, DOWN)


def change(world: World, host: str, what: ServiceChange) -> None:
    nova = world.nova()
    nova.update_service(nova.services(NovaHost(host))[0], what)


def evacuate(world: World, instance: InstanceId) -> None:
    world.nova().evacuate(world.instance(instance).view())


def statuses(world: World, instance: InstanceId) -> list[str]:
    return [record.status for record in world.records(instance)]


def refusal(world: World, instance: InstanceId) -> NovaRefused:
    with pytest.raises(NovaRefused) as raised:
        evacuate(world, instance)
    assert world.records(instance) == []
    return raised.value


@pytest.mark.parametrize("vm_state", ["active", "error", "stopped"])
def test_an_evacuated_instance_keeps_its_power_state(world: World, vm_state: str) -> None:
    instance = world.boot("compute-1", vm_state=vm_state)
    lose(world)
    evacuate(world, instance)
    world.run(10)
    server = world.instance(instance)
    assert server.host != DEAD
    assert server.task_state is None
    assert server.vm_state == ("stopped" if vm_state == "stopped" else "active")
    assert world.runs_on(instance) == ([] if vm_state == "stopped" else ["compute-2"])
    assert statuses(world, instance) == ["done"]


def test_an_error_instance_that_was_off_comes_back_running(world: World) -> None:
    instance = world.boot("compute-1", vm_state="stopped")
    lose(world)
    world.fault("nova.conductor", "no-host", times=1)
    evacuate(world, instance)
    world.run(1)
    assert world.instance(instance).vm_state == "error"
    assert world.instance(instance).powered_off
    evacuate(world, instance)
    world.run(10)
    assert world.instance(instance).vm_state == "active"
    assert world.runs_on(instance) != []


def test_a_host_is_in_use_until_its_service_is_down(world: World) -> None:
    instance = world.boot("compute-1")
    world.power_cut("compute-1")
    for wait in (0, 30, 25):
        world.run(wait)
        assert refusal(world, instance).code == 400
    world.run(10)
    evacuate(world, instance)


def test_forced_down_permits_evacuation_of_a_host_that_lives(world: World) -> None:
    """The damage that P1 is there to prevent."""
    instance = world.boot("compute-1")
    change(world, "compute-1", DOWN)
    evacuate(world, instance)
    world.run(10)
    assert len(world.runs_on(instance)) == 2


@pytest.mark.parametrize("vm_state", ["paused", "suspended", "rescued", "resized", "building"])
def test_other_states_are_refused(world: World, vm_state: str) -> None:
    instance = world.boot("compute-1", vm_state=vm_state)
    lose(world)
    refused = refusal(world, instance)
    assert refused.code == 409
    assert f"vm_state {vm_state}" in refused.message


def test_a_reset_state_makes_them_evacuable(world: World, nova: Nova) -> None:
    instance = world.boot("compute-1", vm_state="paused")
    lose(world)
    nova.reset_to_error(world.instance(instance).view())
    evacuate(world, instance)
    world.run(10)
    assert world.instance(instance).vm_state == "active"


def test_an_instance_that_never_ran_is_refused(world: World) -> None:
    instance = world.boot("compute-1", vm_state="error", launched=False)
    lose(world)
    assert refusal(world, instance).code == 409


def test_a_vtpm_is_refused(world: World) -> None:
    instance = world.boot("compute-1", vtpm=True)
    lose(world)
    assert refusal(world, instance).code == 400


def test_an_unknown_instance_is_not_found(nova: Nova) -> None:
    with pytest.raises(NovaRefused) as raised:
        nova.evacuate(Instance(InstanceId("none"), DEAD))
    assert raised.value.code == 404


def test_no_valid_host_leaves_an_error_that_can_be_evacuated_again(world: World) -> None:
    instance = world.boot("compute-1")
    for host in world.hosts.values():
        host.capacity = 0
    lose(world)
    evacuate(world, instance)
    world.run(10)
    server = world.instance(instance)
    assert (server.vm_state, server.task_state, server.host) == ("error", None, DEAD)
    record = world.records(instance)[0]
    assert (record.status, record.dest) == ("error", None)
    world.host("compute-3").capacity = 1
    evacuate(world, instance)
    world.run(10)
    assert world.runs_on(instance) == ["compute-3"]


def test_capacity_is_shared_by_those_on_their_way(world: World) -> None:
    instances = [world.boot("compute-1") for _ in range(5)]
    for host in world.hosts.values():
        host.capacity = 1
    lose(world)
    for instance in instances:
        evacuate(world, instance)
    world.run(10)
    assert sorted(statuses(world, one)[0] for one in instances) == ["done"] * 3 + ["error"] * 2


def test_a_failed_spawn_is_not_tried_elsewhere(world: World) -> None:
    instance = world.boot("compute-1")
    world.fault("nova.destination", "spawn-fails", times=1)
    lose(world)
    evacuate(world, instance)
    world.run(20)
    record = world.records(instance)[0]
    assert (record.status, record.dest) == ("failed", "compute-2")
    assert world.instance(instance).vm_state == "error"
    assert world.instance(instance).host == DEAD
    assert world.runs_on(instance) == []


def test_a_late_refusal_restores_the_state(world: World) -> None:
    instance = world.boot("compute-1")
    world.fault("nova.destination", "late-claim", times=1)
    lose(world)
    evacuate(world, instance)
    world.run(20)
    server = world.instance(instance)
    assert (server.vm_state, server.task_state, server.host) == ("active", None, DEAD)
    assert statuses(world, instance) == ["failed"]


@pytest.mark.parametrize("wait", [0.0, 0.22, 0.4, 1.0, 2.0, 2.36])
def test_a_second_evacuation_is_accepted_and_does_its_damage(world: World, wait: float) -> None:
    instance = world.boot("compute-1")
    lose(world)
    evacuate(world, instance)
    world.run(wait)
    evacuate(world, instance)
    world.run(60)
    damaged = world.instance(instance).vm_state == "error" or "accepted" in statuses(
        world, instance
    )
    assert damaged or len(world.runs_on(instance)) == 2
    assert len(world.records(instance)) == 2


def test_a_second_evacuation_can_leave_two_guests(world: World) -> None:
    instance = world.boot("compute-1")
    lose(world)
    evacuate(world, instance)
    world.run(1)
    evacuate(world, instance)
    world.run(60)
    assert len(world.runs_on(instance)) == 2


def test_a_reset_state_breaks_a_running_evacuation(world: World, nova: Nova) -> None:
    instance = world.boot("compute-1")
    lose(world)
    evacuate(world, instance)
    world.run(1)
    nova.reset_to_error(world.instance(instance).view())
    world.run(60)
    assert statuses(world, instance) == ["failed"]
    assert world.instance(instance).host == DEAD
    assert world.runs_on(instance) == ["compute-2"]


def test_a_destination_that_dies_leaves_its_record_for_ever(world: World) -> None:
    instance = world.boot("compute-1")
    lose(world)
    evacuate(world, instance)
    world.run(1)
    lose(world, "compute-2")
    world.run(3600)
    server = world.instance(instance)
    assert (server.host, server.task_state) == (DEAD, "rebuild_spawning")
    assert statuses(world, instance) == ["pre-migrating"]
    evacuate(world, instance)
    world.run(10)
    assert world.runs_on(instance) == ["compute-3"]
    assert statuses(world, instance) == ["pre-migrating", "done"]


def test_a_lost_message_leaves_its_record_accepted(world: World) -> None:
    instance = world.boot("compute-1")
    world.fault("nova.conductor", "lost", times=1)
    lose(world)
    evacuate(world, instance)
    world.run(3600)
    assert statuses(world, instance) == ["accepted"]
    assert world.instance(instance).task_state == "rebuilding"


def test_a_destination_that_is_dead_and_looks_up_rebuilds_when_it_returns(world: World) -> None:
    instance = world.boot("compute-1")
    lose(world)
    for host in ("compute-3", "compute-4"):
        change(world, host, DISABLED)
    world.power_cut("compute-2")
    evacuate(world, instance)
    world.run(30)
    assert statuses(world, instance) == ["accepted"]
    world.boot_host("compute-2")
    world.run(90)
    world.units("compute-2").start()
    world.run(10)
    assert world.runs_on(instance) == ["compute-2"]


def test_the_states_of_an_evacuation_in_their_order(world: World) -> None:
    """ACTIVE without a task on the dead host does not mean "not evacuated"."""
    instance = world.boot("compute-1")
    lose(world)
    evacuate(world, instance)
    seen: list[tuple[str, str, str | None, str]] = []
    while not seen or seen[-1][0] != "done":
        server = world.instance(instance)
        now = (statuses(world, instance)[0], server.vm_state, server.task_state, str(server.host))
        if now not in seen:
            seen.append(now)
        world.run(0.01)
    assert seen == [
        ("accepted", "active", "rebuilding", "compute-1"),
        ("pre-migrating", "active", "rebuilding", "compute-1"),
        ("pre-migrating", "active", "rebuild_spawning", "compute-1"),
        ("pre-migrating", "active", None, "compute-1"),
        ("pre-migrating", "active", None, "compute-2"),
        ("done", "active", None, "compute-2"),
    ]


def test_members_of_an_anti_affinity_group_keep_apart(world: World) -> None:
    instances = [world.boot("compute-1"), world.boot("compute-2")]
    world.group("anti-affinity", *instances)
    lose(world)
    evacuate(world, instances[0])
    world.run(10)
    assert world.runs_on(instances[0]) == ["compute-3"]


def test_members_that_are_evacuated_at_once_can_lose_a_race(world: World) -> None:
    """The scheduler does not see those on their way; the destination does."""
    instances = [world.boot("compute-1"), world.boot("compute-1")]
    world.group("anti-affinity", *instances)
    for host in ("compute-3", "compute-4"):
        change(world, host, DISABLED)
    lose(world)
    for instance in instances:
        evacuate(world, instance)
    world.run(10)
    assert [statuses(world, one) for one in instances] == [["done"], ["failed"]]
    assert world.instance(instances[1]).vm_state == "active"


def test_a_strict_affinity_group_has_no_valid_host(world: World) -> None:
    instances = [world.boot("compute-1"), world.boot("compute-1")]
    world.group("affinity", *instances)
    lose(world)
    evacuate(world, instances[0])
    world.run(10)
    assert statuses(world, instances[0]) == ["error"]


class TestTheWayBack:
    @pytest.fixture
    def evacuated(self, world: World) -> InstanceId:
        instance = world.boot("compute-1")
        lose(world)
        evacuate(world, instance)
        world.run(10)
        return instance

    def restart(self, world: World, *, resume: bool = False) -> None:
        if not world.host("compute-1").booted:
            world.boot_host("compute-1")
            world.run(90)
        world.host("compute-1").resumes_guests = resume
        world.units("compute-1").start()
        world.run(2)

    def test_done_records_keep_a_host_forced_down(
        self, world: World, evacuated: InstanceId
    ) -> None:
        with pytest.raises(NovaRefused, match="Unable to force up host compute-1") as raised:
            change(world, "compute-1", UP)
        assert raised.value.code == 400
        assert world.service("compute-1").forced_down

    def test_a_start_completes_them_and_removes_the_old_guests(
        self, world: World, evacuated: InstanceId
    ) -> None:
        assert evacuated in world.host("compute-1").guests
        self.restart(world, resume=True)
        assert statuses(world, evacuated) == ["completed"]
        assert world.host("compute-1").guests == {}
        change(world, "compute-1", UP)
        world.run(10)
        assert world.service("compute-1").up
        assert world.runs_on(evacuated) == ["compute-2"]

    def test_a_host_may_be_unforced_in_the_middle(self, world: World) -> None:
        instance = world.boot("compute-1")
        lose(world)
        evacuate(world, instance)
        for _ in range(4):
            change(world, "compute-1", UP)
            world.run(0.5)
        world.run(10)
        assert statuses(world, instance) == ["done"]

    def test_a_start_in_the_middle_needs_another_start(self, world: World) -> None:
        instance = world.boot("compute-1")
        lose(world)
        world.boot_host("compute-1")
        world.run(90)
        evacuate(world, instance)
        world.run(1)
        self.restart(world)
        assert statuses(world, instance) == ["done"]
        with pytest.raises(NovaRefused):
            change(world, "compute-1", UP)
        world.units("compute-1").stop()
        self.restart(world)
        assert statuses(world, instance) == ["completed"]

    def test_a_start_with_a_stuck_record_destroys_the_guest_that_never_left(
        self, world: World
    ) -> None:
        instance = world.boot("compute-1")
        world.fault("nova.conductor", "lost", times=1)
        lose(world)
        evacuate(world, instance)
        self.restart(world, resume=True)
        assert statuses(world, instance) == ["completed"]
        assert world.runs_on(instance) == []
        assert instance not in world.host("compute-1").guests

    def test_a_start_too_early_runs_what_is_evacuated_afterwards_twice(self, world: World) -> None:
        instance = world.boot("compute-1")
        lose(world)
        self.restart(world, resume=True)
        evacuate(world, instance)
        world.run(10)
        assert len(world.runs_on(instance)) == 2

    def test_what_was_not_evacuated_comes_back_off(self, world: World) -> None:
        instance = world.boot("compute-1")
        lose(world)
        self.restart(world)
        change(world, "compute-1", UP)
        assert world.instance(instance).vm_state == "active"
        world.run(700)
        assert world.instance(instance).vm_state == "stopped"

    def test_what_was_being_deleted_lives_until_then(self, world: World) -> None:
        instance = world.boot("compute-1", task_state="deleting")
        lose(world)
        evacuate(world, instance)
        world.run(10)
        assert world.instance(instance).vm_state == "active"
        self.restart(world)
        assert instance not in world.database.servers
        assert world.runs_on(instance) == []


class TestServices:
    def test_disabling_a_host_that_just_died_blocks_for_a_minute(self, world: World) -> None:
        world.power_cut("compute-1")
        change(world, "compute-1", DISABLED)
        assert world.now == 160
        assert not world.service("compute-1").enabled

    def test_forcing_it_down_in_the_same_request_does_not(self, world: World) -> None:
        world.power_cut("compute-1")
        change(world, "compute-1", ServiceChange(forced_down=True, enabled=False, reason="test"))
        assert world.now == 100

    def test_disabling_a_host_that_lives_does_not(self, world: World) -> None:
        change(world, "compute-1", DISABLED)
        assert world.now == 100

    def test_heartbeats_move_updated_at_though_forced_down(self, world: World, nova: Nova) -> None:
        change(world, "compute-1", DOWN)
        first = nova.services(DEAD)[0]
        world.run(11)
        second = nova.services(DEAD)[0]
        world.power_cut("compute-1")
        world.run(60)
        assert first.updated_at != second.updated_at == nova.services(DEAD)[0].updated_at
        assert not second.up

    def test_another_case_is_another_host(self, nova: Nova) -> None:
        assert list(nova.services(NovaHost("Compute-1"))) == []
        assert list(nova.instances_on(NovaHost("Compute-1"))) == []

    def test_a_down_cell_hides_instances_and_makes_services_unknown(
        self, world: World, nova: Nova
    ) -> None:
        world.boot("compute-1")
        world.fault("nova.cell", "down", host="compute-1")
        assert list(nova.instances_on(DEAD)) == []
        with pytest.raises(NovaUnavailable):
            nova.services(DEAD)
        found = nova.services()
        assert found.unknown == {DEAD}
        assert DEAD not in [one.host for one in found]
        assert len(found) == len(found[:]) > 0


def test_a_disable_without_a_reason_erases_the_one_that_is_there(world: World) -> None:
    change(world, "compute-1", DISABLED)
    change(world, "compute-1", DOWN)
    assert world.service("compute-1").view().disabled_reason == "test"
    world.operator_changes("compute-1", ServiceChange(enabled=False))
    assert world.service("compute-1").view().disabled_reason == ""
    assert world.service("compute-1").disabled_by == "an operator"


def test_a_stop_on_a_dead_host_waits_and_stops_what_was_evacuated_meanwhile(world: World) -> None:
    """As Nova's stop_instance: what is off on this host is stopped in the database, wherever it runs.
    Its new host then finds it running, and stops it really."""
    instance = world.boot("compute-1")
    lose(world)
    world.nova().stop(world.instance(instance).view())
    assert world.instance(instance).task_state == "powering-off"
    evacuate(world, instance)
    world.run(10)
    assert world.instance(instance).vm_state == "active"
    world.boot_host("compute-1")
    world.run(70)
    world.start_compute("compute-1")
    world.run(5)
    assert world.instance(instance).vm_state == "stopped"
    world.run(world.core.timing.power_sync)
    assert world.runs_on(instance) == []


def test_a_start_that_waits_for_a_dead_host_is_carried_out_there(world: World) -> None:
    """As Nova's start_instance: the guest is started before anybody looks at the task_state."""
    instance = world.boot("compute-1", vm_state="stopped")
    lose(world)
    world.requests.start(instance)
    evacuate(world, instance)
    world.run(10)
    world.boot_host("compute-1")
    world.run(70)
    world.start_compute("compute-1")
    world.run(5)
    assert "compute-1" in world.runs_on(instance)


def test_stop_stops(world: World, nova: Nova) -> None:
    instance = world.boot("compute-1")
    nova.stop(world.instance(instance).view())
    world.run(1)
    assert world.runs_on(instance) == []
    assert world.instance(instance).view().powered_off
    with pytest.raises(NovaRefused):
        nova.stop(world.instance(instance).view())
