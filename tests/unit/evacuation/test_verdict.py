"""One instance of a dead host, judged. Everything has settled unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.dead_host import DEST, FENCED, HOST, ONE, instance, record, situation, text
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud.records import STILL
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.evacuation import memory as memories
from vmha_ocf.evacuation.memory import ASKED, REBUILDING, Memory
from vmha_ocf.evacuation.verdict import Next, Situation, Verdict, judge
from vmha_ocf.model import Epoch, Evacuation, Instance, Monotonic, Move, NovaHost

NOW = 1000.0


def verdict(
    *found: Evacuation,
    on: Instance | None = None,
    choice: Choice = Choice.EVACUATE,
    at: Situation | None = None,
) -> Verdict:
    """Whatever is not evacuated now has its reason."""
    judged = judge(on or instance(), choice, found, at or situation())
    assert bool(judged.reason) is (judged.next is not Next.EVACUATE or judged.told)
    return judged


def remembering(**about: Any) -> Memory:
    return Memory(**{"first_seen": 0.0, "watching": 0.0, **about})


def noticed(what: str, ago: float) -> Situation:
    return situation(remembering(noticed={(ONE, what): NOW - ago}))


def of(found: Evacuation, ago: float) -> Situation:
    return noticed(memories.of_record(found), ago)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, Next.EVACUATE),
        ({"vm_state": "stopped"}, Next.EVACUATE),
        ({"vm_state": "error"}, Next.EVACUATE),
        ({"task_state": "powering-off"}, Next.EVACUATE),
        ({"vm_state": "paused"}, Next.RESET),
        ({"vm_state": "suspended"}, Next.RESET),
        ({"vm_state": "rescued"}, Next.RESET),
        ({"vm_state": "resized"}, Next.REPORT),
        ({"vm_state": "building"}, Next.REPORT),
        ({"vm_state": "shelved"}, Next.REPORT),
        ({"vm_state": "what comes next"}, Next.REPORT),
        ({"task_state": "deleting"}, Next.LEAVE),
        ({"task_state": "soft-deleting"}, Next.LEAVE),
        ({"task_state": "shelving"}, Next.EVACUATE),
        ({"task_state": "image_uploading"}, Next.EVACUATE),
        ({"task_state": "rebooting_hard"}, Next.EVACUATE),
        ({"vm_state": "deleted"}, Next.LEAVE),
        ({"vm_state": "soft-delete"}, Next.LEAVE),
    ],
)
def test_unevacuable_states(about: dict[str, Any], expected: Next) -> None:
    found = verdict(on=instance(**about))
    assert found.next is expected
    assert found.told is (expected is Next.REPORT)
    assert not found.told or about["vm_state"] in found.reason


@pytest.mark.parametrize("task_state", ["powering-on", "resuming", "rescuing"])
def test_what_its_host_starts_at_its_return_is_left_there(task_state: str) -> None:
    """nova-compute starts the guest before it looks whether it still should."""
    found = verdict(on=instance(vm_state="stopped", task_state=task_state))
    assert (found.next, found.told) == (Next.REPORT, True)
    assert f"it is {task_state}: that waits for nova-compute" in found.reason


class TestOnItsWayToAnotherHost:
    MIGRATING = instance(task_state="migrating")
    RUNNING = Move(7, ONE, "live-migration", HOST, DEST, "running", updated_at=text(-5))

    def test_it_is_told_and_never_doubled(self) -> None:
        found = verdict(on=self.MIGRATING)
        assert (found.next, found.told) == (Next.REPORT, True)
        assert "may run on its destination" in found.reason

    def test_with_the_name_of_its_destination(self) -> None:
        found = verdict(on=self.MIGRATING, at=situation(moves={ONE: [self.RUNNING]}))
        assert found.next is Next.REPORT
        assert "may run on compute-2" in found.reason

    def test_until_it_is_certain_that_it_runs_nowhere(self) -> None:
        at = situation(moves={ONE: [self.RUNNING]}, off={DEST: STILL})
        assert verdict(on=self.MIGRATING, at=at).next is Next.EVACUATE

    def test_or_a_person_says_so(self) -> None:
        at = situation(moves={ONE: [self.RUNNING]})
        assert verdict(on=instance(vm_state="error"), at=at).next is Next.EVACUATE

    def test_an_evacuation_of_it_comes_first(self) -> None:
        assert verdict(record("accepted"), on=self.MIGRATING).next is Next.IN_FLIGHT

    def test_it_is_nobodys_matter_if_it_is_not_ours(self) -> None:
        assert verdict(on=self.MIGRATING, choice=Choice.UNTAGGED).next is Next.LEAVE


def test_a_suspect_is_told_and_not_handed_to_the_next_host() -> None:
    past = [record("done", source=NovaHost(f"compute-{number}")) for number in (4, 5)]
    found = verdict(at=situation(suspects={ONE: past}))
    assert (found.next, found.told) == (Next.REPORT, True)
    assert "compute-4, compute-5" in found.reason
    asked = verdict(record("accepted"), at=situation(suspects={ONE: past}))
    assert asked.next is Next.IN_FLIGHT, "a person has asked for it"


def test_an_affinity_group_that_cannot_leave_its_host_is_not_asked_for() -> None:
    found = verdict(record("error"), at=situation(bound={ONE}))
    assert (found.next, found.told) == (Next.REPORT, True)
    assert f"nova --os-compute-api-version 2.67 evacuate --force {ONE} HOST" in found.reason


def test_states_that_are_only_reported_where_that_is_wanted() -> None:
    at = situation(settings=Settings(recover_states=False))
    assert verdict(on=instance(vm_state="paused"), at=at).next is Next.REPORT


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice.EVACUATE, Next.EVACUATE),
        (Choice.UNTAGGED, Next.LEAVE),
        (Choice.OPTED_OUT, Next.LEAVE),
        (Choice.UNKNOWN, Next.UNKNOWN),
    ],
)
def test_what_is_not_ours_is_left(choice: Choice, expected: Next) -> None:
    found = verdict(choice=choice)
    assert found.next is expected
    assert found.told is (choice is Choice.UNKNOWN)


LATER = Epoch(FENCED + 3600)
"""The host has failed again since."""


class TestInFlight:
    @pytest.mark.parametrize("status", ["accepted", "pre-migrating", "a new one"])
    @pytest.mark.parametrize("choice", Choice)
    def test_whoever_asked_for_it(self, status: str, choice: Choice) -> None:
        assert verdict(record(status), choice=choice).next is Next.IN_FLIGHT

    def test_below_a_newer_record_too(self) -> None:
        found = verdict(record("error", 2), record("accepted", 1, dest=None))
        assert found.next is Next.IN_FLIGHT
        assert "nowhere yet" in found.reason

    def test_stuck_accepted(self) -> None:
        """It is told and never repeated."""
        stuck = record("accepted", dest=None)
        found = verdict(stuck, at=of(stuck, 600))
        assert (found.next, found.told) == (Next.IN_FLIGHT, True)
        assert found.reason.startswith("evacuation 1 is accepted, nowhere yet, for 600 s")
        assert found.reason.endswith("it is never repeated while Nova may work on it")
        assert not verdict(stuck, at=of(stuck, 599)).told
        assert verdict(stuck, at=of(stuck, 700)).reason == found.reason, "it is told once"

    def test_destination_dies(self) -> None:
        assert verdict(record("pre-migrating")).next is Next.IN_FLIGHT
        lost = situation(remembering(), off={DEST: STILL})
        found = verdict(record("pre-migrating"), at=lost)
        assert (found.next, found.reason) == (
            Next.RETRY,
            "compute-2 failed it (attempt 1); the next attempt follows",
        )

    def test_a_completed_one_that_a_destination_works_on(self) -> None:
        """The source was started too early; its record says completed, the rebuild goes on."""
        rebuilding = instance(task_state="rebuild_spawning")
        assert verdict(record("completed"), on=rebuilding).next is Next.IN_FLIGHT
        assert verdict(record("completed")).next is Next.IN_FLIGHT, (
            "it is here: nobody has moved it"
        )
        before = replace(situation(), since=LATER)
        assert verdict(record("completed"), at=before).next is Next.EVACUATE
        again = replace(before, began=situation().since)
        assert verdict(record("completed"), at=again).next is Next.IN_FLIGHT, (
            "it was fenced again before its return"
        )
        dead = situation(remembering(noticed={(ONE, REBUILDING): 0.0}), off={DEST: STILL})
        assert verdict(record("completed"), on=rebuilding, at=dead).next is Next.EVACUATE

    def test_a_completed_one_where_nobody_told_when_the_host_went_off(self) -> None:
        assert verdict(record("completed"), at=situation(since=0.0)).next is Next.EVACUATE

    @pytest.mark.parametrize("newer", ["done", "completed"])
    @pytest.mark.parametrize("older", ["accepted", "pre-migrating"])
    def test_what_is_older_than_a_success_is_of_the_past(self, newer: str, older: str) -> None:
        """A start of the source completes only the last of two records of one instance."""
        moved = record(newer, 2)
        at = replace(of(moved, 60), since=LATER)
        assert verdict(moved, record(older, 1), at=at).next is Next.EVACUATE

    def test_an_old_completed_one_says_nothing(self) -> None:
        rebuilding = instance(task_state="rebuilding")
        later = record("error", 2, created_at=text(7))
        assert verdict(later, record("completed", 1), on=rebuilding).next is Next.WAIT
        moved = record("done", 2)
        assert verdict(moved, record("completed", 1), on=rebuilding).next is Next.WAIT

    @pytest.mark.parametrize("status", ["error", "failed", "cancelled"])
    @pytest.mark.parametrize("at", [text(5), text(6), ""])
    def test_a_completed_one_beside_which_another_tools_have_failed(
        self, status: str, at: str
    ) -> None:
        """They were asked for before the source was started too early."""
        theirs = record(status, 3, created_at=at), record("failed", 2)
        assert verdict(*theirs, record("completed", 1)).next is Next.IN_FLIGHT
        endless = record("completed", 1, updated_at="")
        assert verdict(*theirs, endless).next is Next.IN_FLIGHT
        after = record("failed", 2, created_at=text(7))
        assert verdict(theirs[0], after, record("completed", 1)).next is not Next.IN_FLIGHT


class TestAsked:
    MEMORY: dict[str, Any] = {"asked": {ONE: 5}}

    def test_until_a_record_of_it_is_seen(self) -> None:
        at = situation(remembering(**self.MEMORY))
        assert verdict(at=at).next is Next.IN_FLIGHT
        assert verdict(record("error", 5), at=at).next is Next.IN_FLIGHT
        assert verdict(record("error", 6), at=at).next is Next.RETRY

    @pytest.mark.parametrize(("ago", "expected"), [(29, Next.IN_FLIGHT), (30, Next.EVACUATE)])
    def test_or_until_it_would_have_been(self, ago: float, expected: Next) -> None:
        at = situation(remembering(**self.MEMORY, noticed={(ONE, ASKED): NOW - ago}))
        assert verdict(at=at).next is expected

    def test_as_long_as_nova_has_been_answering(self) -> None:
        memory = remembering(
            **self.MEMORY | {"watching": NOW - 10}, noticed={(ONE, ASKED): NOW - 300}
        )
        assert verdict(at=situation(memory)).next is Next.IN_FLIGHT


class TestInherited:
    @pytest.mark.parametrize(("ago", "expected"), [(29, Next.WAIT), (30, Next.EVACUATE)])
    def test_stale_claim(self, ago: float, expected: Next) -> None:
        memory = remembering(inherited=True, watching=NOW - ago)
        assert verdict(at=situation(memory)).next is expected

    def test_not_for_a_host_that_nobody_took_before(self) -> None:
        assert verdict(at=situation(remembering(watching=NOW))).next is Next.EVACUATE

    def test_from_the_first_answer_of_nova(self) -> None:
        memory = remembering(inherited=True, watching=None)
        assert verdict(at=situation(memory)).next is Next.WAIT


def test_the_delay_that_an_operator_wants() -> None:
    settings = Settings(evacuate_delay=60)
    assert (
        verdict(at=situation(remembering(first_seen=NOW - 59), settings=settings)).next
        is Next.WAIT
    )
    late = situation(remembering(first_seen=NOW - 60), settings=settings)
    assert verdict(at=late).next is Next.EVACUATE


class TestRebuilding:
    """Nova sets the task_state before it makes the record."""

    @pytest.mark.parametrize(("ago", "expected"), [(29, Next.WAIT), (30, Next.EVACUATE)])
    def test_without_a_record(self, ago: float, expected: Next) -> None:
        rebuilding = instance(task_state="rebuilding")
        assert verdict(on=rebuilding, at=noticed(REBUILDING, ago)).next is expected

    def test_after_a_failure_it_may_be_a_new_attempt(self) -> None:
        rebuilding = instance(task_state="rebuilding")
        failed = record("error")
        assert verdict(failed, on=rebuilding, at=of(failed, 500)).next is Next.WAIT


class TestDone:
    @pytest.mark.parametrize(("ago", "expected"), [(29, Next.WAIT), (30, Next.EVACUATE)])
    def test_and_still_listed_here(self, ago: float, expected: Next) -> None:
        done = record("done")
        assert verdict(done, at=of(done, ago)).next is expected

    def test_just_now_after_a_long_flight(self) -> None:
        flown = noticed(memories.of_record(record("pre-migrating")), 500)
        assert verdict(record("done"), at=flown).next is Next.WAIT


class TestRetry:
    @pytest.mark.parametrize(
        ("failed", "delay"), [(1, 5), (2, 10), (3, 20), (7, 300), (50, 300), (2000, 300)]
    )
    def test_nova_never_retries(self, failed: int, delay: float) -> None:
        """We do, for ever, further and further apart."""
        found = [record("error", id) for id in range(failed, 0, -1)]
        assert verdict(*found, at=of(found[0], delay - 1)).next is Next.RETRY
        assert verdict(*found, at=of(found[0], delay)).next is Next.EVACUATE

    def test_it_is_told_after_some_attempts(self) -> None:
        found = [record("error", id) for id in range(5, 0, -1)]
        assert verdict(*found).told
        assert not verdict(*found[1:]).told

    def test_accepted_not_evacuated(self) -> None:
        """A late failure of the destination restores the state: only the record tells."""
        found = verdict(record("failed"), on=instance(vm_state="active"))
        assert (found.next, found.reason) == (
            Next.RETRY,
            "compute-2 failed it (attempt 1); the next attempt follows",
        )

    def test_no_host_for_it(self) -> None:
        """Nova's scheduler leaves a record in error, and chose nobody."""
        assert verdict(record("error", dest=None)).reason.startswith("Nova found no host for it")

    def test_what_was_cancelled_before_it_had_a_destination_names_none(self) -> None:
        assert "None" not in verdict(record("cancelled", dest=None)).reason

    def test_failures_of_an_earlier_incident_delay_nothing(self) -> None:
        assert verdict(record("error", created_at=text(-39))).next is Next.EVACUATE

    def test_what_came_after_our_own_request_is_of_this_one_whatever_the_clocks_say(self) -> None:
        skewed = record("error", 6, created_at=text(-9))
        at = situation(remembering(asked={ONE: 5}))
        assert verdict(skewed, at=at).next is Next.RETRY

    def test_without_a_known_time_of_the_incident_all_count(self) -> None:
        assert verdict(record("error", created_at=text(-9)), at=situation(since=0.0)).next is (
            Next.RETRY
        )


