"""What every Clock does: one suite, run on the simulator and on the kernel's clocks."""

from __future__ import annotations

from datetime import UTC, datetime

from vmha_ocf.ports import Clock

A_WHILE = 0.05


class ClockContract:
    def test_now_is_in_seconds_since_1970(self, clock: Clock) -> None:
        assert datetime.fromtimestamp(clock.now(), UTC).year >= 2020

    def test_both_go_on_while_it_sleeps(self, clock: Clock) -> None:
        before, began = clock.now(), clock.monotonic()
        clock.sleep(A_WHILE)
        assert clock.monotonic() - began >= A_WHILE
        assert clock.now() > before

    def test_monotonic_never_goes_back(self, clock: Clock) -> None:
        readings = [clock.monotonic() for _ in range(100)]
        assert readings == sorted(readings)

    def test_a_deadline_that_has_passed_is_not_slept_for(self, clock: Clock) -> None:
        """Whoever is late asks for less than nothing."""
        before = clock.monotonic()
        clock.sleep(0.0)
        clock.sleep(-60.0)
        assert clock.monotonic() >= before
