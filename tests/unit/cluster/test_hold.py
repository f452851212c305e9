from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.cluster.hold import ATTRIBUTE, Hold, first, format_hold, parse_hold
from vmha_ocf.errors import FlagNotWritten, FlagsUnavailable
from vmha_ocf.model import NodeName
from vmha_ocf.sim import World

CTL1, CTL2 = NodeName("ctl1"), NodeName("ctl2")
HOLD = Hold(CTL1, "alice@ctl1", 1763695800.0, "rack 7 moves")
NAMES = st.text(string.ascii_letters + string.digits + "-_@.", min_size=1, max_size=100)
WORDS = st.lists(st.text(string.ascii_letters + "=,;:'", min_size=1, max_size=9), max_size=9)


@given(NAMES, st.integers(0, 10**11), WORDS)
def test_what_was_written_is_read_again(by: str, at: int, why: list[str]) -> None:
    hold = Hold(CTL1, by, float(at), " ".join(why))
    assert parse_hold(CTL1, format_hold(hold)) == hold


@given(st.text(), st.text())
def test_whatever_is_said_is_one_plain_line_that_can_be_read_again(by: str, why: str) -> None:
    text = format_hold(Hold(CTL1, by, 5.0, why))
    assert text.isascii()
    assert text.isprintable()
    read = parse_hold(CTL1, text)
    assert read.at == 5.0
    assert format_hold(read) == text


@pytest.mark.parametrize(
    ("by", "why", "text"),
    [
        ("jörg h@ctl1", " rack\t7\nfür  alle ", "by=j?rg?h@ctl1 at=5 why=rack 7 f?r alle"),
        ("", "", "by=somebody at=5 why="),
        ("a" * 101, "b" * 201, f"by={'a' * 100} at=5 why={'b' * 200}"),
    ],
)
def test_what_the_cib_keeps(by: str, why: str, text: str) -> None:
    assert format_hold(Hold(CTL1, by, 5.9, why)) == text


@pytest.mark.parametrize("text", ["yes", "by=x", "until=monday", "é\nb"])
def test_what_somebody_typed_holds_too(text: str) -> None:
    hold = parse_hold(CTL1, text)
    assert (hold.node, hold.by, hold.at) == (CTL1, "somebody", 0.0)
    assert hold.why.isascii()


def test_what_somebody_typed_is_the_reason() -> None:
    assert parse_hold(CTL1, "für\n alle").why == "f?r alle"
    assert parse_hold(CTL1, "x" * 201).why == "x" * 200


def test_the_reason_says_who_why_and_how_it_ends() -> None:
    assert HOLD.reason == (
        "evacuation is held by alice@ctl1 (rack 7 moves); to release it run: vmha release"
    )
    assert "alice@ctl1;" in Hold(CTL1, "alice@ctl1").reason


def test_the_oldest_of_several_is_told_and_an_empty_value_is_none() -> None:
    later = Hold(CTL2, "bob@ctl2", HOLD.at + 1)
    found = {CTL2: format_hold(later), CTL1: format_hold(HOLD)}
    assert first(found) == HOLD
    assert first({CTL1: " "}) is None
    assert first({}) is None


class TestStore:
    @pytest.fixture
    def world(self) -> World:
        return World.with_hosts("compute-1")

    def test_without_quorum_nothing_is_changed(self, world: World) -> None:
        world.fault("cib.quorum", "no-quorum", times=99)
        with pytest.raises(FlagNotWritten, match="no quorum") as caught:
            world.holds().write(HOLD)
        assert caught.value.hint == "the controllers that have quorum can do it"
        assert world.cib.truth(ATTRIBUTE) == {}

    def test_a_hold_is_not_ended_without_quorum(self, world: World) -> None:
        world.holds().write(HOLD)
        world.fault("cib.quorum", "no-quorum")
        with pytest.raises(FlagNotWritten, match="no quorum"):
            world.holds().end()
        assert world.holds().read() == HOLD

    def test_no_answer_is_not_no_hold(self, world: World) -> None:
        world.fault("cib", "down")
        for question in (world.holds().read, world.holds().end):
            with pytest.raises(FlagsUnavailable):
                question()

    def test_a_release_that_attrd_loses_is_written_again(self, world: World) -> None:
        world.fault("attrd.update", "lost", times=1)
        world.holds().release_storm()
        assert world.flags().storm_release() is not None

    def test_an_answer_that_got_lost_is_asked_for_again(self, world: World) -> None:
        world.fault("cib.update", "lost-answer", times=1)
        world.holds().write(HOLD)
        assert world.holds().read() == HOLD
        world.fault("cib.update", "lost-answer", times=1)
        world.holds().end()
        assert world.holds().read() is None

    def test_one_write_takes_ten_seconds_at_most(self, world: World) -> None:
        world.fault("attrd.update", "lost")
        began = world.now
        with pytest.raises(FlagNotWritten, match="the storm was not released"):
            world.holds().release_storm()
        assert 10 <= world.now - began < 11