class TestNotNow:
    @pytest.mark.parametrize(("ago", "expected"), [(29, Next.REPORT), (30, Next.EVACUATE)])
    def test_what_nova_refused_is_looked_at_again(self, ago: float, expected: Next) -> None:
        found = verdict(at=situation(remembering(refused={ONE: (NOW - ago, "vTPM")})))
        assert (found.next, found.reason) == (expected, "vTPM")
        assert found.told, "until it is accepted"

    @pytest.mark.parametrize("vm_state", ["active", "paused"])
    def test_what_was_asked_for_in_vain_is_told_while_it_is_asked_for_again(
        self, vm_state: str
    ) -> None:
        refused = situation(remembering(refused={ONE: (NOW - 30, "vTPM")}))
        assert verdict(on=instance(vm_state=vm_state), at=refused).in_vain
        assert not verdict(on=instance(vm_state=vm_state)).in_vain

    def test_what_is_tried_for_the_first_times_is_not_in_vain_yet(self) -> None:
        few = [record("error", id) for id in range(4, 0, -1)]
        many = [record("error", id) for id in range(5, 0, -1)]
        waited = {(ONE, memories.of_record(each[0])): 0.0 for each in (few, many)}
        at = situation(remembering(noticed=waited))
        assert (verdict(*few, at=at).next, verdict(*few, at=at).in_vain) == (Next.EVACUATE, False)
        assert (verdict(*many, at=at).next, verdict(*many, at=at).in_vain) == (Next.EVACUATE, True)
        assert "attempt 5" in verdict(*many, at=at).reason

    def test_storage_not_shared(self) -> None:
        settings = Settings(rebuild_from_image=False)
        found = verdict(on=instance(image="image"), at=situation(settings=settings))
        assert (found.next, found.told) == (Next.REPORT, True)
        assert found.reason == "its disk is on the dead host"
        assert verdict(at=situation(settings=settings)).next is Next.EVACUATE
        assert verdict(on=instance(image="image")).next is Next.EVACUATE

    @pytest.mark.parametrize("vm_state", ["active", "paused"])
    def test_no_host_that_could_take_it(self, vm_state: str) -> None:
        """Asking would only turn it into an error."""
        found = verdict(on=instance(vm_state=vm_state), at=situation(destinations=False))
        assert (found.next, found.told) == (Next.RETRY, True)
        assert found.reason == "no other compute host is up"

    @pytest.mark.parametrize("vm_state", ["active", "paused"])
    def test_forced_down_alive(self, vm_state: str) -> None:
        found = verdict(on=instance(vm_state=vm_state), at=situation(alive=True))
        assert (found.next, found.told) == (Next.REPORT, True)
        assert "new fencing" in found.reason


