"""What stands in the attributes of a compute host, whoever wrote it, and in its watcher's notebook."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts, each_piece
from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.down import Memory
from vmha_ocf.living.guests.kept import format_memory, parse_memory
from vmha_ocf.living.guests.question import Question, format_question, parse_answer, parse_question
from vmha_ocf.living.guests.report import MOST, format_report, parse_report
from vmha_ocf.model import InstanceId

BOOT = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf"
ONE = InstanceId("5d8a1f8e-8c10-4c5e-9d2f-000000000001")
WORDS = [
    "1", f"boot={BOOT}", "at=1795864608", "unknown=1", "more=3", "more=-1", "at=", "failed", "found=",
    "failed=crashed:5d8a1f8e8c104c5e9d2f000000000001@5", "found=hung:5d8a1f8e8c104c5e9d2f000000000001@5",
    "failed=,", "nonce=0123456789abcdef", "instances=5d8a1f8e8c104c5e9d2f000000000001",
    "instances=5d8a1f8e8c104c5e9d2f000000000001:absent", "instances=*", "\N{ARABIC-INDIC DIGIT ONE}",
]  # fmt: skip
nearly = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


@each_piece
@given(text=any_texts() | nearly)
def test_a_report_is_read_as_a_whole_or_refused(text: str) -> None:
    with suppress(GuestsUnavailable):
        report = parse_report(text)
        assert len(report.failed) + len(report.found) <= MOST
        assert parse_report(format_report(report)) == report


@each_piece
@given(text=any_texts() | nearly)
def test_a_question_is_read_as_a_whole_or_refused(text: str) -> None:
    with suppress(GuestsUnavailable):
        question = parse_question(text)
        assert parse_question(format_question(question)) == question


@each_piece
@given(text=any_texts() | nearly)
def test_an_answer_is_about_the_question_or_refused(text: str) -> None:
    question = Question("0123456789abcdef", (ONE,))
    with suppress(GuestsUnavailable):
        answer = parse_answer(text, question)
        assert answer is None or answer.instances.keys() == {ONE}


@each_piece
@given(text=any_texts())
def test_a_notebook_is_read_or_nothing(text: str) -> None:
    for each in (text, f"{BOOT}\n{text}\n"):
        memory = parse_memory(each, BOOT)
        assert memory == Memory() or parse_memory(format_memory(memory, BOOT), BOOT) == memory
