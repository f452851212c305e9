"""Which instances are off because their host was, by what was asked of them."""

from __future__ import annotations

import pytest

from vmha_ocf.living.booting import off_since
from vmha_ocf.living.booting.off_since import FIRST_LOOK, Found, Off
from vmha_ocf.model import Action, Evacuation, Instance, InstanceId, Move, NovaHost
from vmha_ocf.proof.boots import Served

BOOTED = 1_763_695_800.0  # 2025-11-21T03:30:00
NEWEST = Served("boot-2", BOOTED, BOOTED + 60.0)
SERVED = [NEWEST]


def action(name: str, at: str, user: str = "") -> Action:
    return Action(name, f"2025-11-21T{at}", user)


CREATED = action("create", "01:00:00", "ann")
BY_NOVA = action("stop", "03:31:30")
BY_ITS_OWNER = action("stop", "03:31:30", "ann")
STARTED = action("start", "03:35:00", "vmha")


def judged(*oldest_first: Action) -> Off:
    return off_since.judge(list(reversed(oldest_first)), SERVED)


class TestWhatIsOff:
    def test_ran_if_nova_itself_has_stopped_it_after_the_boot(self) -> None:
        assert judged(CREATED, BY_NOVA) is Off.RAN

    def test_was_off_before_if_nothing_was_asked_since(self) -> None:
        assert judged() is Off.LEFT
        assert judged(CREATED, action("stop", "03:29:59")) is Off.LEFT

    def test_ran_if_it_has_been_evacuated_since(self) -> None:
        assert judged(BY_NOVA, action("evacuate", "03:35:00", "vmha")) is Off.RAN
        moved = judged(BY_NOVA, action("evacuate", "03:35:00", "vmha"), STARTED)
        assert moved is Off.ASKED

    def test_ran_if_who_had_it_evacuated_has_stopped_it_again(self) -> None:
        moved = action("evacuate", "03:35:00", "vmha")
        by_us = action("stop", "03:36:00", "vmha")
        assert judged(BY_NOVA, moved, moved, by_us) is Off.RAN
        assert judged(BY_NOVA, moved, by_us, moved, by_us) is Off.RAN
        assert judged(BY_NOVA, moved, by_us, STARTED) is Off.ASKED

    def test_ran_if_that_was_in_its_next_boot(self) -> None:
        moved = action("evacuate", "04:02:00", "vmha")
        by_us = action("stop", "04:03:00", "vmha")
        asked = [by_us, moved, BY_NOVA]
        assert (
            off_since.judge(asked, [NEWEST, Served("boot-3", BOOTED + 1800.0, BOOTED + 1860.0)])
            is Off.RAN
        )

    def test_is_left_where_anybody_else_has_stopped_it_after_its_evacuation(self) -> None:
        moved = action("evacuate", "03:35:00", "vmha")
        assert judged(BY_NOVA, moved, action("stop", "03:36:00", "ann")) is Off.LEFT
        assert judged(BY_NOVA, moved, STARTED, action("stop", "03:36:00", "vmha")) is Off.LEFT
        by_nobody = action("evacuate", "03:35:00")
        assert judged(BY_NOVA, by_nobody, action("stop", "03:36:00")) is Off.LEFT

    @pytest.mark.parametrize("move", ["resize", "migrate", "live-migration"])
    def test_ran_whoever_has_it_moved_since(self, move: str) -> None:
        assert judged(BY_NOVA, action(move, "03:35:00", "ann")) is Off.RAN
        assert judged(BY_NOVA, action(move, "03:35:00", "ann"), STARTED) is Off.ASKED

    def test_is_its_owners_if_he_stopped_it(self) -> None:
        assert judged(CREATED, BY_ITS_OWNER) is Off.LEFT
        assert judged(action("stop", "03:20:00", "ann"), BY_ITS_OWNER) is Off.LEFT

    def test_was_started_in_vain_if_it_is_off_still(self) -> None:
        assert judged(BY_NOVA, STARTED) is Off.ASKED

    @pytest.mark.parametrize("then", ["stop", "reboot", "confirmResize", "rebuild"])
    def test_is_left_where_somebody_has_decided_since(self, then: str) -> None:
        assert judged(BY_NOVA, action(then, "03:35:00", "ann")) is Off.LEFT
        assert judged(BY_NOVA, STARTED, action(then, "03:40:00", "ann")) is Off.LEFT

    def test_is_left_where_its_guest_has_powered_itself_off_after_a_start(self) -> None:
        assert judged(BY_NOVA, STARTED, action("stop", "03:40:00")) is Off.LEFT

    def test_is_left_where_nova_stopped_it_long_after_its_first_look(self) -> None:
        assert judged(action("stop", "09:00:00")) is Off.LEFT

    def test_is_left_where_something_else_was_first(self) -> None:
        assert judged(action("reboot", "03:31:00"), BY_NOVA) is Off.LEFT

    def test_ran_whatever_has_been_attached_or_locked_since(self) -> None:
        assert judged(BY_NOVA, action("attach_volume", "03:40:00", "ann")) is Off.RAN

    def test_is_left_where_a_time_cannot_be_read(self) -> None:
        assert judged(Action("stop", "soon")) is Off.LEFT

    def test_is_looked_at_only_if_it_is_stopped_and_nothing_is_under_way(self) -> None:
        one = instance(1)
        assert off_since.may_be(one)
        assert not off_since.may_be(Instance(one.id, one.host, vm_state="active"))
        busy = Instance(one.id, one.host, vm_state="stopped", task_state="powering-on")
        assert not off_since.may_be(busy)


