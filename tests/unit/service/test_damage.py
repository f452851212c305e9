from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.dead_host import FENCED, HOST, ONE, instance, record, text
from vmha_ocf.cloud import records
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.model import Epoch, Evacuation, Instance, InstanceId
from vmha_ocf.service import damage
from vmha_ocf.service.damage import ASKED, CUT_SHORT, LEFT, Damaged, Way
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace

TRACE = Trace(HOST, "id", Epoch(FENCED), Ours(True, True))
BROKEN = instance(vm_state="error")
FAILED = [record("error", dest=None)]


def noted(state: str) -> Trace:
    return replace(TRACE, was={ONE: state})


def left(
    one: Instance = BROKEN,
    found: list[Evacuation] = FAILED,
    trace: Trace = TRACE,
    choice: Choice | None = Choice.EVACUATE,
) -> list[Way]:
    choices = {} if choice is None else {one.id: choice}
    every = damage.of_ours([one], choices, records.by_instance(found), {}, trace)
    return [each.way for each in every]


class TestWhatIsNoted:
    def note(self, asked: Instance, found: list[Evacuation], **was: str) -> Any:
        known = {InstanceId(key): state for key, state in was.items()}
        return damage.to_note([asked], records.by_instance(found), replace(TRACE, was=known))

    def test_where_clocks_do_not_agree_the_order_of_records_tells(self) -> None:
        late = [record("error", 7, dest=None, created_at=text(-600))]
        for newest, was in ((6, {}), (7, {ONE: "error"})):
            trace = replace(TRACE, records=newest)
            assert damage.to_note([BROKEN], records.by_instance(late), trace) == was

    @pytest.mark.parametrize("state", ["stopped", "error", "paused", "suspended", "rescued"])
    def test_what_was_not_active_before_the_first_attempt(self, state: str) -> None:
        assert self.note(instance(vm_state=state), []) == {ONE: state}

    def test_an_attempt_at_an_earlier_failure_says_nothing_of_this_one(self) -> None:
        old = [record("error", created_at=text(-600))]
        assert self.note(BROKEN, old) == {ONE: "error"}

    def test_what_was_active_needs_no_note(self) -> None:
        assert self.note(instance(), []) == {}

    def test_after_the_first_attempt_the_state_is_ours(self) -> None:
        assert self.note(BROKEN, FAILED) == {}

    def test_the_first_note_counts(self) -> None:
        assert self.note(BROKEN, [], **{ONE: "paused"}) == {}

    @pytest.mark.parametrize("task_state", ["powering-off", "shelving"])
    def test_what_its_owner_had_asked_for_counts(self, task_state: str) -> None:
        assert self.note(instance(task_state=task_state), []) == {ONE: "stopped"}

    def test_a_state_that_nobody_knows_is_not_noted(self) -> None:
        assert self.note(instance(vm_state="What, else"), []) == {}


class TestWhatIsOffElsewhere:
    def moved(self, found: list[Evacuation], trace: Trace, *known: InstanceId) -> Any:
        return damage.stopped_elsewhere(trace, records.by_instance(found), known)

    def test_what_was_stopped_and_an_attempt_has_moved_is_looked_for_there(self) -> None:
        done = [record("error", 1, dest=None), record("done", 2, dest="compute-2")]
        assert self.moved(done, noted("stopped")) == {ONE: "compute-2"}
        assert self.moved(done, noted("stopped"), ONE) == {}

    @pytest.mark.parametrize("was", ["paused", "error", ASKED])
    def test_nothing_else_is(self, was: str) -> None:
        assert self.moved([record("done", dest="compute-2")], noted(was)) == {}

    @pytest.mark.parametrize("found", [[], FAILED, [record("done", dest=None)]])
    def test_nor_what_was_not_moved(self, found: list[Evacuation]) -> None:
        assert self.moved(found, noted("stopped")) == {}


