from __future__ import annotations

import pytest

from tests.unit.dead_host import DEST, ONE, instance, record
from vmha_ocf.cloud import records
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.evacuation import memory as memories
from vmha_ocf.evacuation.memory import ASKED, REBUILDING, Memory
from vmha_ocf.model import Evacuation, Instance, Monotonic

NEW = Memory(first_seen=Monotonic(0.0))


def look(
    memory: Memory,
    now: float,
    *instances: Instance,
    found: tuple[Evacuation, ...] = (),
    off: Off | None = None,
) -> Memory:
    by_instance = records.by_instance(found)
    return memory.look(instances, by_instance, off or {}, now=Monotonic(now), settle=30.0)


def test_what_is_new_has_not_been_waited_for() -> None:
    assert NEW.waited(ONE, "anything", Monotonic(100.0)) == 0
    assert NEW.watched_all(Monotonic(100.0)) == 0


def test_a_condition_is_waited_for_from_its_first_sight() -> None:
    memory = look(NEW, 10.0, instance(), found=(record("accepted"),))
    memory = look(memory, 20.0, instance(), found=(record("accepted"),))
    assert memory.waited(ONE, memories.of_record(record("accepted")), Monotonic(25.0)) == 15


def test_a_new_status_of_a_record_is_news() -> None:
    memory = look(NEW, 10.0, instance(), found=(record("pre-migrating"),))
    memory = look(memory, 100.0, instance(), found=(record("done"),))
    assert memory.waited(ONE, memories.of_record(record("done")), Monotonic(101.0)) == 1
    assert memory.waited(ONE, memories.of_record(record("pre-migrating")), Monotonic(101.0)) == 0


def test_rebuilding_counts_once_no_record_is_in_flight() -> None:
    rebuilding = instance(task_state="rebuild_spawning")
    memory = look(NEW, 10.0, rebuilding, found=(record("pre-migrating"),))
    assert (ONE, REBUILDING) not in memory.noticed
    memory = look(memory, 20.0, rebuilding, found=(record("pre-migrating"),), off={DEST: STILL})
    assert memory.waited(ONE, REBUILDING, Monotonic(22.0)) == 2


def test_a_record_in_flight_of_what_is_not_listed_any_more() -> None:
    memory = look(NEW, 10.0, found=(record("accepted"),))
    assert memory.waited(ONE, memories.gone(record("accepted")), Monotonic(12.0)) == 2


class TestASilenceOfNova:
    """A request may wait in Nova's queues all the time that Nova does not answer."""

    def test_starts_all_waiting_anew_when_it_was_long(self) -> None:
        memory = look(NEW, 10.0).no_answer()
        assert look(memory, 100.0).watched_all(Monotonic(105.0)) == 5

    def test_means_nothing_when_it_was_short(self) -> None:
        memory = look(NEW, 10.0).no_answer()
        assert look(memory, 30.0).watched_all(Monotonic(35.0)) == 25

    def test_is_long_only_beyond_the_time_to_settle(self) -> None:
        memory = look(NEW, 10.0).no_answer()
        assert look(memory, 40.0).watched_all(Monotonic(45.0)) == 35
        assert look(memory, 40.5).watched_all(Monotonic(45.0)) == 4.5

    def test_is_over_with_the_next_answer(self) -> None:
        memory = look(look(NEW, 10.0).no_answer(), 20.0)
        assert look(memory, 100.0).watched_all(Monotonic(105.0)) == 95

    def test_is_not_a_long_round(self) -> None:
        assert look(look(NEW, 10.0), 100.0).watched_all(Monotonic(105.0)) == 95

    def test_shortens_what_was_watched_and_not_what_was_waited(self) -> None:
        memory = look(NEW, 10.0, instance(), found=(record("error"),)).no_answer()
        memory = look(memory, 100.0, instance(), found=(record("error"),))
        what = memories.of_record(record("error"))
        assert memory.waited(ONE, what, Monotonic(105.0)) == 95
        assert memory.watched(ONE, what, Monotonic(105.0)) == 5


