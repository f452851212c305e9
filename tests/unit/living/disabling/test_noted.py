"""The note of what was disabled: its text."""

from __future__ import annotations

import pytest

from vmha_ocf.living.disabling import noted
from vmha_ocf.living.disabling.noted import Noted
from vmha_ocf.model import NodeName, NovaHost

ONE, TWO = NovaHost("compute-1"), NovaHost("compute-2.cell")
ASKED = Noted(ONE, "network", "storage+tenant@1763695800")
DONE = Noted(TWO, "process", "nova-compute@1763695801", done=True)
TEXT = (
    "compute-1 network storage+tenant@1763695800 asked; "
    "compute-2.cell process nova-compute@1763695801 done"
)


def test_it_is_read_as_it_was_written() -> None:
    assert noted.format_all([ASKED, DONE]) == TEXT
    assert noted.parse(TEXT) == [ASKED, DONE]
    assert ASKED.what == "storage+tenant"


@pytest.mark.parametrize("text", ["", "x", "compute-1 network tenant@1 maybe", "a b; c d; e"])
def test_what_nobody_of_ours_has_written_is_nothing(text: str) -> None:
    assert noted.parse(text) == []


def test_one_takes_the_place_of_the_former_one_of_its_host_and_cause() -> None:
    done = Noted(ONE, "network", ASKED.episode, done=True)
    text = noted.with_one(TEXT, done)
    assert noted.parse(text) == [DONE, done]
    assert noted.parse(noted.without(text, ASKED)) == [DONE]
    assert noted.without(noted.format_all([DONE]), DONE) == ""


def test_by_host_and_cause_whatever_node_has_it() -> None:
    found = noted.by_host({NodeName("a"): TEXT, NodeName("b"): "nonsense"})
    assert found == {ONE: {"network": ASKED}, TWO: {"process": DONE}}
