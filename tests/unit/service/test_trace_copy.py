from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.model import Epoch, InstanceId, NodeName, NovaHost
from vmha_ocf.service import trace_copy
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace, Traces
from vmha_ocf.service.trace_copy import (
    Copy,
    corrected,
    format_copy,
    format_gone,
    key,
    parse_copy,
)

HOST = NovaHost("Compute-1")
NODES = (NodeName("compute-1"), NodeName("ctl1"))
TRACE = Trace(HOST, "5e41ce00", Epoch(1763695800.25), Ours(True, False, "DIMM B2"), untagged=True)
BEFORE = replace(TRACE, incident=Epoch(TRACE.incident - 3600))
LATER = replace(TRACE, incident=Epoch(TRACE.incident + 3600))
GONE = "gone=1763695800.250"


def written(*traces: Trace) -> Traces:
    return Traces({one.host: one for one in traces})


def test_its_texts() -> None:
    """A later version reads them too: they stay as they are."""
    text = format_copy(TRACE, NODES)
    assert text == (
        "on=compute-1,ctl1 host=Compute-1 service=5e41ce00 at=1763695800.250 changed=forced-down "
        "before=DIMM%20B2 untagged=ours"
    )
    assert parse_copy(text) == Copy(TRACE.incident, TRACE, NODES)
    assert parse_copy(format_copy(TRACE, ())) == Copy(TRACE.incident, TRACE)
    assert key(HOST) == "nova:compute-1"


def test_what_is_gone_is_so_with_all_that_was_known_of_it() -> None:
    assert format_gone([BEFORE, Copy(TRACE.incident), None]) == GONE
    assert parse_copy(GONE) == Copy(TRACE.incident)
    assert format_gone([None]) == ""


@pytest.mark.parametrize("text", ["", "yes", "on=compute-1 host=x", "gone=", "gone=x"])
def test_what_none_of_us_wrote(text: str) -> None:
    assert parse_copy(text) is None
    assert corrected(written(TRACE), {"nova:compute-1": text}) == written(TRACE)


def test_one_that_is_too_long_is_not_copied() -> None:
    was = {InstanceId(f"{number:036}"): "error" for number in range(2000)}
    assert format_copy(replace(TRACE, was=was), NODES) == ""


class TestCorrected:
    def test_as_it_was_written_last(self) -> None:
        for there in (written(TRACE), Traces(illegible={NODES[0]: "a note"})):
            found = corrected(there, {"NOVA:COMPUTE-1": format_copy(TRACE, NODES)})
            assert found.of == {HOST: TRACE}
            assert found.illegible == there.illegible
            assert found.astray == ({HOST} - there.of.keys())
            assert found.certain == {HOST}

    @pytest.mark.parametrize("restored", [BEFORE, replace(TRACE, untagged=False)])
    def test_what_was_brought_back_does_not_count(self, restored: Trace) -> None:
        other = replace(TRACE, host=NovaHost("compute-2"))
        copies = {"nova:compute-1": format_copy(TRACE, NODES)}
        found = corrected(written(restored, other), copies)
        assert found.of == {HOST: TRACE, other.host: other}
        assert found.astray == found.certain == {HOST}

    @pytest.mark.parametrize("restored", [BEFORE, TRACE])
    def test_what_was_removed_does_not_come_back(self, restored: Trace) -> None:
        found = corrected(written(restored), {"nova:compute-1": GONE})
        assert not found.of
        assert found.astray == {HOST}
        assert corrected(Traces(), {"nova:compute-1": GONE}) == Traces()

    @pytest.mark.parametrize("copy", [GONE, format_copy(TRACE, NODES)])
    def test_a_later_failure_counts(self, copy: str) -> None:
        assert corrected(written(LATER), {"nova:compute-1": copy}) == written(LATER)


def test_it_is_an_attribute_of_its_own() -> None:
    assert trace_copy.ATTRIBUTE == "evacuate-trace"
