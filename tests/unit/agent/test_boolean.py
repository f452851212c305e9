from __future__ import annotations

import pytest

from vmha_ocf.agent.boolean import is_true, parse_boolean
from vmha_ocf.errors import ParameterError


@pytest.mark.parametrize("text", ["1", "true", "True", "TRUE", "yes", "on", " y ", "t\n"])
def test_yes_in_every_spelling(text: str) -> None:
    assert parse_boolean(text) is True


@pytest.mark.parametrize("text", ["0", "false", "False", "FALSE", "no", "off", " n ", "f\n"])
def test_no_in_every_spelling(text: str) -> None:
    assert parse_boolean(text) is False


@pytest.mark.parametrize("text", ["", " ", "maybe", "2", "none", "disabled", "01"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ParameterError, match="true, yes, on"):
        parse_boolean(text)


@pytest.mark.parametrize(
    ("text", "true"), [("yes", True), ("off", False), ("", False), ("maybe", False)]
)
def test_what_is_not_said_is_not_true(text: str, true: bool) -> None:
    assert is_true(text) is true
