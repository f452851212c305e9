"""Incidents as values: what a step adds, which incident it belongs to, and the text that keeps them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.incidents import history
from vmha_ocf.incidents.as_json import notification, sentence, state
from vmha_ocf.incidents.as_text import format_incident, parse_incident
from vmha_ocf.incidents.history import MOST, History
from vmha_ocf.incidents.incident import GivenUp, Incident, advance, is_news, opened
from vmha_ocf.model import Epoch, Event, InstanceId, NovaHost, Step

HOST = NovaHost("compute-1")
ONE, TWO = InstanceId("one"), InstanceId("two")
FENCED = Event(Step.FENCED, HOST, Epoch(1000.0), by="ctl1", detail="BMC answered off")


def event(step: Step, at: float, **more: object) -> Event:
    return Event(step, HOST, at, **more)  # type: ignore[arg-type]


def told(*events: Event) -> History:
    known: History = {}
    for one in events:
        change = history.change(known, one)
        known = history.changed(known, change) if change else known
    return known


def only(*events: Event) -> Incident:
    (one,) = told(*events).values()
    return one


class TestSteps:
    def test_a_step_that_is_told_again_changes_nothing(self) -> None:
        events = [
            FENCED,
            event(Step.HELD, 1000.5, detail="a storm"),
            event(Step.CLAIMED, 1001.0, by="ctl1"),
            event(Step.FORCED_DOWN, 1001.5),
            event(Step.MOVED, 1009.0, instances={ONE: "web"}, done=(1002.0,)),
            event(Step.OVER, 1010.0),
            event(Step.RETURNED, 1100.0),
            event(Step.IN_SERVICE, 1110.0),
        ]
        one = opened(events[0])
        for each in events:
            one = advance(one, each)
        for each in events:
            assert advance(one, each) == one

    def test_what_was_asked_for_before_it_began_does_not_count(self) -> None:
        one = only(FENCED, event(Step.MOVED, 1009.0, done=(10.0, 969.9, 970.0, 1002.0)))
        assert one.moved == 2

    def test_what_was_asked_for_in_the_second_of_the_proof_counts(self) -> None:
        """Nova's times have whole seconds."""
        proof = event(Step.FENCED, 1000.6, by="ctl2", detail="BMC answered off")
        assert only(proof, event(Step.MOVED, 1009.0, done=(969.0, 970.0, 1001.0))).moved == 2

    def test_what_an_earlier_worker_asked_for_is_counted_by_novas_records(self) -> None:
        """It was killed before it told; of the second it had told, and Nova has one from before."""
        untold = event(Step.REQUESTED, 1003.0, asked=(10.0, 1001.0))
        assert only(FENCED, untold).requested == 1
        asked = event(Step.REQUESTED, 1004.0, instances={TWO: "db"})
        again = event(Step.REQUESTED, 1005.0, asked=(10.0, 1001.0, 1004.0))
        assert only(FENCED, asked).requested == 1
        one = only(FENCED, untold, asked, again, untold)
        assert (one.requested, one.milestones[Step.REQUESTED]) == (2, 1003.0)
        of_before = event(Step.REQUESTED, 1003.0, asked=(10.0,))
        assert Step.REQUESTED not in only(FENCED, of_before).milestones

    def test_one_that_moves_after_all_was_not_given_up(self) -> None:
        left = event(Step.GIVEN_UP, 1005.0, instances={ONE: "web", TWO: "db"}, detail="full")
        moved = event(Step.MOVED, 1009.0, instances={ONE: "web"}, done=(1002.0,))
        assert only(FENCED, left, moved).given_up == {TWO: GivenUp("db", "full")}

    def test_those_that_others_may_replace_are_counted_apart_until_one_moves_after_all(
        self,
    ) -> None:
        alone = event(Step.LEFT_ALONE, 1005.0, instances={ONE: "web", TWO: "db"}, detail="line 3")
        one = only(FENCED, alone, alone)
        assert (one.given_up, one.left_alone[ONE]) == ({}, GivenUp("web", "line 3"))
        assert one.milestones[Step.LEFT_ALONE] == 1005.0
        assert only(FENCED, alone, event(Step.OVER, 1010.0)).left_alone == one.left_alone
        moved = event(Step.MOVED, 1009.0, instances={ONE: "web"}, done=(1002.0,))
        assert only(FENCED, alone, moved).left_alone == {TWO: GivenUp("db", "line 3")}

    def test_another_word_for_why_they_are_left_alone_is_no_news(self) -> None:
        before = only(
            FENCED, event(Step.LEFT_ALONE, 1005.0, instances={ONE: "web"}, detail="line 3")
        )
        again = event(Step.LEFT_ALONE, 1006.0, instances={ONE: "web"}, detail="line 4")
        more = event(Step.LEFT_ALONE, 1006.0, instances={TWO: "db"}, detail="line 3")
        assert not is_news(before, advance(before, again))
        assert is_news(before, advance(before, more))

    def test_the_last_move_is_when_it_was_told_first(self) -> None:
        moved = event(Step.MOVED, 1009.0, done=(1002.0,))
        again = event(Step.MOVED, 1020.0, done=(1002.0,))
        assert only(FENCED, moved, again).last_moved == 1009.0

    def test_each_change_of_the_worker_counts(self) -> None:
        workers = ["ctl1", "ctl1", "ctl2", "ctl1"]
        claims = [event(Step.CLAIMED, 1001.0 + n, by=by) for n, by in enumerate(workers)]
        assert only(FENCED, *claims).workers == ("ctl1", "ctl2", "ctl1")

    def test_the_time_to_recover_of_a_host_with_nothing_on_it(self) -> None:
        one = only(FENCED, event(Step.OVER, 1003.0))
        assert one.recovery == 3.0
        assert only(FENCED).recovery is None

    def test_a_clock_that_went_back_makes_no_negative_time(self) -> None:
        assert only(FENCED, event(Step.OVER, 900.0)).recovery == 0.0

    def test_a_return_that_is_seen_first_ends_the_evacuation_too(self) -> None:
        one = only(FENCED, event(Step.RETURNED, 1100.0))
        assert one.over
        assert one.milestones[Step.OVER] == 1100.0

    def test_what_stays_at_the_end_is_what_was_given_up(self) -> None:
        gone = event(Step.GIVEN_UP, 1005.0, instances={ONE: "web"}, detail="resized")
        stays = event(Step.GIVEN_UP, 1006.0, instances={TWO: "db"}, detail="vTPM")
        over = event(Step.OVER, 1010.0, instances={TWO: "db"})
        assert only(FENCED, gone, stays, over).given_up == {TWO: GivenUp("db", "vTPM")}

    def test_whoever_found_it_over_does_not_know_what_stays(self) -> None:
        stays = event(Step.GIVEN_UP, 1006.0, instances={TWO: "db"}, detail="vTPM")
        one = only(FENCED, stays, event(Step.OVER, 1010.0, detail="its flag is gone"))
        assert one.given_up == {TWO: GivenUp("db", "vTPM")}
        assert one.outcome == "its flag is gone"

    def test_a_flag_without_evidence_begins_with_its_claim(self) -> None:
        one = only(event(Step.CLAIMED, 1001.0, by="ctl1"))
        assert (one.began, one.fencings, one.proof) == (1001.0, (), "")

    def test_a_proof_of_nobody(self) -> None:
        assert only(event(Step.FENCED, 1000.0, detail="Pacemaker")).proof == "Pacemaker"


