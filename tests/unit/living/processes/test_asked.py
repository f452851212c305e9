"""What NovaCompute's monitor is asked, and its answer: nobody else's words are understood."""

from __future__ import annotations

import pytest

from vmha_ocf.living.processes import asked, healed
from vmha_ocf.living.processes.healed import Healed

PROCESS = "5c1bdf62-1a0f-4c5e-9a52-1d7a0a9f6c11.4711.123456"


def test_who_it_is_is_asked_and_answered() -> None:
    text = asked.format_who("1763695800")
    assert asked.word_of(text) == "1763695800"
    assert asked.to_fail(text) == ""
    answer = asked.format_answer(PROCESS, asked.word_of(text), 91.4)
    assert asked.parse_answer(answer, "1763695800") == (PROCESS, 91.0)


def test_an_answer_to_another_question_is_none() -> None:
    assert asked.parse_answer(asked.format_answer(PROCESS, "1763695800", 91), "7") == ("", 0.0)


def test_it_is_to_fail_for_one_process() -> None:
    text = asked.format_fail(PROCESS)
    assert asked.to_fail(text) == PROCESS
    assert asked.word_of(text) == ""


@pytest.mark.parametrize("text", ["", "fail", "fail a b", "FAIL x", f"fail {'x' * 300}", "who"])
def test_nothing_else_is_meant(text: str) -> None:
    assert (asked.word_of(text), asked.to_fail(text)) == ("", "")


@pytest.mark.parametrize(
    "answer",
    [
        "", "x 7", "x 7 old", "x 7 ²", f"{'x' * 300} 7 8", "x 7 1 2", "x;y 7 8", "é 7 8", "-. 7 8",
        f"{'x' * 121} 7 8",
    ],
)  # fmt: skip
def test_no_other_answer_is_understood(answer: str) -> None:
    assert asked.parse_answer(answer, "7") == ("", 0.0)


@pytest.mark.parametrize("process", [PROCESS, "x" * 120])
def test_what_is_understood_can_be_noted(process: str) -> None:
    found, _ = asked.parse_answer(f"{process} 7 8", "7")
    assert healed.parse_healed(healed.format_healed([Healed(1.0, found)])) == [
        Healed(1.0, process)
    ]


def test_its_key_is_no_name_of_a_node() -> None:
    """So it does not end with the connection, and attrd ignores its case."""
    assert asked.key("Compute-1") == "compute:compute-1"
