from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.living.healing.texts import ID, SINCE, action, instance
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.episode import Episode
from vmha_ocf.living.moving.step import Found, Next, Seen, next_step, ours
from vmha_ocf.living.moving.trace import MOST, Trace, format_traces, parse_traces
from vmha_ocf.model import Action, Move, NovaHost

HERE, THERE = NovaHost("compute-1"), NovaHost("compute-2")
OLD = action("reboot", 1)
TRACE = Trace(Episode(ID, Kind.CRASHED, SINCE), HERE, actions=1, moves=1)
BEFORE = Move(1, ID, "live-migration", THERE, HERE, "completed")


def moved(status: str, **about: Any) -> Move:
    return replace(Move(2, ID, "migration", HERE, THERE, status), **about)


def step(
    *asked: str | Action,
    record: Move | None = None,
    more: tuple[Move, ...] = (),
    down: bool = False,
    **about: Any,
) -> Found:
    """``asked``: since our request was written down, oldest first."""
    new = [one if isinstance(one, Action) else action(one, 60) for one in asked]
    host = about.pop("host", HERE)
    one = replace(instance(**about), host=host)
    moves = [*more, *([record] if record else []), BEFORE]
    return next_step(TRACE, Seen(one, [*reversed(new), OLD], moves), down=down)


class TestWhatComesNext:
    def test_a_request_that_nova_does_not_know_was_perhaps_never_made(self) -> None:
        assert step().next is Next.UNASKED
        assert step(action("stop", 60, user="")).next is Next.UNASKED

    @pytest.mark.parametrize("task", ["resize_prep", "resize_migrating", "resize_finish"])
    def test_what_nova_has_under_way_is_waited_for(self, task: str) -> None:
        assert step("migrate", task_state=task) == Found(Next.WAIT, f"Nova has it {task}")

    def test_a_migration_that_is_finished_is_confirmed(self) -> None:
        found = step("migrate", record=moved("finished"), host=THERE, vm_state="resized")
        assert found.next is Next.CONFIRM

    def test_one_that_is_being_confirmed_is_not_confirmed_again(self) -> None:
        found = step("migrate", record=moved("confirming"), host=THERE, vm_state="resized")
        assert found.next is Next.WAIT

    def test_what_was_stopped_is_started_once(self) -> None:
        at_rest: Any = {"record": moved("confirmed"), "host": THERE, "vm_state": "stopped"}
        assert step("migrate", "confirmResize", **at_rest).next is Next.START
        again = step("migrate", "confirmResize", "start", **at_rest)
        assert again.next is Next.TELL
        assert f"openstack server start {ID}" in again.why

    def test_what_runs_there_is_moved(self) -> None:
        found = step("migrate", "confirmResize", record=moved("confirmed"), host=THERE)
        assert found == Found(Next.MOVED, "it runs on compute-2")

    def test_between_two_writes_of_nova_it_is_waited_for(self) -> None:
        assert step("migrate", record=moved("migrating")).next is Next.WAIT
        assert step("migrate", record=moved("confirmed")).next is Next.WAIT
        assert step("migrate", vm_state="resized", host=THERE).next is Next.WAIT


class TestWhatNovaCannotMove:
    def test_what_is_down_where_it_was_is_given_back(self) -> None:
        found = step("migrate", record=moved("error", dest=None), down=True, vm_state="stopped")
        assert found == Found(Next.BACK, "Nova could not move it: its record says error")
        assert step("migrate", down=True).why == "Nova could not move it: it has no record of it"

    def test_what_runs_where_it_was_is_over(self) -> None:
        assert step("migrate", record=moved("error")).next is Next.OVER

    def test_what_nobody_reports_and_nova_has_stopped_is_told(self) -> None:
        found = step("migrate", record=moved("failed"), vm_state="stopped")
        assert found.next is Next.TELL
        assert f"openstack server reboot --hard {ID}" in found.why

    def test_what_is_in_error_is_told_wherever_it_is(self) -> None:
        found = step("migrate", record=moved("error"), host=THERE, vm_state="error", fault="boom")
        assert found.next is Next.TELL
        assert found.why == f"it is in error in Nova (boom): openstack server show {ID}"
        assert "no reason is given" in step("migrate", vm_state="error").why


