"""A controller asks those who watch guests whether instances run there, and hears them.

The question is a permanent attribute of the host's node, so that it outlives a move of the node's
connection, and is asked only where somebody watches: nobody else would answer. It stands until there is an
answer; an old answer counts no more, and the question is asked anew, ever less often where the answer is
that it runs. A worker that takes over asks by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vmha_ocf.agent.due import Due
from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.question import (
    ANSWER,
    ASKED,
    MOST,
    Answer,
    Here,
    Question,
    format_question,
    parse_answer,
)
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.model import InstanceId, Monotonic, NodeName
from vmha_ocf.ports import Clock, Notes

GOOD = 300.0
"""Seconds for which an answer counts from when it was heard."""
FIRST = 15.0
"""Seconds after which is asked again where an instance runs: its QEMU may be one that waits in vain for the
rest of its memory, and ends soon. Then twice as many, ..."""
LONGEST = 300.0
"""... up to so many."""


_LOOK_EVERY = 10.0
"""Seconds between two looks whether anybody watches there by now, ..."""
_STANDS = 30.0
"""... and whether a question that nobody has answered is there still: configurations are restored."""


@dataclass(frozen=True, slots=True)
class _Heard:
    answer: Answer
    at: Monotonic


@dataclass(slots=True)
class _Asked:
    question: Question
    again: float
    """After how many seconds, where an instance runs."""
    heard: _Heard | None = None
    """The last answer, if to the question before."""

    @property
    def is_open(self) -> bool:
        return self.heard is None or self.heard.answer.nonce != self.question.nonce


class Inquiry:
    def __init__(self, notes: Notes, clock: Clock) -> None:
        self.problems: dict[NodeName, str] = {}
        """What was answered and cannot be believed."""
        self._notes = notes
        self._clock = clock
        self._asked: dict[NodeName, _Asked] = {}
        self._due = Due(clock)
        self._many = 0

    def heard(self) -> Mapping[NodeName, Mapping[InstanceId, bool]]:
        """Whether it runs there, of what was answered. Raises FlagsUnavailable."""
        self.problems.clear()
        if not self._asked:
            return {}
        texts = self._notes.read_passing(ANSWER)
        now = self._clock.monotonic()
        for node, one in self._asked.items():
            if node not in texts:
                one.heard = None  # gone with the node's connection, as far as anybody knows
            elif one.is_open and (answer := self._answer(node, texts[node], one.question)):
                one.heard = _Heard(answer, now)
        return {
            node: {each: here is Here.RUNS for each, here in one.heard.answer.instances.items()}
            for node, one in self._asked.items()
            if one.heard is not None and now - one.heard.at < GOOD
        }

    def ask(self, wanted: Mapping[NodeName, Collection[InstanceId]]) -> None:
        """Only so many of a node at once. Raises FlagsUnavailable, FlagNotWritten."""
        for node in list(self._asked.keys() - wanted.keys()):
            self._notes.remove(node, ASKED, format_question(self._asked[node].question))
            del self._asked[node]
        due = {
            node: sorted(every)[:MOST]
            for node, every in wanted.items()
            if self._is_due(node, sorted(every)[:MOST]) and self._due.now(node, _LOOK_EVERY)
        }
        watched = self._notes.read_passing(ATTRIBUTE) if due else {}
        for node, instances in due.items():
            if node in watched:
                self._ask(node, instances)
        if any(one.is_open for one in self._asked.values()) and self._due.now("", _STANDS):
            self._insist()

    def _is_due(self, node: NodeName, instances: Collection[InstanceId]) -> bool:
        one = self._asked.get(node)
        if one is None or not set(instances) <= set(one.question.instances):
            return True
        if one.heard is None or one.is_open:
            return False
        runs = any(one.heard.answer.instances[each] is Here.RUNS for each in instances)
        return self._clock.monotonic() - one.heard.at >= (one.again if runs else GOOD)

    def _ask(self, node: NodeName, instances: list[InstanceId]) -> None:
        before = self._asked.get(node)
        question = Question(self._word(), instances)
        self._notes.write(node, ASKED, format_question(question))
        again = min(before.again * 2, LONGEST) if before else FIRST
        self._asked[node] = _Asked(question, again, before.heard if before else None)

    def _insist(self) -> None:
        there = self._notes.read(ASKED)
        for node, one in self._asked.items():
            text = format_question(one.question)
            if one.is_open and there.get(node) != text:
                self._notes.write(node, ASKED, text)

    def _word(self) -> str:
        """New with each question, also of two workers and after a clock was set."""
        self._many += 1
        now = int(self._clock.now() * 1000) ^ int(self._clock.monotonic() * 1e6) << 12
        return f"{now:x}{self._many:04x}"[-32:]

    def _answer(self, node: NodeName, text: str, question: Question) -> Answer | None:
        try:
            return parse_answer(text, question)
        except GuestsUnavailable as error:
            self.problems[node] = f"{node}: what it answers about its instances: {error}"
            return None