class TestWhatIsPutBack:
    @pytest.mark.parametrize("status", ["error", "failed", "cancelled"])
    def test_what_ran_is_rebooted(self, status: str) -> None:
        assert left(found=[record(status, dest=None)]) == [Way.REBOOT]

    def test_what_may_have_been_started_elsewhere_is_told(self) -> None:
        """Nova takes no guest back whose source was started while it was moved."""
        tried = [record("error", 2, dest=None), record("failed", 1, dest="compute-2")]
        assert left(found=tried) == [Way.TELL]
        assert left(found=tried, trace=noted("stopped")) == [Way.STOP]
        every = records.by_instance(tried)
        (one,) = damage.of_ours([BROKEN], {ONE: Choice.EVACUATE}, every, {}, TRACE)
        assert "compute-2 failed to take it (was active before); if it does not run" in one.told

    def test_what_was_stopped_is_stopped(self) -> None:
        assert left(trace=noted("stopped")) == [Way.STOP]

    def test_what_was_in_error_before_stays_so(self) -> None:
        assert left(trace=noted("error")) == []

    @pytest.mark.parametrize("state", ["paused", "suspended", "rescued", ASKED])
    @pytest.mark.parametrize("found", [FAILED, []])
    def test_what_cannot_be_as_it_was_is_told(self, state: str, found: list[Evacuation]) -> None:
        assert left(trace=noted(state), found=found) == [Way.TELL]

    @pytest.mark.parametrize("state", ["active", "stopped", "building", "deleted"])
    def test_what_is_not_in_error_is_nobodys_damage(self, state: str) -> None:
        assert left(instance(vm_state=state)) == []

    @pytest.mark.parametrize(
        "found",
        [
            [],
            [record("completed", 2), *FAILED],
            [record("error", created_at=text(-60))],
        ],
    )
    def test_an_error_after_no_attempt_of_this_failure_is_not_ours(
        self, found: list[Evacuation]
    ) -> None:
        assert left(found=found) == []
        assert left(found=found, trace=noted("stopped")) == []

    def test_nothing_is_asked_for_while_something_is_under_way(self) -> None:
        assert left(replace(BROKEN, task_state="rebooting_hard")) == [Way.WAIT]
        assert left(found=[*FAILED, record("accepted", 0)]) == [Way.WAIT]

    def test_an_owner_who_opted_out_is_left_alone(self) -> None:
        assert left(choice=Choice.OPTED_OUT) == []

    @pytest.mark.parametrize("choice", [Choice.UNKNOWN, Choice.UNTAGGED, None])
    def test_what_may_not_be_ours_is_told_and_not_touched(self, choice: Choice | None) -> None:
        assert left(choice=choice) == [Way.TELL]


class TestWhatIsLeftWhenTheHostFailsAgain:
    def left(self, one: Instance, found: list[Evacuation], trace: Trace = TRACE) -> Any:
        return damage.still_left([one], records.by_instance(found), trace)

    @pytest.mark.parametrize("state", ["active", "stopped", "paused", ASKED, LEFT])
    def test_what_an_attempt_has_left_in_error_is_noted_as_that(self, state: str) -> None:
        assert self.left(BROKEN, FAILED, noted(state)) == {ONE: LEFT}

    def test_what_was_in_error_before_all_of_it_is_not(self) -> None:
        assert self.left(BROKEN, FAILED, noted("error")) == {}

    def test_nor_what_somebody_has_mended_since(self) -> None:
        assert self.left(instance(vm_state="active"), FAILED) == {}

    def test_nor_an_error_after_no_attempt(self) -> None:
        assert self.left(BROKEN, []) == {}

    def test_it_is_told_as_such_and_not_touched(self) -> None:
        """Another host may run it, and that is not known any more."""
        (one,) = damage.of_ours([BROKEN], {ONE: Choice.EVACUATE}, {}, {}, noted(LEFT))
        assert one.way is Way.TELL
        assert "in an earlier failure; if it runs nowhere: openstack server reboot" in one.told


