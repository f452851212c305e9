"""Whether this controller's clock may be held against the times of Nova's records.

A rebuild on a host that is back was lost with it, or began after its return: only times tell. Those of
fencings are Pacemaker's and ours, those of records are Nova's. Where ours is ahead by more than a host's
way back takes, a rebuild that goes on would pass for one that was lost, and be asked for twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from vmha_ocf import records
from vmha_ocf.model import ComputeService
from vmha_ocf.ports import Clock
from vmha_ocf.records import STILL, Off

AHEAD = 30.0
"""Seconds. A heartbeat is 10 seconds old at most, with Nova's defaults; no host fails, boots and is
given an instance in less than the rest."""
_STEP = 2.0
"""Seconds by which a clock that nobody sets agrees with one that cannot be set."""


class NovaTime:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._agreed_at: float | None = None
        """Our clock less the monotonic one, when it last agreed with Nova's."""

    def look(self, services: Iterable[ComputeService]) -> None:
        """At the freshest heartbeat. Nobody is alive where there is none, and nothing changes."""
        beats = [records.seconds(one.updated_at) for one in services if _is_beating(one)]
        newest = max((beat for beat in beats if beat is not None), default=None)
        if newest is not None:
            agrees = self._clock.now() - newest <= AHEAD
            self._agreed_at = self._offset() if agrees else None

    def trusted(self, off: Off) -> Off:
        """Of the hosts that were off until some time, only those whose time means anything."""
        agrees = self._agreed_at is not None and abs(self._offset() - self._agreed_at) < _STEP
        now = self._clock.now()
        return {
            host: until
            for host, until in off.items()
            if until == STILL or (agrees and until <= now)
        }

    def _offset(self) -> float:
        return self._clock.now() - self._clock.monotonic()


def _is_beating(service: ComputeService) -> bool:
    return service.up and not service.forced_down
