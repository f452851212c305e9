"""attrd's answers, as recorded and as they must never be taken."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.replay import Replay, recorded
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.process.command import Result
from vmha_ocf.errors import CommandUnavailable


def values(answer: Result) -> dict[str, str]:
    return dict(Attrd(Replay(answer)).values("evacuate"))


def told(
    attributes: str, end: str = '<status code="0" message="OK"/></pacemaker-result>'
) -> Result:
    return Result(0, f'<pacemaker-result api-version="2.25">{attributes}{end}', "")


def test_values_by_key_without_the_empty_ones() -> None:
    assert values(recorded("attrd-values")) == {
        "bell\\007": "line\\nbreak \"&<>'",
        "compute-2": "ctl1@1763695803",
        "nova:compute-1.example.com": "yes",
        "nova:compute-3": "no",
    }


def test_an_attribute_that_attrd_never_heard_of_has_no_values() -> None:
    assert values(recorded("attrd-never-heard-of-it")) == {}


def test_the_older_form_of_that_answer() -> None:
    """Up to Pacemaker 2.1.4, from its source."""
    text = "Could not query value of evacuate: attribute does not exist"
    assert values(Result(105, "", text)) == {}


@pytest.mark.parametrize(
    "answer",
    [
        recorded("attrd-no-cluster"),
        Result(0, "", ""),
        Result(1, "", ""),
        Result(78, "", "Invalid configuration"),
        Result(105, "", ""),
        Result(-9, "", ""),
        Result(0, "\n", ""),
        told('<attribute name="evacuate" host="a" value="yes"/>', end=""),
        told('<attribute name="evacuate" host="a"/>'),
        told('<attribute name="other" host="a" value="yes"/>'),
        Result(0, '<!DOCTYPE x [<!ENTITY e "no">]><pacemaker-result>&e;</pacemaker-result>', ""),
    ],
    ids=lambda result: f"{result.rc}-{result.stdout[:20]}",
)
def test_no_clear_answer_is_never_no_flags(answer: Result) -> None:
    with pytest.raises(CommandUnavailable) as raised:
        values(answer)
    assert raised.value.hint


def test_a_tool_that_does_not_know_our_options_is_too_old() -> None:
    """Pacemaker before 2.1.3 has no attrd_updater --output-as."""
    with pytest.raises(CommandUnavailable, match="2.1.3 or later"):
        values(Result(64, "", "attrd_updater: unrecognized option '--output-as=xml'"))


def test_half_an_answer_is_none() -> None:
    whole = recorded("attrd-values").stdout
    for end in range(len(whole) - 1):
        with pytest.raises(CommandUnavailable):
            values(Result(0, whole[:end], ""))


@pytest.mark.parametrize("bad", ["\x01", "&#1;", "&#x1F;", "\ufffe", "&#xD800;", "&#99999999;"])
def test_characters_that_xml_cannot_carry_hide_no_other_value(bad: str) -> None:
    """Older and newer tools than the recorded ones do not escape in the same way."""
    answer = told(
        f'<attribute name="evacuate" host="x" value="a{bad}"/>'
        '<attribute name="evacuate" host="nova:compute-1" value="yes"/>'
    )
    assert values(answer) == {"x": "a\ufffd", "nova:compute-1": "yes"}


@given(st.text(), st.integers(0, 255))
def test_garbage_raises_nothing_else(text: str, code: int) -> None:
    with suppress(CommandUnavailable):
        values(Result(code, text, text))


def test_a_key_cannot_become_an_option() -> None:
    run = Replay(recorded("attrd-update"))
    Attrd(run, timeout=2.5).update("evacuate", "--all", "-D")
    (argv,) = run.asked
    assert argv == [
        "attrd_updater",
        "--private",
        "--name=evacuate",
        "--node=--all",
        "--update=-D",
    ]
    assert run.timeouts == [2.5]


@pytest.mark.parametrize("answer", [recorded("attrd-update-no-cluster"), Result(1, "", "")])
def test_an_update_that_was_not_accepted(answer: Result) -> None:
    with pytest.raises(CommandUnavailable):
        Attrd(Replay(answer)).update("evacuate", "x", "yes")
