from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vmha_ocf.model import ComputeService, NovaHost, ServiceChange
from vmha_ocf.service import marker
from vmha_ocf.service.marker import REASON_MOST, Mark, Ours


def service(**about: object) -> ComputeService:
    plain = ComputeService("id", NovaHost("compute-1"), up=False, enabled=True, forced_down=False)
    return replace(plain, **about)  # type: ignore[arg-type]


def changed(before: ComputeService) -> ComputeService:
    """The service after our one PUT."""
    change = marker.plan_take_down(before)
    if change is None:
        return before
    assert change.forced_down
    if change.enabled is None:
        return replace(before, forced_down=True)
    assert change.reason
    assert len(change.reason) <= REASON_MOST
    return replace(before, forced_down=True, enabled=False, disabled_reason=change.reason)


@pytest.mark.parametrize(
    ("before", "ours"),
    [
        (service(), Ours(forced_down=True, disabled=True)),
        (service(forced_down=True), Ours(forced_down=False, disabled=True)),
        (service(enabled=False), Ours(forced_down=True, disabled=False)),
        (
            service(enabled=False, disabled_reason="disk swap, Tuesday"),
            Ours(forced_down=True, disabled=False, before="disk swap, Tuesday"),
        ),
        (service(enabled=False, forced_down=True, disabled_reason="theirs"), None),
    ],
)
def test_the_mark_tells_what_was_not_so_before_us(
    before: ComputeService, ours: Ours | None
) -> None:
    after = changed(before)
    assert after.forced_down
    assert not after.enabled
    assert marker.ours(after) == ours


def test_it_is_one_request() -> None:
    assert marker.plan_take_down(service()) == ServiceChange(
        forced_down=True, enabled=False, reason="vmha-ocf: evacuation"
    )


def test_what_is_down_and_marked_is_left_alone() -> None:
    assert marker.plan_take_down(changed(service())) is None


def test_what_somebody_unforced_meanwhile_is_ours_again() -> None:
    again = changed(replace(changed(service(forced_down=True)), forced_down=False))
    assert marker.ours(again) == Ours(forced_down=True, disabled=True)


def test_who_enables_it_meanwhile_does_not_make_our_force_down_theirs() -> None:
    mark = marker.ours(changed(service()))
    wiped = service(forced_down=True)
    change = marker.plan_take_down(wiped, mark)
    assert change is not None
    assert change.reason == marker.format_reason(Ours(forced_down=True, disabled=True))
    theirs = marker.plan_take_down(wiped, Ours(forced_down=False, disabled=True))
    assert theirs is not None
    assert theirs.reason == marker.format_reason(Ours(forced_down=False, disabled=True))


def test_a_reason_that_leaves_no_room_is_shortened_rather_than_our_mark_lost() -> None:
    long = "x" * (REASON_MOST - 5)
    after = changed(service(enabled=False, disabled_reason=long))
    assert len(after.disabled_reason) == REASON_MOST
    mine = marker.ours(after)
    assert mine is not None
    assert mine.forced_down
    assert mine.before == "x" * (len(mine.before) - 3) + "..."


def test_a_service_that_somebody_enabled_carries_nothing_of_ours() -> None:
    assert marker.ours(replace(changed(service()), enabled=True)) is None


@given(st.booleans(), st.booleans(), st.text())
def test_format_and_parse_are_inverse(forced_down: bool, disabled: bool, text: str) -> None:
    assume(forced_down or disabled)
    before = "" if disabled else text.strip()
    ours = Ours(forced_down, disabled, before)
    assert marker.parse_reason(marker.format_reason(ours)) == ours


@given(st.text())
def test_reasons_of_others_are_not_ours(text: str) -> None:
    assume("vmha-ocf" not in text)
    assert marker.parse_reason(text) is None


