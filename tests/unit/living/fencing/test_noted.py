"""The note of what was to be fenced: its text."""

from __future__ import annotations

import pytest

from vmha_ocf.living.fencing import noted
from vmha_ocf.living.fencing.noted import Noted
from vmha_ocf.model import NodeName

ONE, TWO = NodeName("compute-1"), NodeName("compute-2")
FIRST = Noted(1763695800.0, "network", "storage+tenant")
LATER = Noted(1763782300.0, "process", "nova-compute")
TEXT = "1763695800 network storage+tenant; 1763782300 process nova-compute"


def test_it_is_read_as_it_was_written() -> None:
    assert noted.format_all([FIRST, LATER]) == TEXT
    assert noted.parse(TEXT) == [FIRST, LATER]


@pytest.mark.parametrize("text", ["", "x", "0 network tenant", "1763695800 network", "a b; c d"])
def test_what_nobody_of_ours_has_written_is_nothing(text: str) -> None:
    assert noted.parse(text) == []


def test_the_last_ones_are_kept() -> None:
    many = [Noted(float(number), "network", "tenant") for number in range(1, 9)]
    assert noted.parse(noted.format_all(many)) == many[-noted.KEPT :]


@pytest.mark.parametrize(
    ("seconds", "busy"),
    [(0.0, ONE), (noted.UNDER_WAY - 1, ONE), (noted.UNDER_WAY, None), (-30, ONE)],
)
def test_another_one_is_under_way_for_a_while(seconds: float, busy: NodeName | None) -> None:
    notes = {ONE: [FIRST]}
    assert noted.under_way(notes, FIRST.at + seconds, without=TWO) == busy
    assert noted.under_way(notes, FIRST.at + seconds, without=ONE) is None
