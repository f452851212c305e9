"""What people are shown of other people's words."""

from __future__ import annotations

import pytest

from vmha_ocf.agent.printable import lines, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("as it is", "as it is"),
        ("two\nlines\r\n", "two lines"),
        ("a\x1b[2Jb\x00\x07c", "a [2Jb c"),
        ("\ud800 half a pair", "half a pair"),
        ("turned \u202e around", "turned around"),
        ("déjà vu", "déjà vu"),
        ("", ""),
    ],
)
def test_control_characters_are_blanks(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_line_has_an_end() -> None:
    assert one_line("a" * 20, 20) == "a" * 20
    assert one_line("a" * 21, 20) == "a" * 17 + "..."
    assert len(one_line("a" * 5000)) == 2000


def test_a_traceback_keeps_its_lines_and_their_indentation() -> None:
    assert lines("Traceback:\n  File \x1b[2J\n") == "Traceback:\n  File  [2J\n"
    assert len(lines("a" * 5000)) == 2000
