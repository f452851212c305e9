from __future__ import annotations

from vmha_ocf.heartbeat import QUIET, Heartbeat


def test_a_host_that_sends_nothing_is_quiet_after_a_while() -> None:
    beat = Heartbeat("a", 100.0).seen("a", 110.0)
    assert not beat.quiet(100.0 + QUIET - 1)
    assert beat.quiet(100.0 + QUIET)
    assert not beat.alive


def test_one_late_heartbeat_is_a_doubt_and_no_life() -> None:
    beat = Heartbeat("a", 100.0).seen("b", 120.0)
    assert not beat.quiet(130.0)
    assert beat.quiet(140.0)
    assert not beat.alive


def test_two_heartbeats_are_a_life() -> None:
    assert Heartbeat("a", 100.0).seen("b", 110.0).seen("c", 120.0).alive


def test_our_own_change_is_no_heartbeat() -> None:
    beat = Heartbeat("a", 100.0).after_our_change("b").seen("b", 110.0)
    assert (beat.beats, beat.since) == (0, 100.0)


def test_what_somebody_else_changes_is_a_doubt_however_often() -> None:
    beat = Heartbeat("a", 100.0).doubted("b", 110.0).doubted("c", 120.0)
    assert (beat.beats, beat.since) == (1, 120.0)
    assert not beat.alive
    assert Heartbeat("a", 100.0, beats=2).doubted("b", 110.0).alive
