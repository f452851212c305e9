"""Whether a nova-compute lives, from its heartbeats alone. Pure.

Nova's ``state`` cannot tell: it is "down" while the host is forced down, and "up" for a minute
after its death. ``updated_at`` moves with each heartbeat, but also with each PUT of the service,
and the last heartbeat of a dead host may be written late: one move is a doubt, two are a life. Where a
silence proves nothing, one is, too, that comes so long after the proof that no message of before explains
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vmha_ocf.cloud import records
from vmha_ocf.model import Epoch, Monotonic

_LEAST = 15.0
"""Seconds: one and a half of Nova's own report_interval of 10."""
_TIMES = 1.5
LONGEST = 60.0
"""Seconds between two heartbeats, at the longest that is met."""


def silence(interval: float) -> float:
    """Seconds without a heartbeat after which there is none. ``interval``: seconds between two."""
    return max(_LEAST, _TIMES * interval)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    updated_at: str
    since: Monotonic
    """When it was first seen to be that, in monotonic seconds."""
    beats: int = 0
    """Moves that no change of the service explains."""
    touched: bool = False
    """Somebody else has changed the service: what moved with it may have been a heartbeat, too."""
    last: str = ""
    """Nova's time of the last one of ``beats``."""

    def seen(self, updated_at: str, now: Monotonic) -> Heartbeat:
        if updated_at == self.updated_at:
            return self
        return Heartbeat(updated_at, now, self.beats + 1, self.touched, updated_at)

    def doubted(self, updated_at: str, now: Monotonic) -> Heartbeat:
        """Somebody else has changed the service: that moves it too, as often as they do."""
        return replace(self, updated_at=updated_at, since=now, touched=True)

    def after_our_change(self, updated_at: str) -> Heartbeat:
        """The same, where we ourselves changed the service."""
        return replace(self, updated_at=updated_at)

    @property
    def moved(self) -> bool:
        """Perhaps it lives."""
        return self.beats > 0 or self.touched

    @property
    def alive(self) -> bool:
        return self.beats >= 2

    def alive_since(self, proof: Epoch, interval: float) -> bool:
        """``proof``: when the host was proved to be off, in seconds since the epoch, by another clock than
        Nova's."""
        at = records.seconds(self.last) if self.beats else None
        return self.alive or (at is not None and at > proof + interval + records.APART)

    def quiet(self, looked_at: Monotonic, after: float) -> bool:
        """``looked_at``: when it was last looked at, in monotonic seconds: what has come since then is not
        known. ``after``: see ``silence``."""
        return looked_at - self.since >= after
