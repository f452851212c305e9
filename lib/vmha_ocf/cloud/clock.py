"""What times of ours are by the clock of Nova's records.

A rebuild on a host that is back was lost with it, or began after its return: only times tell. Those of
fencings are Pacemaker's and ours, those of records are Nova's. Where ours is ahead, a rebuild that goes on
would pass for one that was lost, and be asked for twice.

So times are translated. How far ours is ahead is seen by the freshest heartbeat: that is never later than
now by Nova's clock, so ours is ahead by its age at most. The least of several looks is nearest to the
truth, and too much is on the safe side: a rebuild that is taken for one at work is told, not repeated.
What is taken for granted is that controllers agree with each other, as Nova's conductors do, which write
the times of records and of heartbeats both.
"""

from __future__ import annotations

from collections.abc import Iterable

from vmha_ocf.cloud import records
from vmha_ocf.cloud.records import APART, STILL, Off
from vmha_ocf.model import ComputeService, Epoch
from vmha_ocf.ports import Clock

_STEP = 2.0
"""Seconds by which a clock that nobody sets agrees with one that cannot be set."""


class NovaTime:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen_at: float | None = None
        """Our clock less the monotonic one, when it last was compared with Nova's."""
        self._ahead = 0.0
        """At most, in seconds; below 0 where ours is behind."""

    def look(self, services: Iterable[ComputeService]) -> None:
        """At the freshest heartbeat. Nobody is alive where there is none, and nothing changes."""
        beats = [records.seconds(one.updated_at) for one in services if _is_beating(one)]
        newest = max((beat for beat in beats if beat is not None), default=None)
        if newest is None:
            return
        age = self._clock.now() - newest
        self._ahead = min(age, self._ahead) if self._is_steady() else age
        self._seen_at = self._offset()

    @property
    def ahead(self) -> float:
        """Seconds by which our clock is ahead of Nova's, at most; 0 as long as nobody knows."""
        return self._ahead if self._is_steady() else 0.0

    @property
    def is_known(self) -> bool:
        """``ahead`` is of the clock as it is now."""
        return self._is_steady()

    @property
    def agrees(self) -> bool:
        """Ours, so that a time of Nova's tells whether it was before or after one of ours."""
        return self._is_steady() and abs(self._ahead) <= APART

    def trusted(self, off: Off) -> Off:
        """By Nova's clock. Of the hosts that were off until some time, only those whose time means
        anything: a clock that is far ahead is wrong, and who knows since when."""
        agrees = self._is_steady() and self._ahead <= APART
        now = self._clock.now()
        return {
            host: until if until == STILL else Epoch(until - self._ahead)
            for host, until in off.items()
            if until == STILL or (agrees and until <= now)
        }

    def _is_steady(self) -> bool:
        """Nobody has set our clock since."""
        return self._seen_at is not None and abs(self._offset() - self._seen_at) < _STEP

    def _offset(self) -> float:
        return self._clock.now() - self._clock.monotonic()


def _is_beating(service: ComputeService) -> bool:
    return service.up and not service.forced_down
