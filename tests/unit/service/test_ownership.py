from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dead_host import FENCED, HOST, record, text
from vmha_ocf.model import ComputeService, Epoch
from vmha_ocf.service import marker
from vmha_ocf.service.marker import REASON_MOST, Ours
from vmha_ocf.service.ownership import (
    Owned,
    doubted,
    is_doubted,
    is_unclear,
    needs_witness,
    still_down,
    stood_since,
    weigh,
)
from vmha_ocf.service.trace import Trace

DOWN = ComputeService("id", HOST, up=False, enabled=False, forced_down=True)
BOTH = Ours(forced_down=True, disabled=True)
FORCED = Ours(forced_down=True, disabled=False)
TRACE = Trace(HOST, "id", Epoch(FENCED), BOTH)
OF_ANOTHER = replace(TRACE, service="another")
NOT_FORCED = replace(TRACE, ours=Ours(forced_down=False, disabled=True))


def marked(ours: Ours, **about: bool) -> ComputeService:
    return replace(DOWN, disabled_reason=marker.format_reason(ours), **about)  # type: ignore[arg-type]


@pytest.mark.parametrize("trace", [None, TRACE, OF_ANOTHER, NOT_FORCED])
@pytest.mark.parametrize("witness", [True, False])
@pytest.mark.parametrize("ours", [BOTH, Ours(False, True), Ours(True, False, "swap")])
def test_a_mark_is_believed(trace: Trace | None, witness: bool, ours: Ours) -> None:
    """Without a trace too: that is how an older version, or a restored configuration, leaves it."""
    assert weigh(marked(ours), trace, witness=witness) == Owned(ours)
    up = marked(ours, forced_down=False)
    assert weigh(up, trace, witness=witness) == Owned(ours)


def test_a_trace_that_is_the_last_one_for_sure_knows_that_it_was_undone() -> None:
    """Who died before the mark was renewed had seen it un-forced: a force-down since is not ours."""
    ours = Ours(forced_down=False, disabled=True)
    assert weigh(marked(BOTH), NOT_FORCED, witness=True, certain=True) == Owned(ours)
    up = marked(BOTH, forced_down=False)
    assert weigh(up, NOT_FORCED, witness=True, certain=True) == Owned(BOTH), (
        "nothing depends on it"
    )


@pytest.mark.parametrize(
    "trace", [None, TRACE, OF_ANOTHER, replace(NOT_FORCED, service="another")]
)
def test_no_other_trace_does(trace: Trace | None) -> None:
    assert weigh(marked(BOTH), trace, witness=True, certain=True) == Owned(BOTH)


@pytest.mark.parametrize("witness", [True, False])
def test_without_mark_and_trace_nothing_is_ours(witness: bool) -> None:
    assert weigh(DOWN, None, witness=witness) == Owned(None)


@pytest.mark.parametrize("reason", ["DIMM B2 broken", ""])
@pytest.mark.parametrize("enabled", [True, False])
def test_a_force_down_of_ours_is_known_whatever_others_wrote(reason: str, enabled: bool) -> None:
    theirs = replace(DOWN, disabled_reason=reason, enabled=enabled)
    assert weigh(theirs, TRACE, witness=True) == Owned(FORCED)


@pytest.mark.parametrize("witness", [True, False])
@pytest.mark.parametrize("trace", [TRACE, OF_ANOTHER, NOT_FORCED])
def test_an_old_trace_of_a_host_in_service_does_nothing(trace: Trace, witness: bool) -> None:
    in_service = replace(DOWN, up=True, enabled=True, forced_down=False)
    assert weigh(in_service, trace, witness=witness) == Owned(None)
    disabled = replace(in_service, enabled=False, disabled_reason="swap")
    assert weigh(disabled, trace, witness=witness) == Owned(None)


@pytest.mark.parametrize("witness", [True, False])
def test_what_had_been_forced_down_before_us_is_not_ours(witness: bool) -> None:
    assert weigh(DOWN, NOT_FORCED, witness=witness) == Owned(None)


def test_a_trace_alone_entitles_to_nothing() -> None:
    """A configuration that was restored has traces of old, and a person may have forced it down today."""
    owned = weigh(DOWN, TRACE, witness=False)
    assert owned.ours is None
    assert f"openstack compute service set --up {HOST} nova-compute" in owned.told
    assert f"vmha forget {HOST}" in owned.told


@pytest.mark.parametrize("witness", [True, False])
def test_a_service_that_was_made_anew_is_another_one(witness: bool) -> None:
    owned = weigh(DOWN, OF_ANOTHER, witness=witness)
    assert owned.ours is None
    assert "another one than we had forced down" in owned.told


def test_where_a_witness_matters() -> None:
    assert needs_witness(DOWN, TRACE)
    assert not needs_witness(marked(BOTH), TRACE)
    assert not needs_witness(DOWN, NOT_FORCED)


def test_nova_itself_is_a_witness_as_long_as_it_lets_nobody_unforce_the_host() -> None:
    assert stood_since(TRACE, [record("completed"), record("done", 2)])
    assert not stood_since(TRACE, [record("completed")])
    assert not stood_since(TRACE, [record("done", created_at=text(-60))])
    assert not stood_since(replace(TRACE, incident=Epoch(0.0)), [record("done")])


def test_a_host_that_is_fenced_again_before_its_return_has_not_returned() -> None:
    assert still_down(TRACE, marked(BOTH))
    assert still_down(TRACE, marked(FORCED))
    assert not still_down(TRACE, DOWN), "a person has written another reason"
    assert not still_down(TRACE, marked(Ours(False, True)))
    assert not still_down(TRACE, marked(BOTH, forced_down=False))
    assert not still_down(NOT_FORCED, marked(BOTH))
    assert not still_down(OF_ANOTHER, marked(BOTH))


def test_an_erased_mark_of_an_earlier_failure_leaves_a_doubt() -> None:
    assert is_unclear(TRACE, DOWN)
    assert not is_unclear(TRACE, marked(BOTH))
    assert not is_unclear(OF_ANOTHER, DOWN)
    assert not is_unclear(NOT_FORCED, DOWN)
    assert not is_unclear(TRACE, replace(DOWN, enabled=True))
    doubt = doubted(TRACE)
    assert is_doubted(doubt)
    assert not is_doubted(TRACE)
    assert weigh(DOWN, doubt, witness=False).told
    assert weigh(DOWN, doubt, witness=True) == Owned(FORCED)


def test_a_long_reason_comes_back_whole() -> None:
    reason = "x" * REASON_MOST
    before = replace(DOWN, forced_down=False, disabled_reason=reason)
    change = marker.plan_take_down(before)
    assert change is not None
    shown = replace(DOWN, disabled_reason=change.reason or "")
    full = replace(TRACE, ours=marker.ours_when_down(before))
    owned = weigh(shown, full, witness=True)
    assert owned.ours == Ours(True, False, reason)
    another = replace(full, ours=Ours(True, False, "something else"))
    assert weigh(shown, another, witness=True).ours == marker.ours(shown)
