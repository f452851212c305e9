"""How a network of one host is, by one who measures it. Values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    state: State
    why: str
    """For people."""


_TURN = (State.UP, State.UNKNOWN, State.DOWN)
"""The worst last."""


def worse(one: Reading | None, other: Reading) -> Reading:
    """What is down is down, whoever says so; and what one of them cannot tell is not known to be well."""
    return max((it for it in (one, other) if it), key=lambda it: _TURN.index(it.state))
