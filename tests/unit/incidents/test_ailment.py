"""Ailments as values: what a turn adds, which ailment it belongs to, and the text that keeps them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.incidents import ailments
from vmha_ocf.incidents.ailment import Ailment, What, advance, opened
from vmha_ocf.incidents.ailment_text import format_ailments, parse_ailments
from vmha_ocf.incidents.ailments import MOST, Ailments
from vmha_ocf.incidents.as_json import ailing_notification, ailing_sentence
from vmha_ocf.model import Ailing, Epoch, InstanceId, NovaHost, Patient, Turn

HOST = NovaHost("compute-1")
WEB = Patient(HOST, "web-1", InstanceId("one"), "a-project")
NOVA_COMPUTE = Patient(HOST, "nova-compute")


def turn(of: Turn, at: float, since: float = 1000.0, **more: object) -> Ailing:
    patient = more.pop("patient", WEB)
    return Ailing(of, patient, "crashed", Epoch(since), Epoch(at), **more)  # type: ignore[arg-type]


FAILED = turn(Turn.FAILED, 1000.4)


def told(*turns: Ailing) -> Ailments:
    known: Ailments = {}
    for one in turns:
        change = ailments.change(known, one)
        known = ailments.changed(known, change) if change else known
    return known


def only(*turns: Ailing) -> Ailment:
    (one,) = ailments.every(told(*turns))
    return one


class TestTurns:
    def test_one_that_goes_well(self) -> None:
        states = []
        turns = [
            FAILED,
            turn(Turn.ASKED, 1000.5, attempt=2),
            turn(Turn.HEALED, 1003.9),
        ]
        one = opened(turns[0])
        for each in turns:
            one = advance(one, each)
            states.append(one.state)
        assert states == ["failed", "restarting", "ended"]
        assert (one.recovery, one.attempt) == (3.9, 2)

    def test_a_turn_that_is_told_again_changes_nothing(self) -> None:
        turns = [
            FAILED,
            turn(Turn.ASKED, 1000.5, attempt=1),
            turn(Turn.TOLD, 1061.0, detail="its restart did not help"),
            turn(Turn.ENDED, 1070.0, detail="it is not on compute-1 any more"),
        ]
        one = only(*turns)
        assert one.state == "ended"
        assert one.recovery is None
        for each in turns[1:]:
            assert advance(one, each) == one

    def test_the_clock_of_its_host_may_be_ahead(self) -> None:
        assert only(turn(Turn.FAILED, 990.0)).began == 990.0

    def test_what_was_told_is_settled_by_a_restart(self) -> None:
        one = only(
            FAILED, turn(Turn.TOLD, 1001.0, detail="Nova is full"), turn(Turn.ASKED, 1005.0)
        )
        assert (one.state, one.told) == ("restarting", "")

    def test_one_that_is_moved(self) -> None:
        """Told that it was moved once more, it is not; what stands in its way is told, and settled."""
        begun = (FAILED, turn(Turn.ASKED, 1000.5), turn(Turn.TOLD, 1001.0, detail="thrice"))
        moving = (*begun, turn(Turn.MOVING, 1002.0))
        assert (only(*moving).state, only(*moving).told) == ("moving", "")
        one = only(*moving, turn(Turn.TOLD, 1003.0, detail="no host"), turn(Turn.MOVING, 1004.0))
        assert (one.state, one.told, one.turns[Turn.MOVING]) == ("told", "no host", 1002.0)
        one = only(*moving, turn(Turn.HEALED, 1012.0, detail="it runs on compute-2"))
        assert (one.state, one.recovery) == ("ended", 12.0)
        assert ailing_sentence(turn(Turn.MOVING, 1002.0), only(*moving)) == (
            "compute-1: web-1 is moved to another host by Nova"
        )

    def test_what_was_taken_for_ended_goes_on(self) -> None:
        one = only(FAILED, turn(Turn.ENDED, 1200.0, detail="its end was not seen"), FAILED)
        assert (one.state, one.outcome) == ("failed", "")

    def test_what_is_well_again_stays_so(self) -> None:
        one = only(FAILED, turn(Turn.HEALED, 1004.0), turn(Turn.ENDED, 1005.0), FAILED)
        assert one.recovery == 4.0
        assert one.outcome == ""

    def test_another_failure_is_another_ailment(self) -> None:
        known = told(FAILED, turn(Turn.HEALED, 1004.0), turn(Turn.FAILED, 1010.0, since=1010.0))
        assert [one.since for one in ailments.newest_first(known)] == [1010.0, 1000.0]

    def test_a_process_has_one_at_a_time_whatever_each_worker_saw(self) -> None:
        first = turn(Turn.FAILED, 1000.0, patient=NOVA_COMPUTE)
        again = turn(Turn.FAILED, 1031.0, since=1030.0, patient=NOVA_COMPUTE)
        healed = turn(Turn.HEALED, 1070.0, since=1030.0, patient=NOVA_COMPUTE)
        one = only(first, again, healed)
        assert (one.since, one.recovery) == (1000.0, 70.0)
        later = told(first, healed, turn(Turn.FAILED, 2000.0, since=2000.0, patient=NOVA_COMPUTE))
        assert len(later[What.PROCESS]) == 2

    @pytest.mark.parametrize("of", [Turn.ASKED, Turn.TOLD, Turn.HEALED, Turn.ENDED])
    def test_nothing_begins_with_another_turn(self, of: Turn) -> None:
        assert ailments.change({}, turn(of, 1000.0)) is None


class TestNews:
    def test_a_reason_in_other_words_is_kept_and_is_no_news(self) -> None:
        known = told(FAILED, turn(Turn.TOLD, 1001.0, detail="full"))
        change = ailments.change(known, turn(Turn.TOLD, 1031.0, detail="still full"))
        assert change is not None
        assert not change.is_news
        assert change.after.told == "still full"

    def test_told_after_its_restart_it_is_news_again(self) -> None:
        known = told(FAILED, turn(Turn.TOLD, 1001.0, detail="full"), turn(Turn.ASKED, 1005.0))
        change = ailments.change(known, turn(Turn.TOLD, 1066.0, detail="it did not help"))
        assert change is not None
        assert change.is_news

    def test_the_first_turn_is(self) -> None:
        change = ailments.change({}, FAILED)
        assert change is not None
        assert change.is_news


class TestRoom:
    def test_a_storm_of_one_sort_pushes_out_nothing_of_another(self) -> None:
        process = turn(Turn.FAILED, 1.0, patient=NOVA_COMPUTE)
        most = MOST[What.INSTANCE]
        crashes = [turn(Turn.FAILED, 100.0 + at, since=100.0 + at) for at in range(most + 5)]
        known = told(process, *crashes)
        assert len(known[What.PROCESS]) == 1
        assert [one.since for one in known[What.INSTANCE]] == [105.0 + at for at in range(most)]

    def test_what_is_over_makes_room_first(self) -> None:
        most = MOST[What.INSTANCE]
        crashes = [turn(Turn.FAILED, 100.0 + at, since=100.0 + at) for at in range(most)]
        over = turn(Turn.HEALED, 900.0, since=130.0)
        known = told(*crashes, over, turn(Turn.FAILED, 901.0, since=901.0))
        since = {one.since for one in known[What.INSTANCE]}
        assert 130.0 not in since
        assert {100.0, 901.0} <= since

    def test_what_goes_on_is_recalled_by_its_first_turn(self) -> None:
        over = turn(Turn.HEALED, 1013.0, since=1010.0)
        known = told(FAILED, turn(Turn.FAILED, 1010.0, since=1010.0), over)
        assert ailments.going_on(known) == [FAILED]

    @pytest.mark.parametrize("wanted", ["one@1000", "one", "compute-1"])
    def test_found_by_id_instance_and_host(self, wanted: str) -> None:
        assert len(ailments.find(told(FAILED), wanted)) == 1
        assert ailments.find(told(FAILED), "two") == []


class TestText:
    def test_it_is_read_as_it_was_written(self) -> None:
        known = told(
            FAILED,
            turn(Turn.ASKED, 1001.25, attempt=3),
            turn(Turn.TOLD, 1061.0, detail="50 % ; of = it: openstack server reboot --hard one"),
            turn(Turn.FAILED, 5.0, since=5.0, patient=Patient(HOST, "a ; b = é", InstanceId("2"))),
            turn(
                Turn.ENDED, 9.0, since=5.0, patient=Patient(HOST, "", InstanceId("2")), detail="x"
            ),
            turn(Turn.FAILED, 7.0, since=6.0, patient=NOVA_COMPUTE),
        )
        for sort in known.values():
            assert parse_ailments(format_ailments(sort)) == list(sort)

    def test_none_at_all(self) -> None:
        assert parse_ailments(format_ailments([])) == []

    @pytest.mark.parametrize("text", ["", "2 host=a", "1 host=a name=b kind=c since=x began=1"])
    def test_what_is_no_text_of_ours_says_nothing(self, text: str) -> None:
        assert parse_ailments(text) == []

    def test_one_that_cannot_be_read_costs_no_other(self) -> None:
        text = format_ailments(told(FAILED)[What.INSTANCE])
        assert len(parse_ailments(f"{text} ; host=a ; new=word {text[2:]} more=words")) == 2

    def test_it_is_bounded(self) -> None:
        long = Patient(HOST, "\x1b" * 500, InstanceId("one"), "p" * 32)
        known = told(
            *(
                each
                for at in range(MOST[What.INSTANCE])
                for each in (
                    turn(Turn.FAILED, 1e9 + at, since=1e9 + at, patient=long),
                    turn(Turn.TOLD, 1e9 + at, since=1e9 + at, patient=long, detail="\0" * 1000),
                )
            )
        )
        text = format_ailments(known[What.INSTANCE])
        assert len(text) < 120_000, "one argument of a command has 128 KiB at most"
        assert len(parse_ailments(text)) == MOST[What.INSTANCE]
        assert "\x1b" not in parse_ailments(text)[0].patient.name

    def test_letters_that_are_encoded_leave_room_for_the_newest(self) -> None:
        name = Patient(HOST, "é" * 60, InstanceId("one"))
        turns = [
            turn(of, 1e9 + at, since=1e9 + at, patient=name, detail="é" * 400)
            for at in range(MOST[What.INSTANCE])
            for of in (Turn.FAILED, Turn.TOLD)
        ]
        kept = parse_ailments(format_ailments(told(*turns)[What.INSTANCE]))
        assert len(format_ailments(kept)) < 101_000
        assert 30 < len(kept) < MOST[What.INSTANCE]
        assert kept[-1].since == 1e9 + MOST[What.INSTANCE] - 1

    @given(st.text(max_size=300))
    def test_any_text_is_read_or_left(self, text: str) -> None:
        parse_ailments(f"1 {text}")


class TestSentences:
    @pytest.mark.parametrize(
        ("last", "sentence"),
        [
            (FAILED, "compute-1: web-1 has failed (crashed)"),
            (turn(Turn.ASKED, 1001.0, attempt=1), "compute-1: web-1 is restarted by Nova"),
            (
                turn(Turn.ASKED, 1001.0, attempt=3),
                "compute-1: web-1 is restarted by Nova, number 3 lately",
            ),
            (
                turn(Turn.HEALED, 1003.5),
                "compute-1: web-1 is well again, 3.5 s after its failure",
            ),
            (
                turn(Turn.ENDED, 1003.5, detail="Nova has it stopped"),
                "compute-1: web-1 is not followed any more: Nova has it stopped",
            ),
        ],
    )
    def test_each_turn(self, last: Ailing, sentence: str) -> None:
        assert ailing_sentence(last, only(FAILED, last)) == sentence

    def test_of_a_process(self) -> None:
        turns = [turn(each, 1000.0, patient=NOVA_COMPUTE) for each in (Turn.FAILED, Turn.ASKED)]
        told = ailing_notification(turns[-1], only(*turns), "ctl1")
        assert told["text"] == "compute-1: nova-compute is restarted by Pacemaker"
        assert (told["step"], told["instances"], told["count"]) == ("process-asked", [], 0)

    def test_a_name_cannot_steer_a_terminal(self) -> None:
        patient = Patient(HOST, "web\x1b[31m\n", InstanceId("one"))
        assert ailing_sentence(turn(Turn.FAILED, 1.0, patient=patient), only(FAILED)).isprintable()
