"""Behind the gate: nova-compute is started, whatever it was found to be."""

from __future__ import annotations

from vmha_ocf.living.booting import gate, keeper
from vmha_ocf.sim.base.timeline import SimClock, Timeline


class Machine:
    def note_boot(self) -> None: ...

    def note_served(self) -> None: ...

    def note_guests(self, proof: float) -> None: ...

    def guests(self) -> int:
        return 0


class OnItsWayDown:
    """Its process is there, as somebody has stopped it a moment ago."""

    def __init__(self) -> None:
        self.started = 0

    def find(self) -> None: ...

    def is_active(self) -> bool:
        return True

    def start(self) -> None:
        self.started += 1

    def stop(self) -> None:
        raise AssertionError


def test_a_process_that_is_there_is_no_start_that_is_done() -> None:
    units, clock = OnItsWayDown(), SimClock(Timeline())
    keeper.start(units, Machine(), gate.Open, clock, until=60.0, log=print)
    assert units.started == 1
