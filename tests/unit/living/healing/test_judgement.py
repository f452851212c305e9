from __future__ import annotations

from typing import Any

import pytest

from tests.unit.living.healing.texts import SINCE, action, instance, trouble
from vmha_ocf.cloud.policy.values import Guests
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing import attempts
from vmha_ocf.living.healing.episode import told
from vmha_ocf.living.healing.judgement import SETTLES, STUCK, Asked, at_hand, by_actions, outcome
from vmha_ocf.living.healing.verdict import LEAVE, RESTART, Next, Verdict, tell
from vmha_ocf.model import Action, Epoch

RULES = Guests(attempts=3, window=1800.0, io_grace=60.0)


def first(
    down: Trouble | None = None,
    wish: Verdict = RESTART,
    *,
    lasted: float = 1.0,
    healing_since: float = -1000.0,
    asked: Asked | None = None,
    **about: Any,
) -> Verdict:
    return at_hand(
        down or trouble(),
        instance(**about),
        wish,
        RULES,
        lasted=lasted,
        healing_since=Epoch(SINCE + healing_since),
        asked=asked,
    )


def then(
    *actions: Action,
    now: float = 1.0,
    known: int = 0,
    sent: int = 0,
    kind: Kind = Kind.CRASHED,
    wish: Verdict = RESTART,
    **about: Any,
) -> Verdict:
    return by_actions(
        trouble(kind),
        instance(**about),
        actions,
        RULES,
        wish,
        now=Epoch(SINCE + now),
        known=known,
        sent=sent,
    )


class TestACrashIsAnEdge:
    @pytest.mark.parametrize("state", ["active", "stopped"])
    def test_what_was_seen_to_run_is_healed_before_nova_stops_it_and_after(
        self, state: str
    ) -> None:
        assert first(vm_state=state) is RESTART

    def test_what_was_off_at_the_first_look_and_is_stopped_is_history(self) -> None:
        assert first(trouble(seen=False), vm_state="stopped").next is Next.LEAVE
        assert first(trouble(seen=False), vm_state="error").next is Next.LEAVE

    def test_what_was_off_at_the_first_look_and_is_active_has_just_failed(self) -> None:
        assert first(trouble(seen=False)) is RESTART

    def test_what_was_paused_at_the_first_look_may_be_so_for_days(self) -> None:
        assert first(trouble(Kind.IO_ERROR, seen=False)).next is Next.TELL

    def test_what_failed_before_the_policy_came_is_told(self) -> None:
        assert first(healing_since=5.0).next is Next.TELL
        assert first(healing_since=0.0) is RESTART


class TestWhatNovaHas:
    @pytest.mark.parametrize(
        ("state", "task", "found"),
        [
            ("active", "powering-off", Next.WAIT),
            ("active", "migrating", Next.WAIT),
            ("active", "deleting", Next.LEAVE),
            ("deleted", None, Next.LEAVE),
            ("paused", None, Next.LEAVE),
            ("suspended", None, Next.LEAVE),
            ("shelved", None, Next.LEAVE),
            ("resized", None, Next.TELL),
            ("rescued", None, Next.TELL),
            ("error", None, Next.TELL),
        ],
    )
    def test_its_owners_stays_so_and_what_is_under_way_goes_on(
        self, state: str, task: str | None, found: Next
    ) -> None:
        assert first(vm_state=state, task_state=task).next is found

    def test_what_it_never_ends_is_told(self) -> None:
        """Its task may be that of a request which has failed after it was written."""
        assert first(lasted=STUCK - 1, task_state="rebooting_hard").next is Next.WAIT
        why = first(lasted=STUCK, task_state="rebooting_hard").why
        assert why.startswith("Nova has it rebooting_hard, after 5 min: openstack server show ")

    def test_novas_reason_is_told_on_one_line(self) -> None:
        why = first(vm_state="error", fault="no\nspace").why
        assert why.startswith("it is in error in Nova (no space): openstack server show ")
        assert "(no reason is given)" in first(vm_state="error").why


