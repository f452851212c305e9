"""docs/policy.rst says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.cloud.policy.texts import whole
from vmha_ocf.cloud.policy.obeyed import NOT_YET
from vmha_ocf.cloud.policy.read import understand
from vmha_ocf.cloud.policy.values import Marks

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "policy.rst").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """Of the first table below it."""
    table = PAGE[PAGE.index(heading) :].split("\n=====")[2]
    return re.findall(r"^``([^`]+)``", table, re.MULTILINE)


def test_the_marks_are_those_that_are_read() -> None:
    assert first_cells("The marks of exclusions") == list(Marks.__slots__)


def test_what_is_not_obeyed_is_what_is_refused() -> None:
    assert first_cells("What is understood, and not obeyed") == list(NOT_YET)


def test_shown_parts_are_understood() -> None:
    shown = re.findall(r"::\n\n((?:    .*\n|\n)+)", PAGE)
    texts = [re.sub("^    ", "", one, flags=re.MULTILINE) for one in shown]
    policies = [one for one in texts if one.lstrip().startswith(("[", "default"))]
    assert len(policies) == 8
    for text in policies:
        assert understand(text).faults == ()
        assert whole(text).policy.digest
