"""The soak's judgement: what grows is seen, what only wavers is not."""

from __future__ import annotations

import pytest

from tests.lab.growth import LEAST, MEASURES, trends

_STEADY = (50.0, 4.0, 20.0, 0.0)


def test_what_stays_level_does_not_grow() -> None:
    assert not any(one.grows for one in trends([_STEADY] * 60))


@pytest.mark.parametrize("index", range(len(MEASURES)))
def test_a_leak_is_seen_and_named(index: int) -> None:
    leaking = [
        tuple(value + number * 0.5 * (place == index) for place, value in enumerate(_STEADY))
        for number in range(60)
    ]
    assert [one.measure for one in trends(leaking) if one.grows] == [MEASURES[index]]


def test_a_peak_in_the_middle_is_no_growth() -> None:
    peak = tuple(10 * value for value in _STEADY)
    found = trends([*[_STEADY] * 30, *[peak] * 5, *[_STEADY] * 30])
    assert not any(one.grows for one in found)
    assert found[0].most == 500.0


def test_the_start_is_left_out() -> None:
    start = [(float(size), 1.0, 5.0, 0.0) for size in range(20, 50, 10)]
    assert not any(one.grows for one in trends([*start, *[_STEADY] * 60]))


def test_too_few_samples_are_no_verdict() -> None:
    with pytest.raises(ValueError, match="too few"):
        trends([_STEADY] * (LEAST - 1))
