"""How long many hosts take, in virtual time: what ``make bench`` prints, held to its goals."""

from __future__ import annotations

from tests.bench import simulated


def test_each_simulated_figure_reaches_its_goal() -> None:
    missed = [figure.line() for figure in simulated.measure() if not figure.reached]
    assert not missed
