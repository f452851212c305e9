"""The restarts that are kept with their node."""

from __future__ import annotations

import pytest

from vmha_ocf.living.processes.healed import (
    Healed,
    format_healed,
    parse_healed,
    recent,
    under_way,
)

ONE, OTHER = Healed(1000.0, "b.1.2"), Healed(2500.0, "b.3.4")


def test_they_are_read_as_they_were_written() -> None:
    assert parse_healed(format_healed([ONE, OTHER])) == [ONE, OTHER]


def test_the_last_ones_are_kept() -> None:
    text = format_healed([Healed(at, "b.1.2") for at in (1.0, 2.0, 3.0, 4.0)])
    assert [one.at for one in parse_healed(text)] == [2.0, 3.0, 4.0]


@pytest.mark.parametrize("text", ["", "0 b", "1000", "x b.1.2", "1000 b.1.2;2500 b", "1000 <b>"])
def test_what_nobody_of_ours_wrote_is_nothing(text: str) -> None:
    assert parse_healed(text) == []


def test_how_long_one_counts() -> None:
    assert recent([ONE, OTHER], 2799.0) == [ONE, OTHER]
    assert recent([ONE, OTHER], 2800.0) == [OTHER]
    assert recent([OTHER], 2499.0) == []  # of a clock that was set back


def test_how_long_it_is_under_way() -> None:
    assert under_way([ONE], 1179.0)
    assert not under_way([ONE], 1180.0)
    assert not under_way([ONE], 999.0)