class TestWhichIncident:
    @pytest.mark.parametrize("step", [step for step in Step if step not in
                                      (Step.FENCED, Step.HELD, Step.CLAIMED)])  # fmt: skip
    def test_a_later_step_alone_begins_none(self, step: Step) -> None:
        assert told(event(step, 1000.0)) == {}

    def test_another_hosts_is_another_one(self) -> None:
        other = Event(Step.FENCED, NovaHost("compute-2"), Epoch(1000.0))
        assert [one.host for one in told(FENCED, other).values()] == ["compute-1", "compute-2"]

    def test_fenced_again_after_its_evacuation_is_a_new_one(self) -> None:
        known = told(FENCED, event(Step.OVER, 1010.0), event(Step.FENCED, 1020.0))
        assert [one.began for one in known.values()] == [1000.0, 1020.0]

    def test_its_fencing_told_again_by_the_next_worker_is_not(self) -> None:
        assert len(told(FENCED, event(Step.OVER, 1010.0), FENCED)) == 1

    def test_a_step_belongs_to_the_newest(self) -> None:
        known = told(
            FENCED,
            event(Step.OVER, 1010.0),
            event(Step.FENCED, 1020.0),
            event(Step.OVER, 1030.0),
            event(Step.IN_SERVICE, 1100.0, detail="it stays disabled, which is not ours to undo"),
        )
        first, second = known.values()
        assert not first.ended
        assert second.ended
        assert "disabled" in second.outcome

    def test_the_newest_may_have_the_lower_place(self) -> None:
        """That of an incident that was forgotten."""
        over = {Step.OVER: Epoch(1030.0)}
        known = {0: Incident(HOST, Epoch(1020.0), over), 1: Incident(HOST, Epoch(1000.0), over)}
        change = history.change(known, event(Step.IN_SERVICE, 1100.0))
        assert change
        assert change.place == 0

    def test_what_comes_after_its_end_is_not_of_it(self) -> None:
        over, ended = event(Step.OVER, 1010.0), event(Step.IN_SERVICE, 1100.0)
        late = event(Step.MOVED, 1020.0, done=(1002.0,))
        assert only(FENCED, over, late) == only(FENCED, over)
        returned = event(Step.RETURNED, 1200.0)
        assert only(FENCED, over, ended, returned) == only(FENCED, over, ended)

    def test_the_oldest_makes_room_and_what_goes_on_stays(self) -> None:
        """Bounded, whatever happens."""
        known: History = {}
        for number in range(100):
            host = NovaHost(f"compute-{number}")
            events = [Event(Step.FENCED, host, Epoch(1000.0 + number))]
            if number:
                events.append(Event(Step.OVER, host, Epoch(1000.5 + number)))
            for one in events:
                change = history.change(known, one)
                assert change
                known = history.changed(known, change)
        kept = {one.host for one in known.values()}
        assert len(known) == MOST
        assert {"compute-0", "compute-99"} <= kept
        assert "compute-1" not in kept
        newest = history.newest_first(known)
        assert [newest[0].host, newest[-1].host] == ["compute-99", "compute-0"]
        assert history.find(known, newest[0].id) == [newest[0]]

    def test_a_flag_that_is_gone_ends_what_was_open(self) -> None:
        known = told(FENCED)
        assert list(history.unflagged(known, {HOST}, Epoch(1010.0))) == []
        (end,) = history.unflagged(known, set(), Epoch(1010.0))
        assert (end.step, end.detail) == (Step.OVER, "its flag is gone")


