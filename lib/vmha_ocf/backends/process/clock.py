"""Clock over the kernel's clocks. The only reader of the time, command.py's deadlines excepted."""

from __future__ import annotations

import time


class SystemClock:
    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since boot, time asleep included: deadlines pass while a machine is frozen."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))
