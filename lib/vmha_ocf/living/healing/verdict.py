"""What becomes of one failure now. Values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Next(Enum):
    RESTART = "restart"
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
    asked: float | None = None
    """Seconds since somebody asked Nova to start it, where that is why."""


def tell(why: str, *, soon: bool = False) -> Verdict:
    return Verdict(Next.TELL, why, soon)


RESTART = Verdict(Next.RESTART)
WAIT = Verdict(Next.WAIT)
LEAVE = Verdict(Next.LEAVE)
