"""The table of docs/comparison.rst."""

from __future__ import annotations

from dataclasses import replace

from tests.compare.failure import Interruption, Recovery
from tests.compare.page import BEGIN, END, PAGE, Compared, drawn, table
from tests.lab.record.runs import Versions

LAB = Versions("12", "2.1.5", "3.1.7", "0.11.4", "4.12.1", "3.11.2", "34.0.0", "processes", "lab")
COMPARED = Compared(
    "2026-11-29",
    2,
    0.4,
    LAB,
    [
        Recovery("plain client", 10, 9.04, 3.0, 1.1),
        Recovery("this suite", 10, 9.5, 3.46, 1.4),
        Recovery("this suite", 50, 20.0, 13.96, 1.2),
    ],
    [Interruption("this suite", 20, 0, 1, 2)],
)


def test_a_row_for_each_figure_and_a_dash_for_what_was_not_measured() -> None:
    lines = table(COMPARED).splitlines()
    rows = [" ".join(line.split()) for line in lines]
    assert "instances what plain client this suite" in rows
    assert "10 power cut to all active, s 9.0 9.5" in rows
    assert "50 ... of it since fenced, s - 14.0" in rows
    assert "20 interrupted: in error - 1" in rows
    assert "20 interrupted: evacuated twice - 2" in rows


def test_how_each_was_configured_and_on_what_is_said() -> None:
    told = table(COMPARED)
    assert "2026-11-29, 2 cores, load 0.4" in told
    assert "Nova 34.0.0" in told
    assert "- this suite: as the README has it." in told
    assert "older agents" not in told


def test_the_rest_of_the_page_stays() -> None:
    page = f"before\n\n{BEGIN}\nan older table\n{END}\nafter\n"
    once = drawn(page, COMPARED)
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "an older table" not in once
    assert drawn(once, COMPARED) == once
    assert drawn(once, replace(COMPARED, load=9.0)) != once


def test_an_engine_that_is_measured_anew_is_replaced_and_the_others_stay() -> None:
    anew = replace(
        COMPARED,
        recoveries=[Recovery("this suite", 10, 8.0, 2.0, 1.3)],
        interruptions=[Interruption("this suite", 20, 0, 0, 0)],
        load=0.1,
    )
    now = COMPARED.renewed(anew)
    assert now.recoveries == [COMPARED.recoveries[0], *anew.recoveries]
    assert now.interruptions == anew.interruptions
    assert now.load == 0.1


def test_the_page_has_what_was_measured_last() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page, Compared.read())