TEXT = st.text(max_size=60)
TIME = st.floats(0, 4e9).map(lambda at: round(at, 3))
INCIDENTS = st.builds(
    Incident,
    host=st.text("abc-.1:é ", min_size=1, max_size=30).map(
        lambda one: " ".join(one.split()) or "x"
    ),
    began=TIME,
    milestones=st.dictionaries(st.sampled_from(Step), TIME),
    last_moved=st.none() | TIME,
    requested=st.integers(0, 10**9),
    moved=st.integers(0, 10**9),
    fencings=st.lists(TIME, max_size=8).map(tuple),
    workers=st.lists(st.text("ctl123", min_size=1), max_size=8).map(tuple),
    proof=st.text("BMC 192.0.2.7=,%;'\"<&>", max_size=50).map(lambda one: " ".join(one.split())),
)


class TestTheText:
    @given(INCIDENTS)
    def test_what_is_written_is_read(self, one: Incident) -> None:
        assert parse_incident(format_incident(one)) == one

    def test_so_are_those_that_stay_the_first_ten(self) -> None:
        up = {InstanceId(f"up-{n}"): GivenUp("", "full") for n in range(6)}
        alone = {InstanceId(f"alone-{n}"): GivenUp("web", "by line 3") for n in range(6)}
        read = parse_incident(
            format_incident(Incident(HOST, Epoch(1.0), given_up=up, left_alone=alone))
        )
        assert read
        assert read.given_up == up
        assert read.left_alone == dict(list(alone.items())[:4])

    @given(st.dictionaries(TEXT.map(InstanceId), st.builds(GivenUp, TEXT, TEXT), max_size=30))
    def test_it_is_bounded_and_printable_whatever_people_name_things(
        self, given_up: dict[InstanceId, GivenUp]
    ) -> None:
        text = format_incident(Incident(HOST, Epoch(1.0), given_up=given_up, held="x" * 5000))
        assert len(text) < 12_000
        assert text.isascii()
        assert text.isprintable()
        read = parse_incident(text)
        assert read
        shown = [
            read.held,
            *(part for it in read.given_up.values() for part in (it.name, it.reason)),
        ]
        assert all(part.isprintable() for part in shown)

    @given(st.text(max_size=200))
    def test_anything_else_is_nothing(self, text: str) -> None:
        parse_incident(text)
        assert parse_incident(f"2 {text}") is None

    @pytest.mark.parametrize(
        "text",
        ["", "1", "1 host=a", "1 began=5", "1 host=a began=-1", "1 host=a began=nan",
         "1 host=a began=1e5", "1 host=a began=5 asked=many", "1 host=a began=5 left=a,b",
         "1 host=a began=5 alone=a,b",
         "1 host=a began=9999999999999", "host=a began=5"],
    )  # fmt: skip
    def test_what_is_broken_is_not_guessed(self, text: str) -> None:
        assert parse_incident(text) is None

    def test_who_tells_it_and_who_reads_it_back_have_the_same_numbers(self) -> None:
        """The worker's API and another controller's history: to the last digit."""
        proof = event(Step.FENCED, 1000.1234567, by="ctl1", detail="BMC answered off")
        moved = event(Step.MOVED, 1009.7654321, done=(1001.0,))
        over = event(Step.OVER, 1010.00049)
        one = only(proof, moved, over)
        again = parse_incident(format_incident(one))
        assert again == one
        assert again.recovery == one.recovery == 9.642
        assert only(proof, proof, over) == only(proof, over)

    def test_a_line_as_the_cib_keeps_it(self) -> None:
        one = Incident(
            NovaHost("compute-1"),
            Epoch(1000.25),
            {Step.FENCED: Epoch(1000.25), Step.OVER: Epoch(1010.0)},
            Epoch(1009.5),
            4,
            3,
            (Epoch(1000.25),),
            ("ctl1",),
            "BMC 192.0.2.7:623 (off), ü",
            "a+b@c/d",
            "x" * 300,
            {ONE: GivenUp("web,1", "50 % full")},
        )
        assert format_incident(one) == (
            "1 host=compute-1 began=1000.250 fenced=1000.250 over=1010.000 last=1009.500 asked=4 "
            "away=3 fencing=1000.250 worker=ctl1 proof=BMC%20192.0.2.7:623%20(off)%2C%20%C3%BC "
            f"why-held=a+b@c/d outcome={'x' * 200} left=one,web%2C1,50%20%25%20full"
        )

    def test_what_others_write_is_read_as_far_as_it_is_shown(self) -> None:
        read = parse_incident(f"1 host=a began=5 proof=a=b outcome={'x' * 300}")
        assert read
        assert (read.proof, len(read.outcome)) == ("a=b", 200)

    def test_words_of_a_newer_version_are_skipped(self) -> None:
        assert parse_incident("1 host=a began=5 mood=calm x") == Incident(
            NovaHost("a"), Epoch(5.0)
        )


