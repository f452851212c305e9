"""Whether an instance runs on a host: the question and its answer."""

from __future__ import annotations

import pytest

from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.question import (
    MOST,
    Answer,
    Here,
    Question,
    answer,
    format_answer,
    format_question,
    parse_answer,
    parse_question,
)
from vmha_ocf.living.guests.report import short
from vmha_ocf.living.guests.states import Domain, Shutoff, State
from vmha_ocf.model import Epoch, InstanceId

BOOT = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf"
ONE, TWO, THREE = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in (1, 2, 3))
QUESTION = Question("0123456789abcdef", (ONE, TWO, THREE))
AT = Epoch(1795864608.0)


def asked(*domains: Domain, processes: frozenset[InstanceId] = frozenset()) -> list[Here]:
    return list(answer(QUESTION, domains, processes, BOOT, AT).instances.values())


class TestAnswer:
    def test_each_is_told(self) -> None:
        domains = (Domain(ONE, State.RUNNING, 1), Domain(TWO, State.SHUTOFF, Shutoff.DESTROYED))
        assert asked(*domains) == [Here.RUNS, Here.OFF, Here.ABSENT]

    def test_one_that_arrives_runs(self) -> None:
        assert asked(Domain(ONE, State.PAUSED, 2))[0] is Here.RUNS

    def test_one_that_is_not_novas_runs_too(self) -> None:
        assert asked(Domain(ONE, State.RUNNING, 1, nova=False))[0] is Here.RUNS

    def test_a_qemu_that_libvirt_has_lost_runs(self) -> None:
        off = Domain(ONE, State.SHUTOFF, Shutoff.UNKNOWN)
        assert asked(off, processes=frozenset({ONE, TWO}))[:2] == [Here.RUNS, Here.RUNS]


class TestText:
    def test_a_question_comes_back(self) -> None:
        assert parse_question(format_question(QUESTION)) == QUESTION

    def test_an_answer_comes_back(self) -> None:
        given = answer(QUESTION, [Domain(ONE, State.RUNNING, 1)], frozenset(), BOOT, AT)
        assert parse_answer(format_answer(given), QUESTION) == given

    def test_a_question_names_no_more_than_can_be_answered(self) -> None:
        many = tuple(InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}") for n in range(MOST + 5))
        assert len(parse_question(format_question(Question("ab" * 8, many))).instances) == MOST

    def test_the_answer_to_another_question_is_none(self) -> None:
        given = Answer("f" * 16, BOOT, AT, {ONE: Here.ABSENT})
        assert parse_answer(format_answer(given), QUESTION) is None

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1 instances=" + short(ONE),
            "1 nonce=0123456789abcdef",
            "1 nonce=0123456789abcdef instances=",
            f"1 nonce=0123456789abcdef instances={ONE}",
            "1 nonce=../../etc instances=" + short(ONE),
            "1 nonce=0123456789abcdef instances=" + ",".join([short(ONE)] * (MOST + 1)),
            "1 nonce=0123456789abcdef instances=" + "a" * 100_000,
        ],
    )
    def test_what_is_no_question_is_an_error(self, text: str) -> None:
        with pytest.raises(GuestsUnavailable):
            parse_question(text)

    @pytest.mark.parametrize(
        "said",
        [
            "",
            f"{short(ONE)}:absent",
            f"{short(ONE)}:absent,{short(TWO)}:absent,{short(THREE)}:perhaps",
            f"{short(ONE)}:absent,{short(TWO)}:absent,{short(THREE)}",
            f"{short(ONE)}:runs,{short(ONE)}:off,{short(TWO)}:off,{short(THREE)}:off",
            f"{short(ONE)}:absent,{short(TWO)}:absent,{short(THREE)}:off,{'0' * 32}:off",
        ],
    )
    def test_what_does_not_answer_for_each_is_an_error(self, said: str) -> None:
        text = f"1 nonce={QUESTION.nonce} boot={BOOT} at=1795864608 instances={said}"
        with pytest.raises(GuestsUnavailable):
            parse_answer(text, QUESTION)

    def test_an_answer_without_its_boot_or_time_is_an_error(self) -> None:
        given = format_answer(answer(QUESTION, [], frozenset(), BOOT, AT))
        for wrong in (given.replace(BOOT, "today"), given.replace("at=1", "at=x")):
            with pytest.raises(GuestsUnavailable):
                parse_answer(wrong, QUESTION)
