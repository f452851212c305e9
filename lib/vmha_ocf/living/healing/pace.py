"""How many restarts may go now: the first ones at once, the others at the pace. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vmha_ocf.cloud.policy.values import Guests
from vmha_ocf.model import Monotonic


@dataclass(frozen=True, slots=True)
class Pace:
    """``spent``: how much of the burst is used up, as of ``at``; it comes back at the pace."""

    spent: float = 0.0
    at: Monotonic = Monotonic(0.0)

    def room(self, rules: Guests, now: Monotonic) -> int:
        return int(rules.burst - self._spent(rules, now) + _TINY)

    def sent(self, many: int, rules: Guests, now: Monotonic) -> Pace:
        return replace(self, spent=self._spent(rules, now) + many, at=now)

    def until_next(self, rules: Guests, now: Monotonic) -> float:
        """Seconds until one may go."""
        missing = 1 - (rules.burst - self._spent(rules, now))
        return max(0.0, missing * rules.pace)

    def _spent(self, rules: Guests, now: Monotonic) -> float:
        if rules.pace <= 0:
            return 0.0
        return max(0.0, self.spent - (now - self.at) / rules.pace)


_TINY = 1e-6
"""Sums of fractions."""