def test_in_error_for_a_reason_that_nova_does_not_tell() -> None:
    """A live migration may have left it so, and taken it elsewhere."""
    found = verdict(on=instance(vm_state="error"), at=situation(moves={}))
    assert (found.next, found.told) == (Next.UNKNOWN, True)


class TestAResetWithoutAClearAnswer:
    PAUSED = instance(vm_state="paused")

    def test_is_not_sent_again_while_it_may_still_come(self) -> None:
        """It would come in the middle of the evacuation, and break it."""
        at = situation(remembering().may_be_reset(ONE, Monotonic(NOW - 29.0)))
        assert verdict(on=self.PAUSED, at=at).next is Next.WAIT

    def test_and_is_later(self) -> None:
        at = situation(remembering().may_be_reset(ONE, Monotonic(NOW - 30.0)))
        assert verdict(on=self.PAUSED, at=at).next is Next.RESET

    def test_needs_nothing_where_it_has_come(self) -> None:
        at = situation(remembering().may_be_reset(ONE, Monotonic(NOW - 1.0)))
        assert verdict(on=instance(vm_state="error"), at=at).next is Next.EVACUATE


class TestOfANovaThatLooksAtTheTaskState:
    STOPPING = instance(task_state="powering-off")
    WHY = "Cannot 'evacuate' instance one while it is in task_state powering-off"
    REFUSED: dict[str, Any] = {"refused": {ONE: (NOW - 1, WHY)}}

    def test_what_died_with_the_host_is_reset_once(self) -> None:
        found = verdict(on=self.STOPPING, at=situation(remembering(**self.REFUSED)))
        assert (found.next, found.reason) == (Next.RESET, "was powering-off")
        again = remembering(**self.REFUSED, was_reset=frozenset({ONE}))
        found = verdict(on=self.STOPPING, at=situation(again))
        assert (found.next, found.reason) == (Next.REPORT, self.WHY)

    def test_reset_state_cure(self) -> None:
        """Never with an evacuation in flight."""
        rebuilding = instance(task_state="rebuilding")
        why = self.WHY.replace("powering-off", "rebuilding")
        memory = remembering(refused={ONE: (NOW - 1, why)}, noticed={(ONE, REBUILDING): 0.0})
        at = situation(memory)
        assert verdict(record("accepted"), on=rebuilding, at=at).next is Next.IN_FLIGHT
        assert verdict(on=rebuilding, at=at).next is Next.RESET

    def test_what_may_run_elsewhere_is_not(self) -> None:
        why = self.WHY.replace("powering-off", "migrating")
        at = situation(remembering(refused={ONE: (NOW - 1, why)}))
        assert verdict(on=instance(task_state="migrating"), at=at).next is Next.REPORT

    @pytest.mark.parametrize(
        "other",
        [{"settings": Settings(recover_states=False)}, {"alive": True}],
    )
    def test_not_where_nothing_is_to_be_reset(self, other: dict[str, Any]) -> None:
        at = situation(remembering(**self.REFUSED), **other)
        assert verdict(on=self.STOPPING, at=at).next is Next.REPORT

    def test_other_refusals_are_not_of_the_task_state(self) -> None:
        at = situation(remembering(refused={ONE: (NOW - 1, "in vm_state active")}))
        assert verdict(on=self.STOPPING, at=at).next is Next.REPORT
        assert verdict(at=at).next is Next.REPORT


def test_times_are_measured_from_the_fencing() -> None:
    assert situation().since == FENCED