def test_a_boot_is_over_when_nova_has_looked_at_all_its_guests() -> None:
    assert not off_since.is_over(SERVED, NEWEST.since + FIRST_LOOK)
    assert off_since.is_over(SERVED, NEWEST.since + FIRST_LOOK + 31.0)


def instance(number: int, host: str = "compute-1") -> Instance:
    return Instance(InstanceId(f"id-{number}"), NovaHost(host), f"web-{number}", "stopped")


class TestWhatIsTold:
    def test_nothing_where_nothing_is_off(self) -> None:
        assert off_since.problem([]) == ""

    def test_one_instance_with_its_command(self) -> None:
        found = [Found(instance(1), Off.RAN)]
        assert off_since.problem(found) == (
            "compute-1 was off, and 1 instance that ran there is off since: openstack server start id-1"
        )
        assert off_since.told(found) == {
            "id-1": "ran until compute-1 was off, and is off since: openstack server start id-1"
        }

    def test_many_of_many_hosts_in_one_sentence(self) -> None:
        found = [Found(instance(each, f"compute-{each}"), Off.RAN) for each in range(1, 6)]
        assert off_since.problem(found) == (
            "compute-1, compute-2, compute-3 and 2 more were off, and 5 instances that ran there are off "
            "since: openstack server start id-1 id-2 id-3 (and 2 more: vmha status)"
        )

    def test_first_those_that_a_start_helps(self) -> None:
        found = [Found(instance(1), Off.ASKED), Found(instance(2), Off.RAN)]
        assert "1 instance that ran there is off since" in off_since.problem(found)

    @pytest.mark.parametrize(
        ("off", "words"),
        [
            (Off.ASKED, "web-1 was started since compute-1 was off, and is off still"),
            (Off.ELSEWHERE, "web-1 was on its way off compute-1, and may run on compute-2"),
            (Off.SUSPECT, "web-1 was on 2 hosts that died, and then on compute-1"),
        ],
    )
    def test_then_each_other_kind_in_its_own_words(self, off: Off, words: str) -> None:
        one = Found(instance(1), off, "compute-2")
        assert off_since.problem([one]).startswith(f"compute-1: {words}")
        assert off_since.problem([one, one]).endswith(" (and 1 more)")

    def test_a_destination_that_nobody_knows(self) -> None:
        assert "may run on its destination" in Found(instance(1), Off.ELSEWHERE).told


def move(status: str, at: str, source: str = "compute-1") -> Move:
    created, updated = "2025-11-21T01:00:00", f"2025-11-21T{at}" if at else ""
    here, there = NovaHost(source), NovaHost("compute-2")
    return Move(1, InstanceId("id-1"), "live-migration", here, there, status, created, updated)


class TestAMove:
    @pytest.mark.parametrize(
        "one",
        [
            move("error", "03:31:00"),
            move("running", "03:20:00"),
            move("running", ""),
            move("completed", "03:30:00"),
        ],
    )
    def test_was_cut_short_if_it_was_not_over_when_the_host_went_off(self, one: Move) -> None:
        assert off_since.cut_short(instance(1), [one], SERVED) == one

    @pytest.mark.parametrize(
        "one",
        [
            move("completed", "02:00:00"),
            move("failed", ""),
            move("error", "03:31:00", "compute-3"),
        ],
    )
    def test_was_not_if_it_was_over_or_is_another_hosts(self, one: Move) -> None:
        assert off_since.cut_short(instance(1), [one], SERVED) is None

    def test_is_looked_at_only_where_there_was_one(self) -> None:
        assert off_since.was_moved([BY_NOVA, action("live-migration", "02:00:00", "ann")])
        assert not off_since.was_moved([BY_NOVA, CREATED])


