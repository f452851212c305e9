"""Questions that are asked before their answers are needed."""

from __future__ import annotations

from itertools import count

import pytest

from vmha_ocf.agent.ahead import Ahead, Question
from vmha_ocf.agent.parallel import one_by_one
from vmha_ocf.errors import ClusterUnavailable


def numbered() -> Question[int]:
    return Question(count().__next__)


def test_what_was_asked_ahead_is_answered_once() -> None:
    question = numbered()
    Ahead(one_by_one).ask([question])
    assert [question(), question()] == [0, 1]


def test_an_answer_that_nobody_wanted_is_never_given_later() -> None:
    question, ahead = numbered(), Ahead(one_by_one)
    ahead.ask([question])
    ahead.ask([])
    assert question() == 1


def test_a_failure_is_heard_by_whoever_needs_the_answer() -> None:
    def fail() -> int:
        raise ClusterUnavailable("no answer")

    question = Question(fail)
    Ahead(one_by_one).ask([question])
    with pytest.raises(ClusterUnavailable):
        question()
