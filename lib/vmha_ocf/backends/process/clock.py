"""Clock over the kernel's clocks. The only reader of the time, command.py's deadlines excepted."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vmha_ocf.model import Epoch, Monotonic
else:
    # A monitor reads the clock, and pays for what is imported.
    Epoch = Monotonic = float


class SystemClock:
    def now(self) -> Epoch:
        """Seconds since the epoch."""
        return Epoch(time.time())

    def monotonic(self) -> Monotonic:
        """Seconds since boot, time asleep included: deadlines pass while a machine is frozen."""
        return Monotonic(time.clock_gettime(time.CLOCK_BOOTTIME))

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))
