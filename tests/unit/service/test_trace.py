from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.errors import ParameterError
from vmha_ocf.model import Epoch, InstanceId, NodeName, NovaHost
from vmha_ocf.service import trace as texts
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace, format_trace, parse, with_trace, without

NODE = NodeName("compute-1")
ONE = Trace(NovaHost("compute-1"), "5e41ce00", Epoch(1763695800.0), Ours(True, True))
TWO = Trace(NovaHost("compute-2"), "5e41ce01", Epoch(1763695801.0), Ours(False, False))


def test_its_texts() -> None:
    """A later version reads them too: they stay as they are."""
    assert format_trace(ONE) == (
        "host=compute-1 service=5e41ce00 at=1763695800.000 changed=forced-down,disabled before="
    )
    theirs = Trace(
        ONE.host, "id", Epoch(0.25), Ours(True, False, "DIMM B2; 5 %"), {InstanceId("x"): "error"}
    )
    assert format_trace(theirs) == (
        "host=compute-1 service=id at=0.250 changed=forced-down before=DIMM%20B2%3B%205%20%25 was=x:error"
    )
    assert format_trace(TWO).endswith(" changed=nothing before=")
    assert format_trace(replace(TWO, untagged=True)).endswith(" before= untagged=ours")
    assert format_trace(replace(theirs, untagged=True)).endswith(" was=x:error untagged=ours")
    assert format_trace(replace(TWO, untagged=True, records=17)).endswith(
        " untagged=ours records=17"
    )
    assert parse({NODE: format_trace(replace(TWO, records=0))}).of[TWO.host].records == 0


names = st.text("abcXYZ019.-_", min_size=1, max_size=20)
states = st.sampled_from(["error", "stopped"])
traces = st.builds(
    Trace,
    names.map(NovaHost),
    names,
    st.integers(0, 10**12 - 1).map(lambda at: at / 1000),
    st.builds(
        Ours, st.booleans(), st.booleans(), st.text(st.characters(codec="utf-8"), max_size=255)
    ),
    st.dictionaries(st.uuids().map(lambda one: InstanceId(str(one))), states),
    st.booleans(),
)


@given(traces)
def test_format_and_parse_are_inverse(trace: Trace) -> None:
    text = format_trace(trace)
    assert ";" not in text
    assert text.isascii()
    assert parse({NODE: text}).of == {trace.host: trace}


@pytest.mark.parametrize(
    "trace",
    [
        Trace(NovaHost("a host"), "id", Epoch(1.0), Ours(True, True)),
        Trace(NovaHost("one;two"), "id", Epoch(1.0), Ours(True, True)),
        Trace(NovaHost("h"), "", Epoch(1.0), Ours(True, True)),
        Trace(NovaHost("h"), "id", Epoch(-1.0), Ours(True, True)),
        Trace(NovaHost("h"), "id", Epoch(1.0), Ours(True, True), {InstanceId("a,b"): "error"}),
        Trace(NovaHost("h"), "id", Epoch(1.0), Ours(True, True), {InstanceId("a b"): "error"}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(trace: Trace) -> None:
    with pytest.raises(ParameterError, match="cannot be recorded"):
        format_trace(trace)


@given(st.text())
def test_whatever_somebody_writes_is_no_trace_and_breaks_nothing(text: str) -> None:
    assert parse({NODE: text}).of == {}


def test_several_hosts_of_a_node() -> None:
    both = with_trace(with_trace("", ONE), TWO)
    assert both == f"{format_trace(ONE)}; {format_trace(TWO)}"
    assert parse({NODE: both}).of == {ONE.host: ONE, TWO.host: TWO}
    assert without(both, ONE.host) == format_trace(TWO)
    assert without(without(both, ONE.host), TWO.host) == ""
    assert with_trace(both, ONE) == f"{format_trace(TWO)}; {format_trace(ONE)}"


def test_the_later_incident_of_two_counts() -> None:
    older = Trace(ONE.host, "old", Epoch(5.0), Ours(True, True))
    for first, second in ((ONE, older), (older, ONE)):
        found = parse({NodeName("a"): format_trace(first), NodeName("b"): format_trace(second)})
        assert found.of == {ONE.host: ONE}


def test_what_is_illegible_is_kept_and_told() -> None:
    text = with_trace("a note ;; host=x", ONE)
    assert text == f"a note; host=x; {format_trace(ONE)}"
    found = parse({NODE: text})
    assert found.of == {ONE.host: ONE}
    assert found.illegible == {NODE: "host=x"}
    assert texts.mentions(text, ONE.host)
    assert not texts.mentions(text, TWO.host)
    assert texts.keeps(text, ONE)
    assert not texts.keeps(text, TWO)
