from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dead_host import DEST, FENCED, record, text
from vmha_ocf.cloud import records
from vmha_ocf.cloud.records import LOST, OVER, STILL
from vmha_ocf.model import Epoch


@pytest.mark.parametrize("status", sorted(OVER))
def test_what_is_over_is_not_in_flight(status: str) -> None:
    assert not records.in_flight(record(status), {})


@pytest.mark.parametrize("status", ["accepted", "pre-migrating", "migrating", "queued", ""])
def test_everything_else_is_known_or_not(status: str) -> None:
    assert records.in_flight(record(status), {})


class TestADestinationThatDied:
    def test_while_it_is_still_off(self) -> None:
        assert not records.in_flight(record("pre-migrating"), {DEST: STILL})

    def test_an_accepted_one_may_wait_in_the_queue_of_a_dead_host(self) -> None:
        assert records.in_flight(record("accepted"), {DEST: STILL})

    def test_another_host_that_died_says_nothing(self) -> None:
        assert records.in_flight(record("pre-migrating", dest="compute-3"), {DEST: STILL})

    def test_it_does_not_come_alive_again_with_its_destination(self) -> None:
        begun = record("pre-migrating", updated_at=text(60))
        assert not records.in_flight(begun, {DEST: Epoch(FENCED + 61)})

    def test_what_began_after_its_return_is_in_flight(self) -> None:
        begun = record("pre-migrating", updated_at=text(60))
        assert records.in_flight(begun, {DEST: Epoch(FENCED + 59)})

    @pytest.mark.parametrize("unreadable", ["", "yesterday"])
    def test_who_is_back_counts_as_at_work_if_nobody_knows_since_when(
        self, unreadable: str
    ) -> None:
        assert records.in_flight(record("pre-migrating", updated_at=unreadable), {DEST: FENCED})

    def test_one_that_is_still_off_works_on_nothing_whenever_it_began(self) -> None:
        begun = record("pre-migrating", updated_at="")
        assert not records.in_flight(begun, {DEST: STILL})

    def test_what_began_at_the_very_time_of_its_fencing_has_ended(self) -> None:
        begun = record("pre-migrating", updated_at=text(60))
        assert records.destination_died(begun, {DEST: Epoch(FENCED + 60)})

    def test_a_record_without_a_destination_has_none_that_died(self) -> None:
        assert not records.destination_died(record("accepted", dest=None), {DEST: STILL})


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_times_of_nova_are_utc(zone: str) -> None:
    assert records.seconds("2026-11-21T00:00:00.000000" + zone) == FENCED


def test_another_zone_is_heeded() -> None:
    assert records.seconds("2026-11-21T02:00:00+02:00") == FENCED


@given(st.text() | st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str))
def test_there_is_a_time_or_none_for_whatever_nova_says(time: str) -> None:
    assert isinstance(records.seconds(time), float | None)


@pytest.mark.parametrize(("after", "counts"), [(-30.1, False), (-30, True), (0.1, True)])
def test_what_may_have_been_made_since_by_another_clock_was(after: float, counts: bool) -> None:
    assert records.is_since(record("error", created_at=text(after)), Epoch(FENCED)) is counts


def test_novas_times_have_whole_seconds_and_ours_have_not() -> None:
    """Asked for 0.3 s after the proof, and Nova keeps the second that both are in."""
    made = record("done", created_at="2026-11-20T23:59:30")
    assert records.is_since(made, Epoch(FENCED + 0.6))
    assert not records.is_since(made, Epoch(FENCED + 1.0))


def test_the_newest_comes_first() -> None:
    found = records.by_instance([record("error", 2), record("done", 3), record("error", 1)])
    assert [one.id for one in found[record("done").instance]] == [3, 2, 1]


class TestFailures:
    def test_in_a_row_up_to_the_newest(self) -> None:
        found = [record("failed", 4), record("error", 3), record("done", 2), record("error", 1)]
        assert records.failures(found, {}) == 2

    def test_a_destination_that_died_is_one(self) -> None:
        assert records.failures([record("pre-migrating")], {DEST: STILL}) == 1

    def test_what_is_in_flight_is_none(self) -> None:
        assert records.failures([record("pre-migrating"), record("error")], {}) == 0

    def test_those_of_an_earlier_incident_do_not_count(self) -> None:
        found = [record("error", 2, created_at=text(5)), record("error", 1, created_at=text(-35))]
        assert records.failures(found, {}, Epoch(FENCED)) == 1

    def test_those_of_an_unknown_time_do(self) -> None:
        assert records.failures([record("error", created_at="")], {}, Epoch(FENCED)) == 1


@given(st.lists(st.sampled_from(sorted(LOST | OVER | {"accepted", "pre-migrating"}))))
def test_there_are_never_more_failures_than_records(statuses: list[str]) -> None:
    found = [record(status, id) for id, status in enumerate(statuses)]
    assert 0 <= records.failures(found, {}) <= len(found)


def test_times_of_nova_are_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        assert records.seconds("1970-01-01T00:01:00.5") == 60.5
        assert records.seconds("1970-01-01T14:01:00+14:00") == 60.0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_newest_by_its_id() -> None:
    assert records.newest([]) == 0
    assert records.newest([record("done", 4), record("error", 7), record("done", 5)]) == 7