class TestWhatItsOwnHostHasCutShort:
    """Nova's record says completed, because its nova-compute was started past the gate."""

    DONE = (record("completed", 2, dest="compute-2"),)
    STUCK = instance(task_state="rebuild_spawning")

    def noted(self, trace: Trace = TRACE, found: Sequence[Evacuation] = DONE) -> Any:
        return damage.cut_short([BROKEN], records.by_instance(found), trace)

    def of_ours(self, one: Instance, trace: Trace, *found: Evacuation) -> Damaged:
        every = records.by_instance(found or self.DONE)
        assert damage.may_be_some(every, trace)
        (each,) = damage.of_ours([one], {ONE: Choice.EVACUATE}, every, {}, trace)
        return each

    def test_is_noted_when_the_evacuation_is_over(self) -> None:
        assert self.noted() == self.noted(noted("stopped")) == {ONE: CUT_SHORT}

    @pytest.mark.parametrize("was", ["error", "paused", ASKED, LEFT, CUT_SHORT])
    def test_is_not_noted_where_more_is_known(self, was: str) -> None:
        assert self.noted(noted(was)) == {}

    @pytest.mark.parametrize(
        "found",
        [
            [],
            FAILED,
            [record("done", dest="compute-2")],
            [record("completed", created_at=text(-60))],
        ],
    )
    def test_nothing_else_is(self, found: list[Evacuation]) -> None:
        assert self.noted(found=found) == {}

    def test_is_told_where_it_is_in_error(self) -> None:
        one = self.of_ours(BROKEN, noted(CUT_SHORT))
        assert (one.way, one.told) == (
            Way.TELL,
            "one is in error since compute-2 failed to take it (its own host was started meanwhile); if it "
            "does not run there: openstack server reboot --hard one",
        )

    def test_is_told_where_nobody_goes_on_with_it(self) -> None:
        for host, found in (("compute-2", self.DONE), ("another host", FAILED)):
            one = self.of_ours(self.STUCK, noted(CUT_SHORT), *found)
            assert (one.way, one.told) == (
                Way.TELL,
                f"one stays rebuild_spawning since {host} failed to take it; if it does not run there: "
                "openstack server set --state error one",
            )

    def test_waits_where_another_attempt_is_under_way(self) -> None:
        again = record("accepted", 3, created_at=text(60))
        assert self.of_ours(self.STUCK, noted(CUT_SHORT), again, *self.DONE).way is Way.WAIT

    def test_is_nobodys_damage_while_it_is_well(self) -> None:
        assert left(instance(), list(self.DONE), noted(CUT_SHORT)) == []
        assert left(self.STUCK, list(self.DONE)) == []

    def test_may_run_on_any_host_that_has_begun_to_take_it(self) -> None:
        assert left(found=[record("error", 3, dest=None), *self.DONE]) == [Way.TELL]


def test_whether_the_instances_have_to_be_listed() -> None:
    by = records.by_instance
    assert damage.may_be_some(by(FAILED), TRACE)
    assert damage.may_be_some({}, noted("paused"))
    assert not damage.may_be_some({}, noted("stopped"))
    assert not damage.may_be_some(by([record("completed", 2), *FAILED]), TRACE)
    assert not damage.may_be_some({ONE: ()}, TRACE)
    assert not damage.may_be_some({}, TRACE)


def test_a_person_is_told_the_name_and_the_command() -> None:
    one = instance(name="web-1", vm_state="error")
    assert Damaged(one, Way.TELL, "paused").told == (
        "web-1 is in error since we tried to evacuate it (was paused before): "
        "openstack server reboot --hard one"
    )
    nameless = replace(one, name="")
    assert Damaged(nameless, Way.TELL, ASKED).told.startswith(
        "one is in error since we tried to evacuate it (was asked to be put back)"
    )
