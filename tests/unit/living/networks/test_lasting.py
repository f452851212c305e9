"""Since when a network is down, or unknown."""

from __future__ import annotations

from collections.abc import Iterable

from vmha_ocf.living.networks.lasting import Lasting, after
from vmha_ocf.living.networks.reading import Reading, State
from vmha_ocf.model import Monotonic, NodeName

NODE = NodeName("compute-1")
PLACE = (NODE, "tenant")
HELD = 60.0
WORDS = {"u": State.UP, "d": State.DOWN, "?": State.UNKNOWN}


def looks(words: Iterable[str], every: float = 10.0, start: float = 100.0) -> Lasting:
    """One look after the other: u is up, d is down, ? is unknown."""
    found = Lasting()
    for number, word in enumerate(words):
        reading = {PLACE: Reading(WORDS[word], word)}
        found = after(found, reading, Monotonic(start + number * every), HELD)
    return found


def is_held(words: Iterable[str], every: float = 10.0) -> bool:
    return "tenant" in looks(words, every).down_for(HELD)


def test_it_is_held_once_it_has_lasted() -> None:
    assert not is_held("u" + "d" * 6)
    assert is_held("u" + "d" * 7)
    assert looks("ud").down_for(0.0) == {"tenant": [NODE]}


def test_one_look_at_which_it_is_up_ends_it() -> None:
    assert not is_held("d" * 7 + "u" + "d" * 6)


def test_a_moment_without_a_word_begins_it_anew_before_it_is_held() -> None:
    assert not is_held("ddddd?ddddd")


def test_once_held_it_goes_on_over_a_moment() -> None:
    held = "d" * 7
    assert is_held(held + "?")
    assert is_held(held + "?????")
    assert is_held(held + "??d")
    assert looks(held + "?").down[PLACE].why == "d"
    assert not is_held(held + "???????")


def test_a_moment_does_not_count_twice() -> None:
    assert not is_held("d" * 7 + "??????" + "?d")


def test_what_nobody_looked_at_for_long_begins_anew() -> None:
    assert not is_held("d" * 7, every=31.0)
    assert is_held("d" * 7, every=30.0)


def test_unknown_has_its_time_of_its_own() -> None:
    found = looks("u???????")
    assert found.unknown_for(60.0) == {"tenant": [NODE]}
    assert found.unknown_for(60.1) == {}
    assert found.down_for(0.0) == {}


def test_who_is_not_looked_at_any_more_is_forgotten() -> None:
    found = after(looks("d" * 7), {}, Monotonic(170.0), HELD)
    assert (found.down, found.unknown) == ({}, {})


def test_up_is_known_since() -> None:
    assert looks("du" + "u" * 6).up_for(HELD) == {"tenant": [NODE]}
    assert looks("du" + "u" * 5).up_for(HELD) == {}
    assert looks("uuu?uuu").up_for(30.0) == {}


def test_when_it_was_down_on_too_many_is_kept() -> None:
    both = {
        (NodeName(node), "tenant"): Reading(State.DOWN, "d") for node in ("compute-1", "compute-2")
    }
    one = {PLACE: Reading(State.DOWN, "d")}
    found = after(Lasting(), both, Monotonic(100.0), HELD, 2)
    assert found.wide == {}
    found = after(found, both, Monotonic(110.0), HELD, 1)
    assert found.wide_within(HELD) == ["tenant"]
    found = after(found, one, Monotonic(120.0), HELD, 1)
    assert found.wide == {"tenant": 110.0}
    assert found.wide_within(HELD) == ["tenant"]
    assert found.wide_within(10.0) == []
