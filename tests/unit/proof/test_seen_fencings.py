from __future__ import annotations

from dataclasses import replace

from vmha_ocf.model import Epoch, Monotonic, NodeName, NodeState
from vmha_ocf.proof.seen_fencings import TOGETHER, SeenFencings

NODE = NodeName("compute-1")
UP = NodeState(NODE, online=True, fenced=False, connected_at=Epoch(1000.0))
LOST = NodeState(NODE, online=False, fenced=False)
AWAY = NodeState(NODE, online=False, fenced=True, fenced_at=Epoch(5000.0))


class Looking:
    """One look a second, or when it is said."""

    def __init__(self) -> None:
        self.seen = SeenFencings()
        self.now = 0.0

    def at(self, *states: NodeState, every: float = 1.0) -> float | None:
        for state in states:
            self.now += every
            self.seen.look({NODE: state}, Monotonic(self.now))
        return self.seen.at(NODE)


def test_it_was_not_yet_when_we_looked_last() -> None:
    looking = Looking()
    assert looking.at(UP, LOST) is None
    assert looking.at(AWAY) == 2.0
    assert looking.at(AWAY, UP, UP) == 2.0, "and stays, whatever comes"


def test_after_a_long_time_without_a_look_it_may_be_as_old() -> None:
    looking = Looking()
    looking.at(LOST)
    assert looking.at(AWAY, every=3600.0) == 1.0


def test_the_same_answer_once_more_is_no_look() -> None:
    looking = Looking()
    looking.at(LOST)
    same = {NODE: LOST}
    looking.seen.look(same, Monotonic(10.0))
    looking.seen.look(same, Monotonic(900.0))
    looking.now = 900.0
    assert looking.at(AWAY) == 10.0


def test_the_history_may_tell_before_the_node_is_away() -> None:
    """Of a remote that is fenced while it is connected."""
    looking = Looking()
    known = replace(UP, fenced_at=AWAY.fenced_at)
    assert looking.at(UP, known, known) is None
    assert looking.at(AWAY) == 1.0


class TestIsNotSeen:
    def test_what_was_there_at_the_first_look(self) -> None:
        assert Looking().at(AWAY, AWAY) is None

    def test_nor_a_node_that_nobody_has(self) -> None:
        assert SeenFencings().at(NODE) is None

    def test_a_reconnection_of_what_was_fenced_long_ago(self) -> None:
        """It looks online for a moment, and fenced and away after it."""
        known = replace(UP, fenced_at=AWAY.fenced_at)
        assert Looking().at(AWAY, known, AWAY) is None

    def test_a_history_that_is_learnt_late(self) -> None:
        assert Looking().at(UP, replace(UP, fenced_at=Epoch(5000.0))) is None

    def test_a_history_that_was_cleared_and_comes_back(self) -> None:
        known = replace(UP, fenced_at=Epoch(5000.0))
        assert Looking().at(known, UP, AWAY) is None

    def test_what_does_not_belong_together(self) -> None:
        looking = Looking()
        known = replace(UP, fenced_at=Epoch(5000.0))
        assert looking.at(UP, known) is None
        looking.now += TOGETHER + 10
        assert looking.at(known, AWAY) is None
