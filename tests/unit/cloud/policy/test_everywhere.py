from __future__ import annotations

from tests.unit.cloud.policy.texts import whole
from vmha_ocf.cloud.policy.everywhere import FAULTY, differs, word_of
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.model import NodeName

ONE, TWO, THREE = (NodeName(f"ctl{number}") for number in (1, 2, 3))
ALL = {ONE, TWO, THREE}


def test_what_a_controller_says_is_its_digest() -> None:
    text = "[[exclude]]\nwhy = 'x'\nnames = 'a'\n"
    assert word_of(whole(text)) == whole(text).policy.digest
    assert word_of(whole("x = ")) == FAULTY
    assert word_of(Understood()) == ""


def test_nothing_is_told_while_all_have_the_same() -> None:
    assert differs(ONE, "a", {TWO: "a", THREE: "a"}, ALL) == ""
    assert differs(ONE, "a", {}, {ONE}) == ""


def test_a_controller_that_is_away_or_gone_does_not_count() -> None:
    assert differs(ONE, "a", {TWO: "b", THREE: "a"}, {ONE, THREE}) == ""


def test_who_has_another_one_and_who_has_not_said_are_named() -> None:
    assert differs(ONE, "a", {ONE: "x", TWO: "b"}, ALL) == (
        "the policy of ctl1 is a, but that of ctl2 is b; nobody has said what that of ctl3 "
        "is (type there: vmha policy): nothing new is begun by it"
    )
    told = differs(ONE, "a", {TWO: "b", THREE: FAULTY}, ALL)
    assert "that of ctl2 is b, that of ctl3 is not-understood: nothing" in told
    assert "what that of ctl2, ctl3 is" in differs(ONE, "a", {}, ALL)
