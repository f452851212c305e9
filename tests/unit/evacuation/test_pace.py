from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.evacuation.pace import LONGEST_REST, SLOW, Load, Pace


def test_a_slow_nova_gets_half() -> None:
    assert Pace(100).after(Load(SLOW + 1), most=100, now=0.0).limit == 50


def test_a_limit_is_whole() -> None:
    assert repr(Pace(5).after(Load(SLOW + 1), most=100, now=0.0).limit) == "2"
    assert repr(Pace(5).after(Load(0.1, busy=True), most=100, now=0.0).limit) == "2"
    assert repr(Pace(5).after(Load(1.0), most=95, now=0.0).limit) == "14"


def test_what_is_just_not_slow_keeps_up() -> None:
    assert Pace(50).after(Load(SLOW), most=100, now=0.0).limit == 60


def test_the_last_one_is_not_halved_away() -> None:
    assert Pace(1).after(Load(SLOW + 1), most=100, now=0.0).limit == 1
    assert Pace(1).after(Load(0.1, busy=True), most=100, now=0.0).limit == 1


def test_one_that_keeps_up_gets_a_tenth_more() -> None:
    assert Pace(50).after(Load(1.0), most=100, now=0.0).limit == 60
    assert Pace(95).after(Load(1.0), most=100, now=0.0).limit == 100
    assert Pace(1).after(Load(1.0), most=3, now=0.0).limit == 2


def test_a_busy_one_gets_half_and_a_rest() -> None:
    pace = Pace(100).after(Load(0.1, busy=True, retry_after=7.0), most=100, now=50.0)
    assert (pace.limit, pace.room(56.0), pace.room(57.0)) == (50, 0, 50)


def test_a_rest_has_bounds() -> None:
    short = Pace(100).after(Load(0.1, busy=True), most=100, now=0.0)
    long = Pace(100).after(Load(0.1, busy=True, retry_after=86400), most=100, now=0.0)
    assert (short.rest_until, long.rest_until) == (1.0, LONGEST_REST)


def test_a_rest_outlasts_answers_that_are_quick_again() -> None:
    pace = Pace(100).after(Load(0.1, busy=True, retry_after=30.0), most=100, now=0.0)
    assert pace.after(Load(0.1), most=100, now=1.0).room(29.0) == 0
    assert pace.after(Load(SLOW + 1), most=100, now=1.0).room(29.0) == 0


def test_a_short_rest_does_not_end_a_longer_one() -> None:
    """Requests to stop an instance again are made during a rest too."""
    pace = Pace(100).after(Load(0.1, busy=True, retry_after=60.0), most=100, now=0.0)
    assert pace.after(Load(0.1, busy=True), most=100, now=5.0).room(50.0) == 0


@given(
    st.integers(1, 10000),
    st.lists(st.builds(Load, st.floats(0, 100), st.booleans(), st.floats(0, 1000))),
)
def test_there_is_always_a_limit_from_one_to_the_most(most: int, loads: list[Load]) -> None:
    pace = Pace(most)
    for load in loads:
        pace = pace.after(load, most=most, now=0.0)
        assert 1 <= pace.limit <= most
