"""What is told of a case that has failed."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.lab.errors import LabError
from tests.lab.outcome import told
from tests.lab.recovery import Broken


def cannot_be_put_back() -> None:
    raise LabError("no answer within 60 s: pcs", "look at pcs status")


def finds_broken_promises() -> None:
    with ExitStack() as afterwards:
        afterwards.callback(cannot_be_put_back)
        raise Broken(["P2 web-1 ran twice", "P6 web-2 was skipped"])


def says_it_in_better_words() -> None:
    try:
        raise LabError("the connection was refused")
    except LabError:
        raise LabError("Nova does not answer") from None


def test_what_cannot_be_put_back_does_not_hide_what_was_broken() -> None:
    with pytest.raises(LabError) as caught:
        finds_broken_promises()
    assert told(caught.value) == [
        "P2 web-1 ran twice",
        "P6 web-2 was skipped",
        "no answer within 60 s: pcs\n  look at pcs status",
    ]


def test_what_an_error_stands_for_is_not_told_twice() -> None:
    with pytest.raises(LabError) as caught:
        says_it_in_better_words()
    assert told(caught.value) == ["Nova does not answer"]