class TestForPrograms:
    def test_every_step_has_a_sentence(self) -> None:
        for step in Step:
            one = event(step, 1.0, by="ctl1", detail="why", instances={ONE: "web-1"})
            assert sentence(one).startswith("compute-1: ")
        many = {InstanceId(str(n)): f"web-{n}" for n in range(5)}
        asked = sentence(event(Step.REQUESTED, 1.0, instances=many))
        assert asked.endswith("web-0, web-1, web-2, web-3 and 1 more")
        many.popitem()
        asked = sentence(event(Step.REQUESTED, 1.0, instances=many))
        assert asked.endswith("web-0, web-1, web-2, web-3")
        assert sentence(event(Step.FENCED, 1.0, detail="d")) == "compute-1: fenced (d)"
        assert sentence(event(Step.OVER, 1.0)) == "compute-1: evacuation is over"
        assert sentence(event(Step.IN_SERVICE, 1.0)) == "compute-1: back in service"
        more = "compute-1: asked Nova to evacuate more instances"
        assert sentence(event(Step.REQUESTED, 1.0)) == more
        assert sentence(event(Step.MOVED, 1.0)) == "compute-1: more instances run elsewhere"

    def test_a_notification_names_some_and_counts_all(self) -> None:
        many = {InstanceId(str(n)): f"web-{n}" for n in range(50)}
        asked = event(Step.REQUESTED, 1.0, instances=many)
        message = notification(asked, opened(FENCED), "ctl1")
        assert (len(message["instances"]), message["count"]) == (20, 50)
        assert "project_id" not in message

    def test_a_notification_says_whose_they_are_that_others_may_replace(self) -> None:
        about = event(Step.LEFT_ALONE, 1.0, instances={ONE: "web"}, project="p", stack="s")
        message = notification(about, opened(FENCED), "ctl1")
        assert (message["project_id"], message["stack"]) == ("p", "s")

    def test_the_states(self) -> None:
        held = event(Step.HELD, 1001.0, detail="a storm")
        assert state(only(FENCED)) == "running"
        assert state(only(FENCED, held)) == "held"
        assert state(only(FENCED, held, event(Step.CLAIMED, 1002.0, by="a"))) == "running"
        assert state(only(FENCED, event(Step.OVER, 1003.0))) == "away"
        assert state(only(FENCED, event(Step.IN_SERVICE, 1003.0))) == "ended"