class TestWhoseWillItIs:
    def test_what_is_gone_is_none_of_ours(self) -> None:
        assert next_step(TRACE, Seen(None), down=False).next is Next.OVER
        assert step("migrate", task_state="deleting").next is Next.OVER

    @pytest.mark.parametrize("what", ["stop", "resize", "revertResize", "evacuate", "reboot"])
    def test_whoever_asks_for_more_has_it(self, what: str) -> None:
        found = step("migrate", what, record=moved("finished"), host=THERE, vm_state="resized")
        assert found == Found(Next.OVER, f"somebody has asked for more: {what}")

    def test_what_nova_does_by_itself_is_nobodys_will(self) -> None:
        stopped = action("stop", 60, user="")
        at_rest: Any = {"record": moved("confirmed"), "host": THERE, "vm_state": "stopped"}
        assert step(stopped, "migrate", **at_rest).next is Next.START

    def test_a_second_migration_is_somebody_elses(self) -> None:
        assert step("migrate", "migrate", record=moved("finished")).next is Next.OVER
        two = (moved("finished", id=3),)
        assert step("migrate", record=moved("confirmed"), more=two).next is Next.OVER

    def test_a_migration_that_another_user_has_asked_for_is_never_ours(self) -> None:
        asked = replace(action("migrate", 60), is_ours=False)
        found = step(asked, record=moved("finished"), host=THERE, vm_state="resized")
        assert found == Found(Next.OVER, "somebody else moves it")

    def test_a_resize_is_never_ours(self) -> None:
        record = moved("finished", kind="resize")
        found = step("migrate", record=record, host=THERE, vm_state="resized")
        assert found == Found(Next.OVER, "somebody else moves it")
        assert ours(TRACE, [record, BEFORE]) is None

    @pytest.mark.parametrize(("made", "is_ours"), [("16:01:00", True), ("16:30:00", False)])
    def test_who_finds_a_trace_believes_it_for_what_is_of_then(
        self, made: str, is_ours: bool
    ) -> None:
        record = moved("finished", created_at=f"2025-11-24T{made}")
        assert ours(TRACE, [record, BEFORE]) is record
        found = replace(TRACE, at=SINCE, is_found=True)
        assert (ours(found, [record, BEFORE]) is record) is is_ours
        assert ours(found, [replace(record, created_at="soon"), BEFORE]) is None
        one = replace(instance(vm_state="resized"), host=THERE)
        seen = Seen(one, [action("migrate", 60), OLD], [record, BEFORE])
        after = next_step(found, seen, down=False).next
        assert after is (Next.CONFIRM if is_ours else Next.OVER)

    def test_a_migration_off_another_host_is_none(self) -> None:
        assert ours(TRACE, [moved("finished", source=THERE), BEFORE]) is None
        assert ours(TRACE, [BEFORE]) is None

    def test_what_its_owner_has_paused_there_is_left(self) -> None:
        found = step("migrate", record=moved("confirmed"), host=THERE, vm_state="paused")
        assert found.next is Next.OVER


class TestTheTrace:
    def test_it_is_read_as_it_was_written(self) -> None:
        found = replace(TRACE, at=SINCE, is_found=True)
        other = replace(found, host=NovaHost("compute-1.example.org"))
        assert parse_traces(format_traces([found, other])) == [found, other]
        assert parse_traces("") == []

    @pytest.mark.parametrize(
        "text",
        ["x", f"{ID} exploded 1 1 1 1 h", f"{ID} crashed -1 1 1 1 h", f"{ID} crashed 1 1 1 1"],
    )
    def test_what_none_of_us_wrote_says_nothing(self, text: str) -> None:
        found = replace(TRACE, is_found=True)
        assert parse_traces(f"{text};{format_traces([TRACE])}") == [found]

    def test_it_is_bounded(self) -> None:
        assert len(parse_traces(format_traces([TRACE] * 3 * MOST))) == MOST
