"""A storm is entered by failures within a time, and lasts until somebody says that it is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmha_ocf.agent.settings import Settings
from vmha_ocf.cluster import storm
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NovaHost

LIMITS = storm.Limits(3, 3600.0, 0.25)
NOW = 1_763_695_800.0


def node(number: int) -> NodeName:
    return NodeName(f"compute-{number}")


def flagged(*numbers: int) -> list[Flag]:
    return [
        Flag(NovaHost(f"compute-{one}.example.com"), FlagState.CLAIMED, node=node(one))
        for one in numbers
    ]


def one_every(seconds: float, count: int) -> storm.Failures:
    return {node(number): (NOW + number * seconds,) for number in range(count)}


class TestWhatEntersOne:
    def test_more_failures_than_the_limit_within_the_window(self) -> None:
        assert not storm.held(flagged(0, 1, 2), one_every(0, 3), LIMITS)
        assert storm.held(flagged(0, 1, 2, 3), one_every(0, 4), LIMITS)

    def test_one_a_minute_although_most_of_them_are_over(self) -> None:
        """An instance that kills its hypervisors, one after another."""
        assert storm.held(flagged(3), one_every(60, 4), LIMITS)

    def test_not_hosts_that_wait_for_spare_parts(self) -> None:
        assert not storm.held(flagged(0, 1, 2, 3), one_every(2000, 4), LIMITS)

    def test_not_one_node_that_fails_again_and_again(self) -> None:
        failures = {node(0): (NOW, NOW + 500, NOW + 1000, NOW + 1500)}
        assert not storm.held(flagged(0), failures, LIMITS)

    def test_no_limit_is_no_storm(self) -> None:
        assert not storm.held(flagged(*range(9)), one_every(0, 9), storm.Limits(0, 3600, 0.25))

    @pytest.mark.parametrize(
        ("hosts", "is_held"), [(None, False), (12, False), (20, True), (40, False)]
    )
    def test_a_large_share_of_a_large_cloud(self, hosts: int | None, is_held: bool) -> None:
        """In a small one a few are many: there the limit alone counts."""
        pending, failures = flagged(*range(6)), one_every(5000, 6)
        assert bool(storm.held(pending, failures, LIMITS, hosts=hosts)) is is_held

    def test_no_share_is_no_limit_of_it(self) -> None:
        limits = storm.Limits(3, 3600.0, 0.0)
        assert not storm.held(flagged(*range(6)), one_every(5000, 6), limits, hosts=6)


class TestHowLongItLasts:
    def test_ageing_does_not_end_it(self) -> None:
        failures = {**one_every(0, 4), node(9): (NOW + 9e5,)}
        assert storm.held(flagged(0, 9), failures, LIMITS)

    def test_it_is_over_when_none_of_its_nodes_is_flagged(self) -> None:
        failures = {**one_every(0, 4), node(9): (NOW + 9e5,)}
        assert not storm.held(flagged(9), failures, LIMITS)
        assert not storm.is_covered(flagged(9), failures, LIMITS)
        assert storm.is_covered(flagged(3), failures, LIMITS)


class TestARelease:
    def test_it_covers_what_was_entered_before_and_within_a_window_after(self) -> None:
        pending, failures = flagged(0, 1, 2, 3), one_every(0, 4)
        for released in (NOW + 5000, NOW, NOW - 3600):
            assert not storm.held(pending, failures, LIMITS, released=released)
        assert storm.held(pending, failures, LIMITS, released=NOW - 3601)

    def test_it_covers_a_large_share_too(self) -> None:
        pending, failures = flagged(*range(6)), one_every(5000, 6)
        newest = NOW + 5 * 5000
        assert not storm.held(pending, failures, LIMITS, hosts=20, released=newest - 3600)
        assert storm.held(pending, failures, LIMITS, hosts=20, released=newest - 3601)

    def test_one_without_a_date_is_one_of_now(self) -> None:
        assert storm.dated(None, NOW) is None
        assert storm.dated(0.0, NOW) == NOW
        assert storm.dated(NOW - 5, NOW) == NOW - 5


class TestTimes:
    def test_two_fencings_of_one_failure_are_one(self) -> None:
        assert storm.noted((), NOW) == [NOW]
        known = (NOW,)
        assert storm.noted(known, NOW + 14) is known
        assert storm.noted(known, NOW + 100) == [NOW, NOW + 100]

    def test_old_ones_and_too_many_go(self) -> None:
        assert storm.noted((NOW - 31 * 86400,), NOW) == [NOW]
        many = [NOW + 100 * number for number in range(9)]
        assert storm.noted(many[:8], many[8]) == many[1:]

    def test_they_read_back_as_they_are_written(self) -> None:
        assert storm.format_times([NOW, NOW + 100.7]) == "1763695800 1763695900"
        assert storm.parse_times("1763695900 1763695800") == (NOW, NOW + 100)

    @pytest.mark.parametrize("text", ["", "yesterday", "-5", "1e9", "1,2", "9" * 13])
    def test_what_somebody_typed_is_no_failure(self, text: str) -> None:
        assert storm.parse_times(text) == ()


def test_what_pacemaker_remembers_counts_where_nobody_has_noted_it() -> None:
    fenced = {node(1): NOW + 0.5, node(2): NOW - 4000.0, node(3): NOW + 30.0}
    every = storm.with_fenced({node(3): (NOW,)}, fenced, since=NOW - 3600.0, now=NOW)
    assert every == {node(1): [NOW], node(3): (NOW,)}


def test_what_pacemaker_remembers_of_a_clock_that_was_ahead_is_what_is_kept() -> None:
    fenced = {node(1): NOW + 86400.0, node(2): NOW + 86400.0, node(3): NOW + 50.0}
    kept = {node(1): (NOW - 900,), node(3): (NOW - 900,)}
    every = storm.with_fenced(kept, fenced, since=NOW - 3600.0, now=NOW)
    assert every == {
        node(1): (NOW - 900,),
        node(2): [NOW + 86400],
        node(3): [NOW - 900, NOW + 50],
    }


def test_upstream_s_flags_name_no_node() -> None:
    assert storm.node_of(Flag(NovaHost("compute-1"), FlagState.NEEDED)) == "compute-1"


def test_the_limits_are_an_operator_s() -> None:
    assert storm.limits_of(Settings(storm_limit=7)) == storm.Limits(7, 3600.0, 0.25)


def test_the_reason_says_who_waits_and_how_to_release_them() -> None:
    reason = storm.held(flagged(*range(6)), one_every(0, 6), LIMITS)
    assert reason.startswith(
        "more than storm_limit=3 nodes have failed within 3600 s: evacuation "
    )
    assert "6 wait (compute-0, compute-1, compute-2, compute-3, compute-4, ...)" in reason
    assert reason.endswith("to release it run: vmha release")


def test_a_few_are_all_named() -> None:
    reason = storm.held(flagged(*range(6))[::-1], one_every(5000, 6), LIMITS, hosts=22)
    assert reason.startswith("more than storm_share=25% of 22 hosts are down: ")
    assert "(compute-0, compute-1);" in storm.held(flagged(1, 0), one_every(0, 4), LIMITS)


class TestAClockThatIsSet:
    AHEAD = storm.Setting(was=NOW, now=NOW + 4000)
    BACK = storm.Setting(was=NOW + 4000, now=NOW)

    def test_shows_what_it_showed_and_the_time_since(self) -> None:
        assert storm.Shown(NOW, 50.0).later(80.0) == NOW + 30

    def test_the_failures_of_the_last_window_are_kept_by_the_new_time_too(self) -> None:
        failures = {node(1): (NOW - 3700, NOW - 100), node(2): (NOW + 3990,)}
        assert storm.with_moved(failures, self.AHEAD, 3600.0) == {
            node(1): [NOW - 3700, NOW - 100, NOW + 3900],
            node(2): (NOW + 3990,),
        }

    def test_where_it_is_set_back_those_that_have_not_come_yet(self) -> None:
        failures = {node(1): (NOW - 10,), node(2): (NOW + 3900,), node(3): (NOW + 300,)}
        assert storm.with_moved(failures, self.BACK, 3600.0) == {
            node(1): (NOW - 10,),
            node(2): [NOW - 100],
            node(3): [NOW - 3700],
        }

    def test_what_has_failed_since_it_was_set_back_is_not_moved(self) -> None:
        failures = {node(1): (NOW + 600,), node(2): (NOW + 700,)}
        assert storm.with_moved(failures, self.BACK.later(NOW + 650), 3600.0) == {
            node(1): (NOW + 600,),
            node(2): [NOW - 3300],
        }
        assert self.AHEAD.later(NOW + 9000) == self.AHEAD

    def test_what_stands_for_others_is_all_that_is_beyond_them(self) -> None:
        known = {node(1): (NOW - 900, NOW + 3900), node(2): (NOW,), node(3): (NOW,)}
        every = {node(1): (NOW - 900, NOW - 100), node(2): (NOW,)}
        assert storm.beyond(every, known) == {node(1): [NOW - 100]}
        assert storm.beyond(known, every) == {node(1): [NOW + 3900], node(3): [NOW]}

    def test_a_flag_counts_by_the_time_that_stands_for_its_own(self) -> None:
        (flag,) = flagged(1)
        proved = Evidence("ctl1", Epoch(NOW + 3900.0), "off")
        told = [replace(flag, evidence=proved), *flagged(2)]
        assert storm.with_flagged({}, told, {NOW + 3900.0: NOW - 100}) == {node(1): [NOW - 100]}
        assert storm.with_flagged({}, told, {}) == {node(1): [NOW + 3900]}

    def test_what_has_not_come_has_failed_by_now(self) -> None:
        failures = {node(1): (NOW - 10, NOW + 3900)}
        assert storm.come(failures, NOW) == {node(1): [NOW - 10, NOW]}