@given(st.booleans(), st.booleans(), st.text(max_size=REASON_MOST))
def test_nothing_that_was_so_before_is_ever_called_ours(
    enabled: bool, forced_down: bool, reason: str
) -> None:
    assume("vmha-ocf" not in reason)
    before = service(enabled=enabled, forced_down=forced_down, disabled_reason=reason)
    ours = marker.ours(changed(before))
    if ours is not None:
        assert not (ours.disabled and not enabled)
        assert not (ours.forced_down and forced_down)


@pytest.mark.parametrize(("length", "whole"), [(0, True), (1, True), (2, False)])
def test_as_much_of_a_reason_as_there_is_room_for(length: int, whole: bool) -> None:
    """``length``: in characters beyond one less than what leaves room for our mark."""
    reason = "x" * (REASON_MOST - len(" [vmha-ocf: forced down]") - 1 + length)
    after = changed(service(enabled=False, disabled_reason=reason))
    mark = marker.ours(after)
    assert mark is not None
    assert (mark.before == reason) is whole
    assert whole or len(after.disabled_reason) == REASON_MOST


def test_the_marks_that_every_version_knows() -> None:
    """An upgrade or a downgrade in the middle of a failure reads the other's: literally these."""
    for reason, ours in {
        "vmha-ocf: evacuation": Ours(True, True),
        "vmha-ocf: evacuation (was forced down)": Ours(False, True),
        "swap [vmha-ocf: forced down]": Ours(True, False, "swap"),
        "[vmha-ocf: forced down]": Ours(True, False, ""),
    }.items():
        assert marker.format_reason(ours) == reason
        assert marker.parse_reason(reason) == ours


@pytest.mark.parametrize("cause", ["policy", "spare", "process", "what-comes-next"])
def test_a_mark_of_another_cause_is_read_and_is_not_a_dead_hosts(cause: str) -> None:
    reason = marker.format_cause(cause, "1763695800")
    assert reason == f"vmha-ocf: {cause} 1763695800"
    assert marker.parse_mark(reason) == Mark(cause, "1763695800", Ours(False, True))
    assert marker.parse_reason(reason) is None
    assert marker.ours(service(enabled=False, disabled_reason=reason)) is None


def test_a_mark_may_lack_its_episode() -> None:
    assert marker.parse_mark("vmha-ocf: policy") == Mark("policy", "", Ours(False, True))


@pytest.mark.parametrize(
    ("cause", "episode"), [("Policy", "1"), ("policy", "a b"), ("policy", "")]
)
def test_what_could_not_be_read_again_is_no_cause(cause: str, episode: str) -> None:
    with pytest.raises(ValueError, match="not a cause and an episode"):
        marker.format_cause(cause, episode)


def test_a_host_that_dies_disabled_for_another_cause_comes_back_so() -> None:
    reason = marker.format_cause("policy", "1763695800")
    after = changed(service(enabled=False, disabled_reason=reason))
    assert after.disabled_reason == f"{reason} [vmha-ocf: forced down]"
    assert marker.ours(after) == Ours(True, False, reason)


@pytest.mark.parametrize("known", [None, Ours(True, True), Ours(False, True)])
def test_who_writes_a_reason_of_their_own_has_disabled_it(known: Ours | None) -> None:
    theirs = service(enabled=False, forced_down=True, disabled_reason="DIMM")
    forced = known is not None and known.forced_down
    assert marker.ours_when_down(theirs, known) == Ours(forced, False, "DIMM")


def test_whether_anything_is_ours() -> None:
    assert Ours(True, False)
    assert Ours(False, True)
    assert not Ours(False, False, "swap")


@pytest.mark.parametrize(
    ("reason", "since"),
    [
        ("vmha-ocf: network tenant@1763695800", 1763695800.0),
        ("vmha-ocf: network tenant@noon", 0.0),
        ("vmha-ocf: network tenant", 0.0),
        ("vmha-ocf: network", 0.0),
    ],
)
def test_an_episode_that_a_person_wrote_has_always_been(reason: str, since: float) -> None:
    mark = marker.parse_mark(reason)
    assert mark is not None
    assert mark.since == since
