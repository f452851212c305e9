"""The flag's two records, our mark in Nova, and what people read of them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts, each_piece, refusal, texts
from vmha_ocf.cluster import flag_texts
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.model import ComputeService, Epoch, Evidence, Flag, FlagState, NodeName, NovaHost
from vmha_ocf.service import marker


@given(any_texts(), any_texts())
def test_any_value_is_a_flag_that_can_be_told(key: str, value: str) -> None:
    host = flag_texts.parse_key(key)
    flag = flag_texts.parse_value(host, value)
    assert flag is None or flag_texts.parse_value(host, flag_texts.format_value(flag)) == flag
    assert flag is None or (flag.owner.isprintable() and len(flag.owner) <= 200)


@each_piece
@given(text=any_texts())
def test_the_evidence_of_any_record_is_printable_and_short(text: str) -> None:
    node = NodeName("compute-1")
    for said in (text, f"host=a at=1 by={text} proof={text}", f"host=a at=1 by=c proof={text}"):
        evidence = flag_texts.parse_record(node, said).evidence
        if evidence is not None:
            assert (evidence.by + evidence.proof).isprintable()
            assert len(evidence.by + evidence.proof) <= 400


@given(any_texts(), any_texts())
def test_any_evidence_of_ours_is_read_again(by: str, proof: str) -> None:
    flag = Flag(
        NovaHost("a"), FlagState.NEEDED, NodeName("n"), evidence=Evidence(by, Epoch(5.0), proof)
    )
    flag_texts.check(flag)
    text = flag_texts.format_record(flag)
    assert len(text) <= 500
    assert flag_texts.is_record_of(flag, NodeName("n"), text)


@given(any_texts(), any_texts())
def test_a_name_that_can_be_read_again_is_accepted_and_no_other(host: str, node: str) -> None:
    flag = Flag(NovaHost(host), FlagState.NEEDED, node=NodeName(node))
    with suppress(ParameterError):
        flag_texts.check(flag)
        assert flag_texts.parse_record(NodeName(node), flag_texts.format_record(flag)).host == host


@given(any_texts(), st.booleans(), st.booleans())
def test_any_reason_of_somebody_else_leaves_room_for_our_mark(
    reason: str, enabled: bool, forced_down: bool
) -> None:
    service = ComputeService(
        id="1",
        host=NovaHost("a"),
        up=False,
        enabled=enabled,
        forced_down=forced_down,
        disabled_reason=reason,
        updated_at="",
    )
    change = marker.plan_take_down(service)
    if change is not None:
        assert change.reason is not None
        assert len(change.reason) <= marker.REASON_MOST
        assert marker.parse_reason(change.reason) is not None


@given(texts(), texts())
def test_an_inventory_is_read_or_refused_without_repeating_a_line(text: str, name: str) -> None:
    secret = "swordfish"
    for file in (text, f"[{name}]\nip = {text}\npassword = {secret}\n{text}"):
        read = partial(parse_inventory, file, "/etc/vmha/inventory.ini", "example.com")
        assert secret not in refusal(read)