class TestARequest:
    def test_is_known_by_the_newest_record_before_it(self) -> None:
        found = records.by_instance([record("error", 7), record("error", 6)])
        assert NEW.ask([ONE], found).asked == {ONE: 7}
        assert NEW.ask([ONE], {}).asked == {ONE: 0}

    def test_settles_from_the_first_look_after_it(self) -> None:
        memory = look(NEW.ask([ONE], {}), 50.0)
        memory = look(memory, 60.0)
        assert memory.waited(ONE, ASKED, Monotonic(65.0)) == 15

    def test_settles_anew_when_it_is_repeated(self) -> None:
        memory = look(NEW.ask([ONE], {}), 50.0).ask([ONE], {})
        assert look(memory, 90.0).waited(ONE, ASKED, Monotonic(95.0)) == 5

    def test_without_effect_is_forgotten(self) -> None:
        assert NEW.ask([ONE], {}).no_effect(ONE).asked == {}

    def test_that_was_refused_is_remembered_with_the_reason(self) -> None:
        memory = NEW.ask([ONE], {}).refuse(ONE, "no", Monotonic(5.0))
        assert (memory.asked, memory.refused) == ({}, {ONE: (5.0, "no")})


class TestAnInstanceThatWasOff:
    OFF = instance(vm_state="error", powered_off=True)

    def test_is_remembered_when_nova_will_start_it(self) -> None:
        memory = look(look(NEW, 10.0, self.OFF), 20.0)
        assert memory.was_off == {ONE: self.OFF}
        assert memory.stopped(ONE).was_off == {}

    def test_is_found_elsewhere_by_the_next_worker(self) -> None:
        runs = instance()
        assert NEW.found_elsewhere(ONE, runs).was_off == {ONE: runs}

    @pytest.mark.parametrize(
        "there", [None, instance(vm_state="stopped"), instance(task_state="powering-off")]
    )
    def test_is_left_alone_if_it_is_off_there_or_gone(self, there: Instance | None) -> None:
        found = NEW.found_elsewhere(ONE, there)
        assert (dict(found.was_off), set(found.off_again)) == ({}, {ONE})

    def test_is_not_when_nova_keeps_it_stopped(self) -> None:
        assert not look(NEW, 10.0, instance(vm_state="stopped", powered_off=True)).was_off

    def test_is_not_when_it_was_running(self) -> None:
        assert not look(NEW, 10.0, instance(vm_state="error")).was_off

    def test_is_not_when_it_was_suspended(self) -> None:
        """libvirt says off of it, too; it ran, and was reset so that Nova evacuates it."""
        memory = look(NEW, 10.0, instance(vm_state="suspended", powered_off=True))
        assert not look(memory, 20.0, instance(vm_state="error", powered_off=True)).was_off

    @pytest.mark.parametrize("task_state", ["powering-off", "shelving_image_uploading"])
    def test_is_when_its_owner_was_stopping_it(self, task_state: str) -> None:
        memory = look(NEW, 10.0, instance(task_state=task_state))
        assert list(look(memory, 20.0).was_off) == [ONE]


def test_what_is_accepted_or_reset_is_not_refused_any_more() -> None:
    refused = NEW.refuse(ONE, "vTPM", Monotonic(10.0))
    assert not refused.accepted(ONE).refused
    assert not refused.reset(ONE).refused
    assert refused.reset(ONE).was_reset == {ONE}


def test_what_was_refused_while_its_host_was_not_down_was_not_refused_for_itself() -> None:
    assert (
        not NEW.refuse(ONE, "Compute service of compute-1 is still in use.", Monotonic(10.0))
        .was_not_down()
        .refused
    )


def test_what_an_earlier_worker_noted_as_suspended_was_not_off() -> None:
    off = instance(vm_state="error", powered_off=True)
    assert not look(NEW.reminded({ONE: "suspended"}), 10.0, off).was_off
    assert look(NEW.reminded({ONE: "stopped"}), 10.0, off).was_off
