"""What is done now and again: when it was done last."""

from __future__ import annotations

from math import inf

from vmha_ocf.ports import Clock


class Due:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._did: dict[str, float] = {}

    def now(self, what: str, every: float) -> bool:
        """Whether it was done longer than ``every`` seconds ago; then it counts as done."""
        if not self.soon(what, every):
            return False
        self._did[what] = self._clock.monotonic()
        return True

    def soon(self, what: str, every: float) -> bool:
        """As ``now``, for whoever only wants to know."""
        return self._clock.monotonic() - self._did.get(what, -inf) >= every

    def again(self, what: str) -> None:
        """At once: what failed must not pass for done as long as it only waits for its time."""
        self._did.pop(what, None)
