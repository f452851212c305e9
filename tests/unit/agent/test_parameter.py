"""A parameter's row of the table: what it shows of itself, and what values it takes."""

from __future__ import annotations

import pytest

from vmha_ocf.agent.parameter import (
    Parameter,
    boolean,
    choice,
    ignored,
    integer,
    is_integer,
    string,
)


def shown(parameter: Parameter) -> dict[str, object]:
    """What metadata is made of, and what is not as it is by default."""
    hidden = ("name", "accepts")
    return {name: value for name, value in vars(parameter).items() if value and name not in hidden}


def sentence(parameter: Parameter, value: str) -> str:
    return str(parameter.problem(value) or "")


def test_a_text_takes_anything_and_its_summary_is_a_sentence() -> None:
    plain = string("region_name", "Nova's region")
    assert shown(plain) == {
        "summary": "Nova's region",
        "text": "Nova's region.",
        "content": "string",
    }
    assert plain.name == "region_name"
    assert Parameter("region_name", "Nova's region").text == "Nova's region."
    assert sentence(plain, "") == sentence(plain, "anything at all") == ""


def test_every_column_of_the_table_is_kept() -> None:
    given = {
        "allowed": "one word",
        "example": "RegionOne",
        "default": "RegionTwo",
        "required": True,
        "unique": True,
        "secret": True,
    }
    described = string("region_name", "Nova's region", "Of several.", **given)
    assert shown(described) == given | {
        "summary": "Nova's region",
        "text": "Of several.",
        "content": "string",
    }


def test_what_is_missing_or_wrong_is_said_with_an_example() -> None:
    word = string(
        "domain",
        "Domain",
        required=True,
        accepts=str.isalpha,
        allowed="letters",
        example="abc",
    )
    assert sentence(word, "") == (
        "parameter domain is missing, it must be letters (for example domain=abc)"
    )
    assert sentence(word, "12") == (
        "parameter domain: '12' is wrong, it must be letters (for example domain=abc)"
    )
    assert sentence(string("domain", "Domain", required=True), "") == "parameter domain is missing"


def test_a_secret_is_not_repeated() -> None:
    secret = string("password", "Password", secret=True, accepts=str.islower, allowed="lower case")
    assert sentence(secret, "SECRET") == (
        "parameter password: its value is wrong, it must be lower case"
    )


@pytest.mark.parametrize(
    ("value", "taken"),
    [("1", True), ("60", True), ("0", False), ("61", False), ("-5", False), ("1.5", False)],
)
def test_a_number_is_within_its_bounds(value: str, taken: bool) -> None:
    delay = integer("delay", "Delay", least=1, most=60, unit="seconds", default="5")
    assert (delay.problem(value) is None) is taken
    assert shown(delay) == {
        "summary": "Delay",
        "text": "Delay.",
        "content": "integer",
        "allowed": "a whole number of seconds from 1 to 60",
        "default": "5",
    }


def test_a_number_may_have_no_unit_and_a_text() -> None:
    limit = integer("limit", "Limit", "How many.", least=0, most=9)
    assert (limit.name, limit.allowed, limit.text) == (
        "limit",
        "a whole number from 0 to 9",
        "How many.",
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", True),
        ("-17", True),
        ("9" * 18, True),
        ("-" + "9" * 18, True),
        ("9" * 19, False),
        ("", False),
        ("-", False),
        ("--1", False),
        ("+1", False),
        ("1_000", False),
        (" 1", False),
        ("٣", False),
        ("²", False),
    ],
)
def test_a_whole_number_is_plain_digits(text: str, number: bool) -> None:
    assert is_integer(text) is number


@pytest.mark.parametrize(("value", "taken"), [("Yes", True), ("0", True), ("maybe", False)])
def test_yes_or_no(value: str, taken: bool) -> None:
    insecure = boolean("insecure", "Trust anybody", default="false")
    assert (insecure.problem(value) is None) is taken
    assert shown(insecure) == {
        "summary": "Trust anybody",
        "text": "Trust anybody.",
        "content": "boolean",
        "allowed": "yes or no (also true or false, on or off, 1 or 0)",
        "example": "true",
        "default": "false",
    }


def test_yes_or_no_may_have_a_text_and_another_example() -> None:
    insecure = boolean("insecure", "Trust anybody", "Do not.", example="no")
    assert (insecure.name, insecure.text, insecure.example) == ("insecure", "Do not.", "no")


@pytest.mark.parametrize(("value", "taken"), [("auto", True), ("none", True), ("Auto", False)])
def test_one_of_a_few_words(value: str, taken: bool) -> None:
    untagged = choice("untagged", "The rest", words=("auto", "all", "none"))
    assert (untagged.problem(value) is None) is taken
    assert shown(untagged) == {
        "summary": "The rest",
        "text": "The rest.",
        "content": "string",
        "allowed": "one of auto, all, none",
        "example": "auto",
    }


def test_one_of_a_few_words_may_have_a_text_and_another_example() -> None:
    untagged = choice("untagged", "The rest", "Without a mark.", words=("a", "b"), example="b")
    assert (untagged.name, untagged.text, untagged.example) == ("untagged", "Without a mark.", "b")


def test_what_older_agents_knew_is_accepted_whatever_it_says() -> None:
    old = ignored("tenant_name", "nobody asks")
    assert sentence(old, "") == sentence(old, "\n") == ""
    assert shown(old) == {
        "summary": "Ignored",
        "text": "Accepted so that existing configurations keep working, and ignored: nobody asks.",
        "content": "string",
        "ignored": True,
    }
    assert (old.name, ignored("insecure", "as above", content="boolean").content) == (
        "tenant_name",
        "boolean",
    )
