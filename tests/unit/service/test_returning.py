from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.dead_host import DEST, HOST, record
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.model import ComputeService, Evacuation, ServiceChange
from vmha_ocf.service import marker
from vmha_ocf.service.marker import REASON_MOST, Ours
from vmha_ocf.service.returning import Await, Back, Undo
from vmha_ocf.service.returning import plan_return as plan_return_of

PLAIN = ComputeService("id", HOST, up=False, enabled=False, forced_down=True)


UP = {"forced_down": False, "up": True}


def service(ours: Ours | None, **about: bool) -> ComputeService:
    reason = marker.format_reason(ours) if ours else "an operator's"
    return replace(PLAIN, disabled_reason=reason, **about)  # type: ignore[arg-type]


BOTH = service(Ours(forced_down=True, disabled=True))


def plan_return(
    one: ComputeService, found: Sequence[Evacuation], *, beating: bool, off: Off
) -> Undo | Back | Await:
    return plan_return_of(one, marker.ours(one), found, beating=beating, off=off)


@pytest.mark.parametrize(
    ("ours", "about", "change", "told"),
    [
        (
            Ours(True, True),
            {},
            ServiceChange(False, False, marker.format_reason(Ours(False, True))),
            "un-forced",
        ),
        (Ours(True, True), UP, ServiceChange(enabled=True), "enabled"),
        (Ours(False, True), UP, ServiceChange(enabled=True), "enabled"),
        (Ours(True, False, "swap"), {}, ServiceChange(False, False, "swap"), "un-forced"),
        (Ours(True, False), {}, ServiceChange(False, False, "disabled"), "un-forced"),
        (
            Ours(True, False, "swap"),
            UP,
            ServiceChange(enabled=False, reason="swap"),
            "left disabled, as it was found",
        ),
        (
            Ours(True, False),
            UP,
            ServiceChange(enabled=False, reason="disabled"),
            "left disabled, as it was found",
        ),
    ],
)
def test_only_what_the_mark_says_is_undone(
    ours: Ours, about: dict[str, bool], change: ServiceChange, told: str
) -> None:
    planned = plan_return(service(ours, **about), [record("completed")], beating=True, off={})
    assert isinstance(planned, Undo)
    assert (planned.change, planned.what) == (change, told)


@pytest.mark.parametrize(
    "theirs",
    [
        service(None),
        service(None, forced_down=False, up=True),
        service(Ours(True, True), enabled=True),
        service(Ours(True, True), enabled=True, forced_down=False, up=True),
    ],
)
def test_what_others_did_stays(theirs: ComputeService) -> None:
    assert plan_return(theirs, [], beating=True, off={}) == Back(HOST)


def test_a_force_down_that_we_remember_as_ours_is_undone_without_its_mark() -> None:
    enabled = service(None, enabled=True)
    remembered = Ours(forced_down=True, disabled=True)
    planned = plan_return_of(enabled, remembered, [], beating=True, off={})
    assert isinstance(planned, Undo)
    assert planned.change == ServiceChange(forced_down=False)
    unforced = replace(enabled, forced_down=False)
    assert plan_return_of(unforced, remembered, [], beating=True, off={}) == Back(HOST)


def test_what_is_forced_down_after_us_is_not_ours() -> None:
    """Whatever was killed in between: the mark says so."""
    planned = plan_return(BOTH, [], beating=True, off={})
    assert isinstance(planned, Undo)
    forced_again = replace(_put(BOTH, planned.change), forced_down=True, up=False)
    assert isinstance(plan_return(forced_again, [], beating=True, off={}), Await)


def test_a_force_down_of_others_is_waited_for() -> None:
    planned = plan_return(service(Ours(False, True)), [], beating=True, off={})
    assert isinstance(planned, Await)
    assert planned.reason == (
        "waits for whoever had forced it down to undo that: "
        f"openstack compute service set --up {HOST} nova-compute"
    )


def test_an_unforced_host_is_enabled_once_it_is_up() -> None:
    down = service(Ours(False, True), forced_down=False)
    assert plan_return(down, [], beating=True, off={}) == Await(
        HOST, "waits for nova-compute to be up"
    )


