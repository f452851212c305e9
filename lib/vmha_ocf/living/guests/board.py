"""A host's report and its answers, kept where the controllers read them.

What was written goes without a word when the node's connection moves to another controller (seen on
2.1.5, and no alert tells of it). So it is looked at now and again, as all of the cluster see it, and
what is not there is written anew, with a new time: attrd would take the same text for no change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmha_ocf.errors import CommandUnavailable, GuestsUnavailable, NotInstalled
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.ports import Board
from vmha_ocf.living.guests.question import (
    ANSWER,
    ASKED,
    Answer,
    Question,
    format_answer,
    parse_question,
)
from vmha_ocf.living.guests.report import ATTRIBUTE, format_report, make_report
from vmha_ocf.model import Epoch, InstanceId, Monotonic
from vmha_ocf.ports import Clock

CHECK_EVERY = 10.0
"""Seconds. It costs one call of Pacemaker's tools."""
SETTLES = 5.0
"""Seconds until what was written must be seen."""
GAP = 0.3
"""Seconds between two writings: many that die at once are told together, but for the first."""
RETRY = 2.0
"""Seconds."""


class Told:
    def __init__(self, board: Board, clock: Clock, boot: str, say: Callable[[str], None]) -> None:
        self._board = board
        self._clock = clock
        self._boot = boot
        self._say = say
        self._text = ""
        self._what: object = None
        self._wrote = Monotonic(-GAP)
        self._checked = clock.monotonic()
        self._answered = ""
        self._not_a_question = ""
        self.problem = ""
        """Why it cannot be written, or read; empty where it can."""

    @property
    def stands(self) -> bool:
        """It was written, and nobody has seen it gone."""
        return bool(self._text)

    def tell(self, troubles: Mapping[InstanceId, Trouble], unknown: Epoch | None) -> float:
        """Write it if it is not what was written last. Gives the seconds after which to call again, as far
        as this is concerned."""
        what = (dict(troubles), unknown)
        now = self._clock.monotonic()
        if self._text and what == self._what:
            return CHECK_EVERY
        since = now - self._wrote
        pause = RETRY if self.problem else GAP
        if since < pause:
            return pause - since
        self._wrote = now
        text = format_report(make_report(self._boot, self._clock.now(), troubles, unknown))
        if self._try(lambda: self._board.write(ATTRIBUTE, text)):
            self._text, self._what = text, what
            return CHECK_EVERY
        return RETRY

    def check(self) -> Question | None:
        """Now and again: whether it is still there, and whether a controller asks for something. The same
        question is given again until it is answered."""
        now = self._clock.monotonic()
        if now - self._checked < CHECK_EVERY or now - self._wrote < SETTLES:
            return None
        self._checked = now
        seen: dict[str, str] = {}
        names = (ATTRIBUTE, ASKED, ANSWER) if self._answered else (ATTRIBUTE, ASKED)
        if not self._try(lambda: seen.update(self._board.read(names))):
            return None
        if self._text and seen.get(ATTRIBUTE) != self._text:
            self._say("what was told of the instances here is gone: told again")
            self._text = ""
        if f" nonce={self._answered} " not in seen.get(ANSWER, ""):
            self._answered = ""  # gone by itself, where a report has been written since
        return self._asked(seen.get(ASKED, ""))

    def _asked(self, text: str) -> Question | None:
        if not text or text == self._not_a_question:
            return None
        try:
            question = parse_question(text)
        except GuestsUnavailable as error:
            self._not_a_question = text
            self._say(f"{ASKED}, by which a controller asks: {error}")
            return None
        return None if question.nonce == self._answered else question

    def answer(self, given: Answer) -> None:
        """If it cannot be written, the question is found again."""
        if self._try(lambda: self._board.write(ANSWER, format_answer(given))):
            self._answered = given.nonce

    def remove(self) -> None:
        """Whoever watches no more has no word on what is down."""
        for name in (ATTRIBUTE, ANSWER):
            self._try(lambda name=name: self._board.remove(name))  # type: ignore[misc]

    def _try(self, do: Callable[[], None]) -> bool:
        try:
            do()
        except (CommandUnavailable, NotInstalled) as error:
            if self.problem != str(error):
                self._say(f"Pacemaker gives no answer here: {error}")
            self.problem = str(error)
            return False
        self.problem = ""
        return True
