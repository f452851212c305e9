"""Failures within a time, counted from the facts: each failure of a host is one, whoever flags it."""

from __future__ import annotations

from vmha_ocf.model import FlagState, InstanceId, NovaHost
from vmha_ocf.sim.base.journal import (
    EvacuateAccepted,
    Fact,
    FlagWritten,
    HostFailed,
    NodeJoined,
    StormRelease,
)
from vmha_ocf.sim.judge.storms import evacuated_in_a_storm, raging

ONE, TWO, THREE = NovaHost("compute-1"), NovaHost("compute-2"), NovaHost("compute-3")


def flagged(at: float, host: NovaHost) -> FlagWritten:
    return FlagWritten(at, host, FlagState.NEEDED, ())


def fails(at: float, host: NovaHost) -> list[Fact]:
    return [HostFailed(at - 10.0, host, "power is off"), flagged(at, host)]


def is_storm(*facts: Fact) -> bool:
    """Of more than two, within 300 s, where an instance is evacuated at the end."""
    asked = EvacuateAccepted(facts[-1].time + 1.0, ONE, InstanceId("web"), ())
    return any(evacuated_in_a_storm([*facts, asked], 2, 300.0))


def test_three_within_the_time_are_one() -> None:
    assert is_storm(*fails(100, ONE), *fails(200, TWO), *fails(300, THREE))
    assert not is_storm(*fails(100, ONE), *fails(300, TWO), *fails(500, THREE))


def test_a_flag_that_is_written_again_is_of_the_same_failure() -> None:
    facts = [*fails(100, ONE), *fails(300, TWO), flagged(490, ONE), *fails(500, THREE)]
    assert not is_storm(*facts)


def test_whoever_was_on_meanwhile_has_failed_again() -> None:
    back = [NodeJoined(400, ONE), flagged(490, ONE)]
    assert is_storm(*fails(100, ONE), *fails(300, TWO), *back, *fails(500, THREE))
    assert is_storm(*fails(100, ONE), *fails(300, TWO), *fails(490, ONE), *fails(500, THREE))


def test_all_of_a_storm_wait_until_somebody_releases_it() -> None:
    four = NovaHost("compute-4")
    facts = [*fails(100, ONE), *fails(150, TWO)]
    assert raging(facts, 2, 300.0) == frozenset()
    facts += [*fails(200, THREE), *fails(250, four)]
    assert raging(facts, 2, 300.0) == {ONE, TWO, THREE, four}
    assert raging([*facts, StormRelease(260.0, True)], 2, 300.0) == frozenset()
    assert raging(facts, 0, 300.0) == frozenset()