@pytest.mark.parametrize(
    ("ours", "left"),
    [
        (Ours(True, True), marker.format_reason(Ours(False, True))),
        (Ours(True, False, "DIMM"), "DIMM"),
    ],
)
def test_what_somebody_else_has_unforced_is_marked_so_at_once(ours: Ours, left: str) -> None:
    """Whoever forces it down before it is back is not us; Nova calls it up for a while beside that."""
    down = service(ours, forced_down=False)
    told = "was un-forced by somebody else"
    change = ServiceChange(enabled=False, reason=left)
    assert plan_return(down, [], beating=False, off={}) == Undo(down, change, told)
    called_up = replace(down, up=True)
    off = {HOST: STILL}
    assert plan_return(called_up, [], beating=False, off=off) == Undo(called_up, change, told)


def test_nothing_is_undone_before_its_nova_compute_lives() -> None:
    planned = plan_return(BOTH, [], beating=False, off={})
    assert planned == Await(HOST, "waits for the host to come back")


@pytest.mark.parametrize("status", ["accepted", "pre-migrating", "done"])
def test_unforce_in_flight(status: str) -> None:
    found: list[Evacuation] = [record(status), record("completed", 2, "two")]
    planned = plan_return(BOTH, found, beating=True, off={})
    assert isinstance(planned, Await)
    assert f"(1 {status})" in planned.reason
    assert planned.reason.endswith("there: systemctl restart nova-compute")


def test_all_that_is_waited_for_is_told() -> None:
    found = [record("done"), record("accepted", 2, "two"), record("accepted", 3, "three")]
    planned = plan_return(BOTH, found, beating=True, off={})
    assert isinstance(planned, Await)
    assert "(2 accepted, 1 done)" in planned.reason


def test_what_is_older_than_a_success_is_of_the_past() -> None:
    found = [record("completed", 2), record("accepted", 1)]
    assert isinstance(plan_return(BOTH, found, beating=True, off={}), Undo)


def test_a_rebuild_whose_destination_died_is_not_waited_for() -> None:
    planned = plan_return(BOTH, [record("pre-migrating")], beating=True, off={DEST: STILL})
    assert isinstance(planned, Undo)


@given(
    st.booleans(),
    st.booleans(),
    st.text(min_size=1, max_size=REASON_MOST - 30),
)
def test_a_host_ends_as_it_was_before_its_failure(
    enabled: bool, forced_down: bool, reason: str
) -> None:
    reason = "" if enabled else reason.strip()
    assume("vmha-ocf" not in reason)
    before = replace(PLAIN, enabled=enabled, forced_down=forced_down, disabled_reason=reason)
    one = _put(before, marker.plan_take_down(before))
    done = 0
    while isinstance(planned := plan_return(one, [], beating=True, off={}), Undo):
        one = replace(_put(one, planned.change), up=True)
        done += 1
        assert done <= 2
    assert one.forced_down is forced_down
    if isinstance(planned, Await):
        assert forced_down  # Somebody else holds it, and is waited for.
    else:
        assert one.enabled is enabled
        assert enabled or one.disabled_reason == (reason or ("" if forced_down else "disabled"))


def test_a_long_reason_of_an_operator_does_not_leave_the_host_forced_down() -> None:
    reason = "x" * (REASON_MOST - 5)
    before = replace(PLAIN, enabled=False, forced_down=False, disabled_reason=reason)
    down = _put(before, marker.plan_take_down(before))
    assert down.forced_down
    planned = plan_return(down, [], beating=True, off={})
    assert isinstance(planned, Undo)
    assert planned.change.forced_down is False


def _put(one: ComputeService, change: ServiceChange | None) -> ComputeService:
    """As Nova does: who enables a service wipes out its reason."""
    if change is None:
        return one
    if change.forced_down is not None:
        one = replace(one, forced_down=change.forced_down)
    if change.enabled is not None:
        one = replace(one, enabled=change.enabled, disabled_reason=change.reason or "")
    return one
