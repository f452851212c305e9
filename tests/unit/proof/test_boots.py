from __future__ import annotations

import pytest

from vmha_ocf.model import Epoch, Evidence
from vmha_ocf.proof import boots

PROOF = Evidence("ctl1", Epoch(1_763_695_800.25), "BMC answered off")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0b1c2d3e-0000-4000-8000-0123456789ab", "0b1c2d3e-0000-4000-8000-0123456789ab"),
        ("", ""),
        ("two words", ""),
        ("x" * 65, ""),
    ],
)
def test_a_boot_has_an_id_or_none(text: str, found: str) -> None:
    assert boots.parse_boot(text) == found


def test_guests_are_noted_of_one_proof_and_of_no_other() -> None:
    text = boots.format_guests(PROOF.at)
    assert boots.are_of(text, PROOF)
    assert not boots.are_of(text, Evidence("ctl1", Epoch(PROOF.at + 14), "BMC answered off"))
    assert not boots.are_of("", PROOF)


OLD = boots.Served("boot-1", 1_763_695_000.0, 1_763_695_060.0)
NEW = boots.Served("boot-2", 1_763_695_800.0, 1_763_695_860.0)


def test_boots_that_served_are_read_as_they_were_written() -> None:
    assert boots.parse_served(boots.format_served([OLD, NEW])) == [OLD, NEW]
    assert boots.parse_served("boot=x") == []


def test_the_last_boots_are_kept() -> None:
    many = [boots.Served(f"boot-{number}", number, number) for number in range(20)]
    assert boots.parse_served(boots.format_served(many)) == many[-8:]


def test_a_boot_is_noted_once() -> None:
    assert boots.is_new("boot-1", [])
    assert boots.is_new("boot-2", [OLD])
    assert not boots.is_new("boot-1", [OLD])
    assert not boots.is_new("", [OLD])


def test_what_came_after_the_boot_that_was_looked_after() -> None:
    assert boots.since("boot-2", [OLD, NEW]) == []
    assert boots.since("boot-1", [OLD, NEW]) == [NEW]
    assert boots.since("boot-0", [OLD, NEW]) == [OLD, NEW]


def test_whether_nova_compute_came_up_with_its_host() -> None:
    assert boots.are_known_from_their_start([OLD, NEW])
    late = boots.Served("boot-3", NEW.at, NEW.at + boots.WITH_ITS_BOOT + 1)
    assert not boots.are_known_from_their_start([OLD, late])
    assert not boots.are_known_from_their_start([boots.Served("boot-3", 2.0, 1.0)])


def test_boots_that_somebody_has_taken_away_come_back_in_their_order() -> None:
    last = boots.Served("boot-3", 1_763_696_800.0, 1_763_696_860.0)
    assert boots.with_waiting([OLD, last], [NEW, last]) == [OLD, NEW, last]
    assert boots.with_waiting([OLD, NEW], [NEW]) == [OLD, NEW]
    assert boots.with_waiting([], [NEW]) == [NEW]