@pytest.mark.parametrize("tried", ["live-migration", "resize", "evacuate"])
def test_a_move_that_came_to_nothing_before_nova_looked_decides_nothing(tried: str) -> None:
    assert judged(action(tried, "03:30:30", "ann"), BY_NOVA) is Off.RAN


class TestAHostThatBootedTwiceBeforeAnybodyLooked:
    TWICE = (NEWEST, Served("boot-3", BOOTED + 1800.0, BOOTED + 1860.0))  # 04:00:00

    @pytest.mark.parametrize(
        ("asked", "off"),
        [
            ([BY_NOVA], Off.RAN),
            ([BY_NOVA, STARTED], Off.ASKED),
            ([BY_NOVA, STARTED, action("stop", "04:01:30")], Off.RAN),
            ([BY_NOVA, action("stop", "04:01:30", "ann")], Off.LEFT),
            ([BY_ITS_OWNER], Off.LEFT),
            ([], Off.LEFT),
        ],
    )
    def test_what_was_asked_since_the_newest_boot_counts_or_since_the_one_before(
        self, asked: list[Action], off: Off
    ) -> None:
        assert off_since.judge(list(reversed(asked)), self.TWICE) is off


def evacuation(status: str, at: str = "", dest: str = "compute-2", number: int = 1) -> Evacuation:
    here, there = NovaHost("compute-1"), NovaHost(dest) if dest else None
    return Evacuation(1, InstanceId(f"id-{number}"), here, there, status, at)


class TestAnEvacuationOfIt:
    NOW = "2025-11-21T03:10:00"

    def test_may_have_left_a_guest_on_the_destination_that_failed_it(self) -> None:
        for one in (evacuation("failed", self.NOW), evacuation("failed")):
            assert off_since.failed_there(instance(1), [one], SERVED) == one

    @pytest.mark.parametrize(
        "one",
        [
            evacuation("failed", "2025-11-11T03:10:00"),
            evacuation("failed", NOW, number=2),
            evacuation("failed", NOW, dest=""),
            evacuation("failed", NOW, dest="compute-1"),
            evacuation("error", NOW),
        ],
    )
    def test_is_of_another_failure_or_came_to_nobody(self, one: Evacuation) -> None:
        assert off_since.failed_there(instance(1), [one], SERVED) is None

    def test_is_looked_at_only_where_there_was_one(self) -> None:
        assert off_since.was_evacuated([BY_NOVA, action("evacuate", "02:00:00", "vmha")])
        assert not off_since.was_evacuated([BY_NOVA, CREATED])


class TestWhatHasBeenEvacuatedSince:
    HOST = NovaHost("compute-1")

    @staticmethod
    def record(
        number: int, instance: str, way: str, status: str = "done", at: str = "04:00:00"
    ) -> Evacuation:
        """``way``: the digits of two hosts."""
        source, dest = (NovaHost(f"compute-{digit}") for digit in way.ljust(2))
        to = dest if way[1:] else None
        made = f"2025-11-21T{at}"
        return Evacuation(number, InstanceId(instance), source, to, status, created_at=made)

    def test_is_where_its_newest_record_says(self) -> None:
        found = off_since.evacuated_since(
            [
                self.record(3, "a", "23", at="05:00:00"),
                self.record(1, "a", "12", "completed"),
                self.record(2, "b", "12"),
            ],
            self.HOST,
            SERVED,
        )
        assert found == {"a": "compute-3", "b": "compute-2"}

    def test_has_left_it_since_the_boot_and_has_arrived_elsewhere(self) -> None:
        assert not off_since.evacuated_since(
            [
                self.record(1, "a", "12", at="03:29:59"),
                self.record(2, "b", "12", "failed"),
                self.record(3, "c", "1"),
                self.record(4, "d", "32"),
                self.record(5, "e", "12"),
                self.record(6, "e", "21"),
            ],
            self.HOST,
            SERVED,
        )

    def test_is_told_by_the_host_that_it_has_left(self) -> None:
        one = Instance(InstanceId("a"), NovaHost("compute-2"), vm_state="stopped")
        found = Found(one, Off.RAN, left=NovaHost("compute-1"))
        assert found.told.startswith("ran until compute-1 was off")
        assert off_since.problem([found]).startswith("compute-1 was off, and 1 instance")