class TestWhatIsWanted:
    def test_who_is_left_is_left_whatever_else(self) -> None:
        assert first(wish=LEAVE, vm_state="error", asked=Asked(1)) is LEAVE

    def test_who_is_to_be_told_is_told(self) -> None:
        wish = tell("x")
        assert first(wish=wish) is wish

    def test_an_io_error_has_time_to_end(self) -> None:
        down = trouble(Kind.IO_ERROR)
        assert first(down, lasted=59).next is Next.WAIT
        assert first(down, lasted=60) is RESTART


class TestItsOwnersWill:
    @pytest.mark.parametrize("name", ["stop", "pause", "suspend", "shelve", "trigger_crash_dump"])
    @pytest.mark.parametrize("after", [0, 1, 600])
    def test_it_wins_in_the_second_of_the_crash_and_later(self, name: str, after: int) -> None:
        assert then(action(name, after), now=601).next is Next.LEAVE

    def test_it_wins_over_novas_own_stop(self) -> None:
        found = then(action("stop", 15, ""), action("stop", 0), vm_state="stopped")
        assert found.next is Next.LEAVE

    def test_a_stop_that_was_undone_before_is_none(self) -> None:
        start, stop = (
            Action("start", "2025-11-24T15:59:50", "u"),
            Action("stop", "2025-11-24T15:59:45", "u"),
        )
        assert then(start, stop) is RESTART

    def test_a_stop_of_long_ago_is_none(self) -> None:
        assert then(Action("stop", "2025-11-23T16:00:00", "u")) is RESTART

    def test_what_has_no_time_may_be_of_now(self) -> None:
        assert then(Action("stop", "?", "u")).next is Next.LEAVE

    @pytest.mark.parametrize("name", ["live-migration", "evacuate", "lock", "resize"])
    def test_a_move_says_nothing_about_whether_it_is_to_run(self, name: str) -> None:
        assert then(action(name, 0)) is RESTART


class TestWhoShutsItselfDown:
    def test_it_is_restarted_before_nova_stops_it_and_after(self) -> None:
        assert then(kind=Kind.SHUT_DOWN) is RESTART
        stopped = then(action("stop", 15, ""), kind=Kind.SHUT_DOWN, vm_state="stopped", now=16)
        assert stopped is RESTART

    def test_a_stop_in_peace_was_asked_for_long_before(self) -> None:
        stop = Action("stop", "2025-11-24T15:50:00", "u")
        assert then(stop, kind=Kind.SHUT_DOWN).next is Next.LEAVE
        assert then(stop, kind=Kind.CRASHED) is RESTART

    def test_started_since_then_it_has_ended_by_itself(self) -> None:
        start, stop = (
            Action("start", "2025-11-24T15:55:00", "u"),
            Action("stop", "2025-11-24T15:50:00", "u"),
        )
        assert then(start, stop, kind=Kind.SHUT_DOWN) is RESTART


class TestWhoStoppedIt:
    def test_nova_itself_after_the_crash(self) -> None:
        assert then(action("stop", 15, ""), vm_state="stopped", now=16) is RESTART

    def test_nobody_that_is_known(self) -> None:
        assert then(vm_state="stopped").next is Next.TELL

    def test_nova_before_the_crash(self) -> None:
        assert (
            then(Action("stop", "2025-11-24T15:00:00", ""), vm_state="stopped").next is Next.TELL
        )

    def test_its_owner_who_waited_for_it_to_shut_down_as_it_crashed(self) -> None:
        long_ago = action("stop", -90)
        assert then(long_ago, vm_state="stopped") is LEAVE
        assert then(action("start", -60), long_ago, vm_state="stopped").next is Next.TELL


