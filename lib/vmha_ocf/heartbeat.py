"""Whether a nova-compute lives, from its heartbeats alone. Pure.

Nova's ``state`` cannot tell: it is "down" while the host is forced down, and "up" for a minute
after its death. ``updated_at`` moves with each heartbeat, but also with each PUT of the service,
and the last heartbeat of a dead host may be written late: one move is a doubt, two are a life.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

QUIET = 15.0
"""Seconds without a heartbeat after which there is none. Nova's report_interval is 10."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    updated_at: str
    since: float
    """When it was first seen to be that, in monotonic seconds."""
    beats: int = 0

    def seen(self, updated_at: str, now: float) -> Heartbeat:
        if updated_at == self.updated_at:
            return self
        return Heartbeat(updated_at, now, self.beats + 1)

    def doubted(self, updated_at: str, now: float) -> Heartbeat:
        """Somebody else has changed the service: that moves it too, as often as they do."""
        return Heartbeat(updated_at, now, max(self.beats, 1))

    def after_our_change(self, updated_at: str) -> Heartbeat:
        """The same, where we ourselves changed the service."""
        return replace(self, updated_at=updated_at)

    @property
    def alive(self) -> bool:
        return self.beats >= 2

    def quiet(self, now: float) -> bool:
        return now - self.since >= QUIET
