"""The parts of a round that may fail by themselves, and when each is due again. Over a clock alone."""

from __future__ import annotations

from collections.abc import Callable

from vmha_ocf.agent.due import Due
from vmha_ocf.errors import VmhaError
from vmha_ocf.ports import Clock


class Guard:
    """What one part cannot do is a problem, and not the end of the round."""

    def __init__(self, clock: Clock) -> None:
        self.due = Due(clock)
        self.problems: dict[str, str] = {}
        """By the part."""

    def run(self, part: str, action: Callable[[], None]) -> None:
        """A part that failed is due again at once: one that only waits for its time would pass for one
        that succeeded."""
        try:
            action()
        except VmhaError as error:
            self.problems[part] = str(error)
            self.due.again(part)
        else:
            self.problems.pop(part, None)
