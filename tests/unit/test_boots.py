from __future__ import annotations

import pytest

from vmha_ocf import boots
from vmha_ocf.model import Evidence

PROOF = Evidence("ctl1", 1_763_695_800.25, "BMC answered off")


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
    assert not boots.are_of(text, Evidence("ctl1", PROOF.at + 14, "BMC answered off"))
    assert not boots.are_of("", PROOF)


def test_a_boot_that_serves_is_read_as_it_was_written() -> None:
    served = boots.Served("boot-2", 1_763_695_800.0, 1_763_695_860.0)
    assert boots.parse_served(boots.format_served(served)) == served
    assert boots.parse_served("boot=x") is None
