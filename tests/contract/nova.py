"""What every Nova does: one suite, run on the simulator and on a real Nova.

A subclass gives the fixture ``stage``: compute-1 to compute-3 up and enabled, without instances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import pytest

from vmha_ocf.cloud import records
from vmha_ocf.errors import NovaRefused, NovaUnavailable
from vmha_ocf.model import (
    ComputeService,
    Evacuation,
    ImageId,
    Instance,
    InstanceId,
    Move,
    NovaHost,
    ServiceChange,
)
from vmha_ocf.ports import Nova

DEAD = NovaHost("compute-1")
HOSTS = (DEAD, NovaHost("compute-2"), NovaHost("compute-3"))
NOBODY = InstanceId("00000000-dead-4000-8000-000000000000")
FORCED = ServiceChange(forced_down=True)
UNFORCED = ServiceChange(forced_down=False)


class Stage(Protocol):
    """What happens around Nova, and the truth about guests."""

    nova: Nova

    def boot(
        self,
        host: NovaHost,
        *,
        vm_state: str = "active",
        tags: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> InstanceId:
        """vm_state: active, stopped, suspended or paused."""

    def image(self, *tags: str, **properties: str) -> ImageId: ...

    def group(self, policy: str) -> None: ...

    def lose(self, host: NovaHost) -> None:
        """Its power, and with it its guests. Nova does not know yet."""

    def return_host(self, host: NovaHost) -> None:
        """It is up again, and so is its nova-compute."""

    def start(self, instance: InstanceId) -> None:
        """Its owner does."""

    def live_migrate(self, instance: InstanceId, dest: NovaHost) -> None:
        """Its memory is being sent, and that takes its time."""

    def slow_reboots(self, seconds: float) -> None:
        """Of DEAD's hypervisor."""

    def lose_cell(self, host: NovaHost) -> None:
        """This host is in another cell than all others, whose database Nova cannot read."""

    def lose_nova(self) -> None:
        """Its API does not answer any more."""

    def runs_on(self, instance: InstanceId) -> Sequence[str]: ...

    def until(self, what: Callable[[], bool]) -> None:
        """Let time pass. Fails if it does not become true."""