class TestOneRestartForOneFailure:
    def test_one_that_was_asked_for_is_not_asked_for_again(self) -> None:
        assert then(action("reboot", 1), now=2).next is Next.WAIT
        found = then(action("reboot", 1), now=2 + SETTLES)
        assert (found.next, "did not help" in found.why) == (Next.TELL, True)

    @pytest.mark.parametrize("name", ["start", "rebuild"])
    def test_nor_one_that_somebody_else_has_started_or_made_anew(self, name: str) -> None:
        assert then(action(name, 1), now=2).next is Next.WAIT

    def test_that_of_the_failure_before_is_not_of_this_one(self) -> None:
        """Whatever the clocks say."""
        assert then(action("reboot", 3), now=4, known=1) is RESTART
        assert then(action("reboot", 5), action("reboot", 3), now=6, known=1).next is Next.WAIT

    def test_nova_itself_reboots_after_its_hosts_boot(self) -> None:
        assert then(action("reboot", 1, ""), now=2) is RESTART

    def test_after_so_many_within_the_window_it_is_told(self) -> None:
        old = [Action("reboot", f"2025-11-24T15:5{minute}:00", "u") for minute in (9, 5, 1)]
        assert then(*old[1:]) is RESTART
        found = then(*old)
        assert "it was restarted 3 times within 30 min: look at its console" in found.why
        assert then(*old, now=1801 - 240) is RESTART

    def test_requests_that_nova_does_not_list_count_too(self) -> None:
        assert then(sent=2) is RESTART
        assert then(sent=3).next is Next.TELL


class TestWhatBecameOfIt:
    def test_it_is_followed_as_long_as_it_may_take(self) -> None:
        assert first(asked=Asked(5), task_state="rebooting_hard").next is Next.WAIT
        assert first(asked=Asked(SETTLES - 1)).next is Next.WAIT

    def test_what_did_not_help_is_told_and_why(self) -> None:
        assert first(asked=Asked(SETTLES)).why.startswith("its restart did not help: openstack ")
        assert first(asked=Asked(SETTLES, "no answer")).why.startswith("no answer: openstack ")
        assert "5 min" in first(asked=Asked(STUCK), task_state="rebooting_hard").why

    def test_one_that_ended_in_error_is_told_at_once(self) -> None:
        assert "(no disk)" in first(asked=Asked(3), vm_state="error", fault="no disk").why

    def test_what_its_owner_has_decided_meanwhile_is_left(self) -> None:
        assert outcome(instance(vm_state="paused"), Asked(90)).next is Next.LEAVE


def test_a_sentence_names_host_and_instance_on_one_line() -> None:
    one = instance(name="db\n\x1b[31m")
    assert told(one, Kind.CRASHED, "why").startswith(
        "compute-1: db [31m has crashed, and is not restarted: why"
    )
    assert told(instance(name=""), Kind.HUNG, "x").startswith("compute-1: 11111111-2222-")


def test_the_age_of_what_has_no_time_is_nothing() -> None:
    assert attempts.age(Action("reboot", "?", "u"), SINCE) == 0
    assert attempts.age(action("reboot", 5), SINCE) == 0


class TestAMove:
    THEN = Verdict(Next.RESTART, moves=True)
    AT_ONCE = Verdict(Next.RESTART, restarts=False, moves=True)
    LATELY = tuple(action("reboot", -after) for after in (30, 20, 10))

    def test_it_comes_after_the_restarts(self) -> None:
        assert then(*self.LATELY[1:], wish=self.THEN) is RESTART
        assert then(*self.LATELY, wish=self.THEN).next is Next.MOVE
        assert then(*self.LATELY).next is Next.TELL

    def test_or_at_once(self) -> None:
        assert then(wish=self.AT_ONCE).next is Next.MOVE

    def test_it_comes_once(self) -> None:
        moved = action("migrate", -5)
        found = then(moved, *self.LATELY, wish=self.THEN)
        assert found.next is Next.TELL
        assert "restarted 3 times and Nova was asked to move it within 30 min" in found.why
        found = then(moved, wish=self.AT_ONCE)
        assert found.why.startswith("Nova was asked to move it within 30 min")
        assert then(action("resize", -5), wish=self.AT_ONCE).next is Next.TELL
        assert then(action("migrate", -3599), wish=self.AT_ONCE).next is Next.MOVE

    def test_its_owner_wins(self) -> None:
        assert then(action("stop", 0), *self.LATELY, wish=self.THEN) is LEAVE
