"""How much Nova gets to do at once: less when it answers slowly, more while it keeps up. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SLOW = 10.0
"""Seconds for one answer above which Nova is given less to do."""
LONGEST_REST = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """How Nova took a batch of requests."""

    slowest: float
    """Seconds of the slowest answer."""
    busy: bool = False
    """Nova, or a proxy before it, asked us to slow down..."""
    retry_after: float = 0.0
    """... for so many seconds."""


@dataclass(frozen=True, slots=True)
class Pace:
    limit: int
    """Evacuations in flight, over all hosts."""
    rest_until: float = 0.0

    def after(self, load: Load, *, most: int, now: float) -> Pace:
        """Halved when slow, then a tenth of ``most`` more at a time, so that an overloaded Nova is
        not pushed over by its rescuers."""
        if load.busy:
            rest = min(max(load.retry_after, 1.0), LONGEST_REST)
            return Pace(max(1, self.limit // 2), max(self.rest_until, now + rest))
        if load.slowest > SLOW:
            return Pace(max(1, self.limit // 2), self.rest_until)
        return Pace(min(most, self.limit + max(1, most // 10)), self.rest_until)

    def room(self, now: float) -> int:
        return 0 if now < self.rest_until else self.limit


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many more requests this round may make."""

    requests: int
    """Whatever the host."""
    per_host: int
    """In flight off this one."""
    doubtful: bool = False
    """Whether the host is off, or anything is to be done now: nobody is told to replace anything."""