class NovaContract:
    def test_every_service_is_listed(self, stage: Stage) -> None:
        found = stage.nova.services()
        assert sorted(one.host for one in found) == sorted(HOSTS)
        assert all(one.up and one.enabled and not one.forced_down for one in found)

    def test_a_service_is_found_by_its_exact_host(self, stage: Stage) -> None:
        assert service(stage, DEAD).host == DEAD
        for other in ("Compute-1", "compute-1.example.org", "compute", "compute-9"):
            assert list(stage.nova.services(NovaHost(other))) == []

    def test_a_service_is_forced_down_and_disabled_in_one_change(self, stage: Stage) -> None:
        stage.lose(DEAD)
        change = ServiceChange(forced_down=True, enabled=False, reason="vmha: fenced")
        after = stage.nova.update_service(service(stage, DEAD), change)
        assert after == service(stage, DEAD)
        assert (after.up, after.forced_down, after.enabled) == (False, True, False)
        assert after.disabled_reason == "vmha: fenced"

    def test_a_change_leaves_the_rest_as_it_is(self, stage: Stage) -> None:
        disabled = ServiceChange(enabled=False, reason="mine")
        stage.nova.update_service(service(stage, DEAD), disabled)
        stage.nova.update_service(service(stage, DEAD), FORCED)
        after = service(stage, DEAD)
        assert (after.forced_down, after.enabled, after.disabled_reason) == (True, False, "mine")

    def test_enabling_forgets_the_reason(self, stage: Stage) -> None:
        disabled = ServiceChange(enabled=False, reason="mine")
        stage.nova.update_service(service(stage, DEAD), disabled)
        after = stage.nova.update_service(service(stage, DEAD), ServiceChange(enabled=True))
        assert (after.enabled, after.disabled_reason) == (True, "")

    def test_disabling_again_without_a_reason_erases_it(self, stage: Stage) -> None:
        disabled = ServiceChange(forced_down=True, enabled=False, reason="mine")
        stage.nova.update_service(service(stage, DEAD), disabled)
        after = stage.nova.update_service(service(stage, DEAD), ServiceChange(enabled=False))
        assert (after.forced_down, after.enabled, after.disabled_reason) == (True, False, "")

    def test_a_cell_that_is_down_hides_nothing_of_the_others(self, stage: Stage) -> None:
        lost = NovaHost("compute-8")
        instance = stage.boot(DEAD)
        stage.lose_cell(lost)
        assert service(stage, DEAD).up
        assert listed(stage, instance).id == instance
        with pytest.raises(NovaUnavailable, match="its cell is down|their cell is down"):
            stage.nova.services(lost)
        after = stage.nova.update_service(service(stage, DEAD), FORCED)
        assert after.forced_down

    def test_what_is_suspended_is_off(self, stage: Stage) -> None:
        """Its memory is on the disk: libvirt and Nova call that SHUTDOWN."""
        found = listed(stage, stage.boot(DEAD, vm_state="suspended"))
        assert (found.vm_state, found.powered_off) == ("suspended", True)

    def test_an_instance_is_listed_with_its_marks(self, stage: Stage) -> None:
        marked = stage.boot(DEAD, tags=["automatic-recovery"], metadata={"HA_Enabled": "true"})
        plain = stage.boot(DEAD, vm_state="stopped")
        stage.boot(HOSTS[1])
        found = {one.id: one for one in stage.nova.instances_on(DEAD)}
        assert set(found) == {marked, plain}
        assert found[marked].tags == {"automatic-recovery"}
        assert found[marked].metadata == {"HA_Enabled": "true"}
        assert (found[marked].vm_state, found[marked].powered_off) == ("active", False)
        assert (found[plain].vm_state, found[plain].powered_off) == ("stopped", True)
        assert {one.host for one in found.values()} == {DEAD}

    def test_a_host_in_use_cannot_be_evacuated(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        with pytest.raises(NovaRefused, match="still in use") as refused:
            stage.nova.evacuate(listed(stage, instance))
        assert refused.value.code == 400
        assert list(stage.nova.evacuations_from(DEAD)) == []

    @pytest.mark.parametrize("vm_state", ["active", "stopped"])
    def test_an_evacuated_instance_keeps_its_state(self, stage: Stage, vm_state: str) -> None:
        instance = stage.boot(DEAD, vm_state=vm_state)
        lose(stage)
        stage.nova.evacuate(listed(stage, instance))
        evacuated(stage, instance)
        [record] = stage.nova.evacuations_from(DEAD)
        assert (record.instance, record.source) == (instance, DEAD)
        assert record.dest in HOSTS[1:]
        after = next(one for one in stage.nova.instances_on(record.dest) if one.id == instance)
        assert (after.vm_state, after.task_state) == (vm_state, None)
        assert stage.runs_on(instance) == ([record.dest] if vm_state == "active" else [])

    def test_an_accepted_evacuation_is_in_flight_at_once(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        lose(stage)
        stage.nova.evacuate(listed(stage, instance))
        [record] = stage.nova.evacuations_from(DEAD)
        assert record.status in ("accepted", "pre-migrating", "done")
        evacuated(stage, instance)

    def test_evacuations_of_all_hosts_are_listed_by_time(self, stage: Stage) -> None:
        """Also those that were only changed since."""
        instance = stage.boot(DEAD)
        lose(stage)
        begun = seconds_of(stage.nova.update_service(service(stage, DEAD), FORCED))
        stage.nova.evacuate(listed(stage, instance))
        evacuated(stage, instance)
        [mine] = [r for r in stage.nova.evacuations_since(begun - 5) if r.instance == instance]
        assert (mine.source, mine.status) == (DEAD, "done")
        assert not list(stage.nova.evacuations_since(begun + 3600))

    def test_an_evacuation_is_no_other_move(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        lose(stage)
        before = listed(stage, instance)
        assert list(stage.nova.moves_of(before)) == []
        stage.nova.evacuate(before)
        assert list(stage.nova.moves_of(before)) == []
        evacuated(stage, instance)

    def test_a_paused_instance_is_refused_until_it_is_reset(self, stage: Stage) -> None:
        instance = stage.boot(DEAD, vm_state="paused")
        lose(stage)
        assert listed(stage, instance).vm_state == "paused"
        with pytest.raises(NovaRefused, match="vm_state paused") as refused:
            stage.nova.evacuate(listed(stage, instance))
        assert refused.value.code == 409
        assert list(stage.nova.evacuations_from(DEAD)) == []
        stage.nova.reset_to_error(listed(stage, instance))
        assert listed(stage, instance).vm_state == "error"
        stage.nova.evacuate(listed(stage, instance))
        evacuated(stage, instance)

    def test_an_unknown_instance_is_refused(self, stage: Stage) -> None:
        unknown = Instance(NOBODY, DEAD)
        every = (
            stage.nova.evacuate,
            stage.nova.reset_to_error,
            stage.nova.stop,
            stage.nova.start,
            stage.nova.reboot,
        )
        for act in every:
            with pytest.raises(NovaRefused) as refused:
                act(unknown)
            assert refused.value.code == 404

    def test_nova_accepts_a_second_evacuation(self, stage: Stage) -> None:
        """Trap second-evacuate-accepted. If this ever fails, Nova has become safer."""
        instance = stage.boot(DEAD)
        lose(stage)
        before = listed(stage, instance)
        stage.nova.evacuate(before)
        stage.nova.evacuate(before)
        assert len(stage.nova.evacuations_from(DEAD)) == 2

    def test_a_task_that_waits_for_a_dead_host_keeps_nova_from_nothing(self, stage: Stage) -> None:
        """The stop is carried out when the host returns, wherever the instance is by then."""
        instance = stage.boot(DEAD)
        lose(stage)
        stage.nova.stop(listed(stage, instance))
        assert listed(stage, instance).task_state == "powering-off"
        stage.nova.evacuate(listed(stage, instance))
        evacuated(stage, instance)
        [record] = stage.nova.evacuations_from(DEAD)
        assert record.dest is not None
        assert found_on(stage, record.dest, instance).vm_state == "active"
        stage.return_host(DEAD)
        dest = record.dest
        stage.until(lambda: found_on(stage, dest, instance).vm_state == "stopped")

    def test_a_start_that_waits_for_a_dead_host_starts_a_second_copy(self, stage: Stage) -> None:
        """nova-compute starts the guest and looks at the task_state then. If this ever fails, Nova has
        become safer."""
        instance = stage.boot(DEAD, vm_state="stopped")
        lose(stage)
        stage.start(instance)
        assert listed(stage, instance).task_state == "powering-on"
        stage.nova.evacuate(listed(stage, instance))
        evacuated(stage, instance)
        assert stage.runs_on(instance) == []
        stage.return_host(DEAD)
        stage.until(lambda: DEAD in stage.runs_on(instance))
        assert list(stage.nova.instances_on(DEAD)) == []

    def test_a_live_migration_stays_running_without_its_source(self, stage: Stage) -> None:
        """And Nova accepts an evacuation beside it."""
        instance = stage.boot(DEAD)
        stage.live_migrate(instance, HOSTS[1])
        lose(stage)
        before = listed(stage, instance)
        [move] = stage.nova.moves_of(before)
        assert (move.kind, move.source, move.dest) == ("live-migration", DEAD, HOSTS[1])
        changed = records.seconds(move.updated_at or move.created_at)
        assert changed is not None
        for host in (DEAD, HOSTS[1]):
            assert move in stage.nova.moves_since(host, changed - 5)
            assert not stage.nova.moves_since(host, changed + 3600)
        assert (before.vm_state, before.task_state, move.status) == (
            "active",
            "migrating",
            "running",
        )
        stage.nova.evacuate(before)
        evacuated(stage, instance)
        [move] = stage.nova.moves_of(before)
        assert move.status == "running"

    def test_a_live_migration_goes_where_nova_chooses(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        before = listed(stage, instance)
        stage.nova.live_migrate(before)
        stage.until(lambda: [it.status for it in stage.nova.moves_of(before)] == ["completed"])
        [move] = stage.nova.moves_of(before)
        assert (move.kind, move.source) == ("live-migration", DEAD)
        dest = move.dest
        assert dest is not None
        assert dest in HOSTS[1:]
        stage.until(lambda: found_on(stage, dest, instance).task_state is None)
        assert stage.runs_on(instance) == [dest]

    def test_whom_nova_has_in_hand_leaves_later(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        stage.slow_reboots(5.0)
        before = listed(stage, instance)
        stage.nova.reboot(before)
        assert code_of(lambda: stage.nova.live_migrate(before)) == 409
        stage.until(lambda: rests(stage, instance, "active"))
        assert list(stage.nova.moves_of(before)) == []
        stage.nova.live_migrate(before)
        stage.until(lambda: [it.status for it in stage.nova.moves_of(before)] == ["completed"])

    def test_a_live_migration_without_a_host_for_it_is_an_error_and_its_instance_stays(
        self, stage: Stage
    ) -> None:
        """It is accepted all the same."""
        instance = stage.boot(DEAD)
        for host in HOSTS[1:]:
            disabled = ServiceChange(enabled=False, reason="mine")
            stage.nova.update_service(service(stage, host), disabled)
        before = listed(stage, instance)
        stage.nova.live_migrate(before)
        stage.until(lambda: [it.status for it in stage.nova.moves_of(before)] == ["error"])
        stage.until(lambda: rests(stage, instance, "active"))
        assert stage.runs_on(instance) == [DEAD]

    def test_who_is_gone_is_not_migrated(self, stage: Stage) -> None:
        gone = replace(listed(stage, stage.boot(DEAD)), id=NOBODY)
        assert code_of(lambda: stage.nova.live_migrate(gone)) == 404

    def test_a_source_that_returns_calls_its_live_migration_an_error(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        stage.live_migrate(instance, HOSTS[1])
        lose(stage)
        stage.return_host(DEAD)
        stage.until(lambda: stage.nova.moves_of(listed(stage, instance))[0].status == "error")
        stage.until(lambda: listed(stage, instance).task_state is None)
        # It is off. A look at power states right after the start of nova-compute may have stopped it.
        assert listed(stage, instance).vm_state in ("active", "stopped")

    def test_a_host_is_not_unforced_before_it_returned(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        lose(stage)
        stage.nova.evacuate(listed(stage, instance))
        evacuated(stage, instance)
        with pytest.raises(NovaRefused, match="Unable to force up") as refused:
            stage.nova.update_service(service(stage, DEAD), UNFORCED)
        assert refused.value.code == 400
        stage.return_host(DEAD)
        stage.until(lambda: record_of(stage, instance).status == "completed")
        stage.nova.update_service(service(stage, DEAD), UNFORCED)
        stage.until(lambda: service(stage, DEAD).up)

    def test_a_heartbeat_moves_updated_at(self, stage: Stage) -> None:
        before = service(stage, DEAD).updated_at
        stage.until(lambda: service(stage, DEAD).updated_at != before)

    def test_an_instance_is_stopped(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        stage.nova.stop(listed(stage, instance))
        stage.until(lambda: listed(stage, instance).vm_state == "stopped")
        assert stage.runs_on(instance) == []

    def test_an_instance_that_is_stopped_is_started(self, stage: Stage) -> None:
        instance = stage.boot(DEAD, vm_state="stopped")
        stage.nova.start(listed(stage, instance))
        stage.until(lambda: listed(stage, instance).vm_state == "active")
        assert stage.runs_on(instance) == [DEAD]
        newest = stage.nova.actions_of(listed(stage, instance))[0]
        assert (newest.name, bool(newest.user)) == ("start", True)

    def test_an_instance_that_runs_is_not_started(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        with pytest.raises(NovaRefused) as refused:
            stage.nova.start(listed(stage, instance))
        assert refused.value.code == 409

    def test_what_was_off_with_its_host_is_stopped_by_nova_itself(self, stage: Stage) -> None:
        ran, other = stage.boot(DEAD), stage.boot(DEAD, vm_state="stopped")
        stage.until(lambda: listed(stage, other).vm_state == "stopped")
        before = stage.nova.actions_of(listed(stage, other))
        stage.lose(DEAD)
        stage.return_host(DEAD)
        stage.until(lambda: listed(stage, ran).vm_state == "stopped")
        newest = stage.nova.actions_of(listed(stage, ran))[0]
        assert (newest.name, newest.user) == ("stop", "")
        assert records.seconds(newest.at) is not None
        assert stage.nova.actions_of(listed(stage, other)) == before
        stage.nova.start(listed(stage, ran))
        stage.until(lambda: listed(stage, ran).vm_state == "active")
        assert stage.runs_on(ran) == [DEAD]

    def test_an_instance_in_error_is_active_again_once_it_is_rebooted_hard(
        self, stage: Stage
    ) -> None:
        instance = stage.boot(DEAD)
        stage.nova.reset_to_error(listed(stage, instance))
        assert listed(stage, instance).vm_state == "error"
        stage.nova.reboot(listed(stage, instance))
        stage.until(lambda: listed(stage, instance).vm_state == "active")
        assert stage.runs_on(instance) == [DEAD]

    @pytest.mark.parametrize("vm_state", ["stopped", "paused", "suspended"])
    def test_whatever_is_down_runs_once_it_is_rebooted_hard(
        self, stage: Stage, vm_state: str
    ) -> None:
        instance = stage.boot(DEAD, vm_state=vm_state)
        stage.nova.reboot(listed(stage, instance))
        stage.until(lambda: rests(stage, instance, "active"))
        assert stage.runs_on(instance) == [DEAD]
        newest = stage.nova.actions_of(listed(stage, instance))[0]
        assert (newest.name, bool(newest.user)) == ("reboot", True)

    def test_a_second_hard_reboot_is_refused_while_the_first_is_under_way(
        self, stage: Stage
    ) -> None:
        instance = stage.boot(DEAD)
        stage.slow_reboots(5.0)
        stage.nova.reboot(listed(stage, instance))
        stage.until(lambda: listed(stage, instance).task_state == "reboot_started_hard")
        with pytest.raises(NovaRefused, match="reboot_started_hard") as refused:
            stage.nova.reboot(listed(stage, instance))
        assert refused.value.code == 409
        stage.until(lambda: rests(stage, instance, "active"))
        assert stage.runs_on(instance) == [DEAD]
        assert reboots(stage, instance) == 1

    def test_hard_reboots_wait_for_their_host_and_each_of_them_is_accepted(
        self, stage: Stage
    ) -> None:
        """It is done, and one more of them does no harm."""
        instance = stage.boot(DEAD)
        stage.lose(DEAD)
        for _ in range(2):
            stage.nova.reboot(listed(stage, instance))
            assert listed(stage, instance).task_state == "rebooting_hard"
        assert reboots(stage, instance) == 2
        stage.return_host(DEAD)
        stage.until(lambda: rests(stage, instance, "active"))
        assert stage.runs_on(instance) == [DEAD]

    @pytest.mark.parametrize("vm_state", ["active", "stopped"])
    def test_an_instance_is_migrated_cold_and_confirmed(self, stage: Stage, vm_state: str) -> None:
        """What was active is started by Nova before anybody confirms it; what was stopped stays so."""
        instance = stage.boot(DEAD, vm_state=vm_state)
        stage.nova.migrate(listed(stage, instance))
        stage.until(lambda: moved(stage, instance).vm_state == "resized")
        there = moved(stage, instance)
        assert (there.task_state, there.host in HOSTS[1:]) == (None, True)
        assert stage.runs_on(instance) == ([there.host] if vm_state == "active" else [])
        [record] = stage.nova.moves_of(there)
        assert (record.kind, record.status) == ("migration", "finished")
        assert (record.source, record.dest) == (DEAD, there.host)
        with pytest.raises(NovaRefused) as refused:
            stage.nova.stop(there)
        assert refused.value.code == 409
        stage.nova.confirm(there)
        stage.until(lambda: moved(stage, instance).vm_state == vm_state)
        assert stage.runs_on(instance) == ([there.host] if vm_state == "active" else [])
        [record] = stage.nova.moves_of(there)
        assert record.status == "confirmed"
        asked = [(one.name, one.is_ours) for one in stage.nova.actions_of(there) if one.user][:2]
        assert asked == [("confirmResize", True), ("migrate", True)]
        with pytest.raises(NovaRefused) as refused:
            stage.nova.confirm(there)
        assert refused.value.code == 409

    def test_a_second_cold_migration_is_refused_while_one_is_under_way(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        found = listed(stage, instance)
        stage.nova.migrate(found)
        with pytest.raises(NovaRefused) as refused:
            stage.nova.migrate(found)
        assert refused.value.code == 409
        stage.until(lambda: moved(stage, instance).vm_state == "resized")
        with pytest.raises(NovaRefused) as refused:
            stage.nova.migrate(found)
        assert refused.value.code == 409

    def test_a_migration_that_no_host_takes_leaves_it_where_it_is(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        for host in HOSTS[1:]:
            off = ServiceChange(enabled=False, reason="contract")
            stage.nova.update_service(service(stage, host), off)
        stage.nova.migrate(listed(stage, instance))
        stage.until(lambda: [one.status for one in moves(stage, instance)] == ["error"])
        stage.until(lambda: rests(stage, instance, "active"))
        assert stage.runs_on(instance) == [DEAD]
        assert [one.name for one in stage.nova.actions_of(listed(stage, instance))][0] == "migrate"

    def test_an_instance_in_error_is_stopped(self, stage: Stage) -> None:
        instance = stage.boot(DEAD)
        stage.nova.reset_to_error(listed(stage, instance))
        stage.nova.stop(listed(stage, instance))
        stage.until(lambda: listed(stage, instance).vm_state == "stopped")
        assert stage.runs_on(instance) == []

    def test_image_marks_are_tags_and_properties(self, stage: Stage) -> None:
        tagged, other = stage.image("evacuable"), stage.image(evacuable="yes")
        gone = ImageId("00000000-0000-4000-8000-00000000dead")
        marks = stage.nova.image_marks([tagged, other, gone])
        assert marks[tagged]["evacuable"] == "true"
        assert marks[other]["evacuable"] == "yes"
        assert marks[gone] == {}

    def test_a_mark_anywhere_is_found(self, stage: Stage) -> None:
        stage.boot(HOSTS[1], tags=["tag-of-contract"])
        stage.boot(HOSTS[1], metadata={"key-of-contract": "True", "no-key-of-contract": "no"})
        stage.image("image-of-contract")
        assert stage.nova.anything_marked(["nothing", "tag-of-contract"])
        assert stage.nova.anything_marked(["image-of-contract"])
        assert stage.nova.anything_marked(["key-of-contract"])
        assert not stage.nova.anything_marked(["no-key-of-contract"])
        assert not stage.nova.anything_marked(["nothing", "nothing-at-all"])

    def test_server_groups_are_listed(self, stage: Stage) -> None:
        stage.group("anti-affinity")
        assert "anti-affinity" in {one.policy for one in stage.nova.server_groups()}

    def test_no_answer_is_unavailable_and_never_empty(self, stage: Stage) -> None:
        [found] = stage.nova.services(DEAD)
        instance = Instance(NOBODY, DEAD)
        stage.lose_nova()
        for ask in (
            stage.nova.services,
            lambda: stage.nova.instances_on(DEAD),
            lambda: stage.nova.evacuations_from(DEAD),
            lambda: stage.nova.update_service(found, FORCED),
            lambda: stage.nova.evacuate(instance),
            stage.nova.server_groups,
            lambda: stage.nova.moves_of(instance),
            lambda: stage.nova.moves_since(DEAD, 0.0),
            lambda: stage.nova.actions_of(instance),
            lambda: stage.nova.evacuations_since(0.0),
        ):
            with pytest.raises(NovaUnavailable):
                ask()


def service(stage: Stage, host: NovaHost) -> ComputeService:
    [found] = stage.nova.services(host)
    return found


def listed(stage: Stage, instance: InstanceId) -> Instance:
    return next(one for one in stage.nova.instances_on(DEAD) if one.id == instance)


def moved(stage: Stage, instance: InstanceId) -> Instance:
    """Wherever it is by now."""
    every = [one for host in HOSTS for one in stage.nova.instances_on(host)]
    return next(one for one in every if one.id == instance)


def moves(stage: Stage, instance: InstanceId) -> Sequence[Move]:
    return stage.nova.moves_of(listed(stage, instance))


def rests(stage: Stage, instance: InstanceId, vm_state: str) -> bool:
    found = listed(stage, instance)
    return (found.vm_state, found.task_state) == (vm_state, None)


def reboots(stage: Stage, instance: InstanceId) -> int:
    actions = stage.nova.actions_of(listed(stage, instance))
    return sum(1 for one in actions if one.name == "reboot")


def found_on(stage: Stage, host: NovaHost, instance: InstanceId) -> Instance:
    return next(one for one in stage.nova.instances_on(host) if one.id == instance)


def code_of(ask: Callable[[], None]) -> int:
    """Of its refusal, which is not kept: with it its connections would stay open for ever."""
    try:
        ask()
    except NovaRefused as refused:
        return refused.code
    return 0


def seconds_of(shown: ComputeService) -> float:
    """When Nova last wrote it, by Nova's clock."""
    at = records.seconds(shown.updated_at)
    assert at is not None
    return at


def lose(stage: Stage) -> None:
    """What is true when the worker gets to it: fenced, and forced down in Nova."""
    stage.lose(DEAD)
    stage.nova.update_service(service(stage, DEAD), FORCED)


def record_of(stage: Stage, instance: InstanceId) -> Evacuation:
    return next(one for one in stage.nova.evacuations_from(DEAD) if one.instance == instance)


def evacuated(stage: Stage, instance: InstanceId) -> None:
    """Record, host and task are written one by one: all of them tell the end."""

    def is_over() -> bool:
        record = record_of(stage, instance)
        if record.status != "done" or record.dest is None:
            return False
        there = [one for one in stage.nova.instances_on(record.dest) if one.id == instance]
        return bool(there) and there[0].task_state is None

    stage.until(is_over)
    assert list(stage.nova.instances_on(DEAD)) == []
