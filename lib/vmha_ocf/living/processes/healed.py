"""Which nova-computes were restarted because they hung, kept with their node: so a worker that takes over
counts on, and restarts none while another is not over. Text and values. Pure.

    vmha-healed    permanent: ``1763695800 <process>``, when its monitor was told to fail and for which
                   process; the last ones, divided by "; ", the newest last
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ATTRIBUTE = "vmha-healed"
WINDOW = 1800.0
"""Seconds in which ..."""
MOST = 3
"""... so many restarts are enough: a fourth would help as little, and somebody has to look."""
UNDER_WAY = 180.0
"""Seconds from a restart's beginning until Nova must have heard of the new process: its monitor, its stop,
its start, its first report."""
_ONE = re.compile(r"([1-9][0-9]{0,11}) ([0-9A-Za-z.-]{1,120})")


@dataclass(frozen=True, slots=True)
class Healed:
    at: float
    """Seconds since the epoch."""
    process: str


def parse_healed(text: str) -> Sequence[Healed]:
    """What nobody of ours has written counts as nothing."""
    matches = map(_ONE.fullmatch, text.split("; "))
    return [Healed(float(match[1]), match[2]) for match in matches if match]


def format_healed(found: Iterable[Healed]) -> str:
    return "; ".join(f"{one.at:.0f} {one.process}" for one in list(found)[-MOST:])


def recent(found: Iterable[Healed], now: float) -> Sequence[Healed]:
    return [one for one in found if 0 <= now - one.at < WINDOW]


def under_way(found: Iterable[Healed], now: float) -> bool:
    return any(0 <= now - one.at < UNDER_WAY for one in found)
