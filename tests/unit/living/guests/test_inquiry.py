"""A controller asks who watches the guests of a host, on the simulated cluster's attributes."""

from __future__ import annotations

import pytest

from vmha_ocf.living.guests.inquiry import FIRST, GOOD, Inquiry
from vmha_ocf.living.guests.question import (
    ANSWER,
    ASKED,
    MOST,
    Answer,
    Here,
    Question,
    format_answer,
    parse_question,
)
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.model import Epoch, InstanceId, NodeName
from vmha_ocf.sim import World

BOOT = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf"
NODE = NodeName("compute-2")
ONE, TWO = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}") for n in (1, 2))


class Site:
    def __init__(self) -> None:
        self.world = World.with_hosts("compute-1", "compute-2")
        self.world.attrd.put(ATTRIBUTE, NODE, "somebody watches")
        self.ports = self.world.worker_ports()
        self.inquiry = Inquiry(self.ports.notes, self.ports.clock)

    @property
    def asked(self) -> Question | None:
        text = self.world.cib.truth(ASKED).get(NODE)
        return parse_question(text) if text else None

    def answer(self, here: Here, question: Question | None = None) -> None:
        question = question or self.asked
        assert question is not None
        given = Answer(question.nonce, BOOT, Epoch(5.0), dict.fromkeys(question.instances, here))
        self.world.attrd.put(ANSWER, NODE, format_answer(given))

    def said(self) -> bool | None:
        """Whether the first one runs there."""
        return self.inquiry.heard().get(NODE, {}).get(ONE)

    def want(self, *instances: InstanceId) -> None:
        self.inquiry.ask({NODE: instances} if instances else {})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize(
    ("here", "runs"), [(Here.RUNS, True), (Here.OFF, False), (Here.ABSENT, False)]
)
def test_it_is_asked_and_heard(site: Site, here: Here, runs: bool) -> None:
    assert site.said() is None
    site.want(ONE)
    assert site.said() is None
    site.answer(here)
    assert site.said() is runs


def test_nobody_is_asked_where_nobody_watches(site: Site) -> None:
    site.world.attrd.put(ATTRIBUTE, NODE, "")
    site.want(ONE)
    assert site.asked is None
    site.world.attrd.put(ATTRIBUTE, NODE, "now somebody does")
    site.world.run(11)
    site.want(ONE)
    assert site.asked is not None


def test_the_question_goes_when_nobody_wants_to_know(site: Site) -> None:
    site.want(ONE)
    site.want()
    assert site.asked is None
    assert site.said() is None


def test_the_answer_to_another_workers_question_is_none(site: Site) -> None:
    site.want(ONE)
    site.answer(Here.ABSENT, Question("ab" * 8, [ONE]))
    assert site.said() is None


def test_what_nobody_of_ours_answers_is_told(site: Site) -> None:
    site.want(ONE)
    site.world.attrd.put(ANSWER, NODE, "it is off, believe me")
    assert site.said() is None
    assert "compute-2: what it answers" in site.inquiry.problems[NODE]
    site.answer(Here.ABSENT)
    assert site.said() is False
    assert site.inquiry.problems == {}


def test_an_answer_that_went_with_the_connection_counts_no_more(site: Site) -> None:
    site.want(ONE)
    site.answer(Here.ABSENT)
    assert site.said() is False
    site.world.attrd.put(ANSWER, NODE, "")
    assert site.said() is None
    site.answer(Here.RUNS)
    assert site.said() is True


def test_a_question_stands_until_it_is_answered(site: Site) -> None:
    site.want(ONE)
    first = site.asked
    site.world.run(1000)
    site.want(ONE)
    assert site.asked == first


def test_an_old_answer_counts_no_more_and_is_asked_for_anew(site: Site) -> None:
    site.want(ONE)
    first = site.asked
    site.answer(Here.ABSENT)
    assert site.said() is False
    site.world.run(GOOD)
    site.want(ONE)
    assert site.asked != first
    assert site.said() is None
    site.answer(Here.ABSENT)
    assert site.said() is False


def test_what_runs_is_asked_again_ever_less_often(site: Site) -> None:
    """And the answer before counts until there is another one."""
    site.want(ONE)
    waited = []
    for _ in range(6):
        before, at = site.asked, site.world.now
        site.answer(Here.RUNS)
        while site.asked == before:
            assert site.said() is True
            site.world.run(5)
            site.want(ONE)
        waited.append(site.world.now - at)
    assert FIRST <= waited[0] < 2 * FIRST < waited[2] < waited[3]
    assert waited[5] < 320


def test_another_instance_is_asked_for_at_once(site: Site) -> None:
    site.want(ONE)
    site.answer(Here.RUNS)
    assert site.said() is True
    site.world.run(10)
    site.want(ONE, TWO)
    assert site.asked is not None
    assert site.asked.instances == (ONE, TWO)
    site.world.run(10)
    site.want(TWO)
    assert site.asked.instances == (ONE, TWO), "one that is not wanted any more changes nothing"


def test_no_more_are_asked_for_than_can_be_answered(site: Site) -> None:
    site.want(*(InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-{n:012x}") for n in range(MOST + 3)))
    assert site.asked is not None
    assert len(site.asked.instances) == MOST


def test_a_question_that_is_wiped_is_asked_again(site: Site) -> None:
    """Somebody restores a configuration."""
    site.want(ONE)
    first = site.asked
    site.ports.notes.remove(NODE, ASKED, site.world.cib.truth(ASKED)[NODE])
    site.world.run(31)
    site.want(ONE)
    assert site.asked == first
