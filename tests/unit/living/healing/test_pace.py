from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.cloud.policy.values import Guests
from vmha_ocf.living.healing.pace import Pace
from vmha_ocf.model import Monotonic

RULES = Guests(burst=4, pace=2.0)


def at(seconds: float) -> Monotonic:
    return Monotonic(1000.0 + seconds)


def test_the_first_go_at_once_and_the_others_at_the_pace() -> None:
    pace = Pace()
    assert pace.room(RULES, at(0)) == 4
    pace = pace.sent(4, RULES, at(0))
    assert (pace.room(RULES, at(0)), pace.room(RULES, at(1.9)), pace.room(RULES, at(2))) == (
        0,
        0,
        1,
    )
    assert pace.until_next(RULES, at(0.5)) == 1.5
    pace = pace.sent(1, RULES, at(2))
    assert (pace.room(RULES, at(3.9)), pace.room(RULES, at(4))) == (0, 1)


def test_after_a_while_there_is_a_burst_again_and_no_more_than_that() -> None:
    pace = Pace().sent(4, RULES, at(0))
    assert pace.room(RULES, at(8)) == pace.room(RULES, at(9000)) == 4
    assert pace.until_next(RULES, at(9000)) == 0


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_a_pace_of_nothing_holds_nobody_back(seconds: float) -> None:
    rules = Guests(burst=2, pace=0.0)
    assert Pace().sent(2, rules, at(0)).room(rules, at(seconds)) == 2


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 6)), max_size=40))
def test_never_more_than_burst_and_what_the_time_gives(steps: list[tuple[float, int]]) -> None:
    pace, now, sent = Pace(), 0.0, 0
    for seconds, wanted in steps:
        now += seconds
        some = min(wanted, pace.room(RULES, at(now)))
        pace, sent = pace.sent(some, RULES, at(now)), sent + some
        assert sent <= RULES.burst + now / RULES.pace + 1e-3
