from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dead_host import FLAG, HOST, NODE
from vmha_ocf.model import Epoch, NovaHost
from vmha_ocf.proof import given_up

WHY = "nova-compute ran on it at 10:00, after the proof"


def test_what_is_written_is_read_again() -> None:
    assert FLAG.evidence is not None
    one = given_up.parse_given_up(NODE, given_up.format_given_up(FLAG, WHY))
    assert (one.node, one.host, one.at, one.why) == (NODE, HOST, FLAG.evidence.at, WHY)


def test_a_flag_without_evidence_has_no_time() -> None:
    text = given_up.format_given_up(replace(FLAG, evidence=None), WHY)
    assert given_up.parse_given_up(NODE, text).at == 0.0


def test_what_nobody_of_us_wrote_is_told_all_the_same() -> None:
    one = given_up.parse_given_up(NODE, "seen\x1bby me")
    assert (one.host, one.at, one.why) == (NovaHost(NODE), 0.0, "seen by me")


def test_the_sentence_says_how_to_end_it() -> None:
    told = given_up.parse_given_up(NODE, given_up.format_given_up(FLAG, WHY)).sentence()
    assert WHY in told
    assert f"crm_attribute --node {NODE} --name evacuation-ended --delete" in told


@pytest.mark.parametrize(
    ("host", "later", "past"),
    [(HOST, 1.0, True), (HOST, 0.0, False), (NovaHost("compute-2"), 1.0, False)],
)
def test_a_later_fencing_of_the_host_ends_it_too(host: NovaHost, later: float, past: bool) -> None:
    assert FLAG.evidence is not None
    one = given_up.parse_given_up(NODE, given_up.format_given_up(FLAG, WHY))
    evidence = replace(FLAG.evidence, at=Epoch(FLAG.evidence.at + later))
    assert one.is_of_the_past(replace(FLAG, host=host, evidence=evidence)) is past
    assert not one.is_of_the_past(replace(FLAG, evidence=None))
