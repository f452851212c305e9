"""What becomes of one failure now. Values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Next(Enum):
    RESTART = "restart"
    MOVE = "move"
    """It was restarted often enough here."""
    TELL = "tell"
    """A person has to decide, or to look."""
    WAIT = "wait"
    """It is looked at again soon."""
    LEAVE = "leave"
    """It is none of our business."""


@dataclass(frozen=True, slots=True)
class Verdict:
    next: Next
    why: str = ""
    """TELL: for people."""
    soon: bool = False
    """TELL: it may be otherwise in a moment."""
    restarts: bool = True
    """RESTART, as it is wanted: False has it moved at once."""
    moves: bool = False
    """RESTART, likewise: once it was restarted often enough, it is moved."""
    asked: float | None = None
    """Seconds since somebody asked Nova to start it, where that is why."""


def tell(why: str, *, soon: bool = False) -> Verdict:
    return Verdict(Next.TELL, why, soon)


RESTART = Verdict(Next.RESTART)
MOVE = Verdict(Next.MOVE)
WAIT = Verdict(Next.WAIT)
LEAVE = Verdict(Next.LEAVE)
