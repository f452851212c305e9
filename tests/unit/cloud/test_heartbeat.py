from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vmha_ocf.cloud.heartbeat import Heartbeat, silence
from vmha_ocf.model import Epoch, Monotonic

PROOF = Epoch(1_763_695_800.0)
QUIET = silence(10.0)


def nova(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


@pytest.mark.parametrize(("interval", "seconds"), [(10.0, 15.0), (2.0, 15.0), (60.0, 90.0)])
def test_silence_goes_by_how_often_heartbeats_come(interval: float, seconds: float) -> None:
    assert silence(interval) == seconds


def test_a_host_that_sends_nothing_is_quiet_after_a_while() -> None:
    beat = Heartbeat("a", Monotonic(100.0)).seen("a", Monotonic(110.0))
    assert not beat.quiet(Monotonic(100.0 + QUIET - 1), QUIET)
    assert beat.quiet(Monotonic(100.0 + QUIET), QUIET)
    assert not beat.moved
    assert not beat.alive_since(PROOF, 10.0)


def test_one_late_heartbeat_is_a_doubt_and_no_life() -> None:
    beat = Heartbeat("a", Monotonic(100.0)).seen("b", Monotonic(120.0))
    assert not beat.quiet(Monotonic(130.0), QUIET)
    assert beat.quiet(Monotonic(140.0), QUIET)
    assert beat.moved
    assert not beat.alive


def test_two_heartbeats_are_a_life() -> None:
    beat = Heartbeat("a", Monotonic(100.0)).seen("b", Monotonic(110.0)).seen("c", Monotonic(120.0))
    assert beat.alive
    assert beat.alive_since(PROOF, 10.0)


@pytest.mark.parametrize(
    ("after", "interval", "alive"),
    [(39.0, 10.0, False), (41.0, 10.0, True), (41.0, 60.0, False), (91.0, 60.0, True)],
)
def test_one_so_long_after_the_proof_that_nothing_else_explains_it_is_a_life(
    after: float, interval: float, alive: bool
) -> None:
    beat = Heartbeat(nova(PROOF - 5), Monotonic(100.0)).seen(nova(PROOF + after), Monotonic(140.0))
    assert beat.alive_since(PROOF, interval) is alive


def test_a_time_that_cannot_be_read_is_a_doubt() -> None:
    assert (
        not Heartbeat("a", Monotonic(100.0)).seen("b", Monotonic(110.0)).alive_since(PROOF, 10.0)
    )


def test_our_own_change_is_no_heartbeat() -> None:
    beat = Heartbeat("a", Monotonic(100.0)).after_our_change("b").seen("b", Monotonic(110.0))
    assert (beat.moved, beat.since) == (False, 100.0)


def test_what_somebody_else_changes_is_a_doubt_however_often() -> None:
    late = nova(PROOF + 300)
    beat = (
        Heartbeat("a", Monotonic(100.0))
        .doubted("b", Monotonic(110.0))
        .doubted(late, Monotonic(120.0))
    )
    assert (beat.moved, beat.since) == (True, 120.0)
    assert not beat.alive_since(PROOF, 10.0)
    assert Heartbeat("a", Monotonic(100.0), beats=2).doubted("b", Monotonic(110.0)).alive
