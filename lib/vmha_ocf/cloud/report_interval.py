"""How often nova-computes report, and how old a report may be for Nova to call them up. Pure.

Neither report_interval nor service_down_time can be read from Nova's API, and what is taken for silence
or for death hangs on both. But each look at all services shows how far ``updated_at`` has moved since the
last one, and for how long that of a service has not moved which Nova calls up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from vmha_ocf.cloud.records import seconds
from vmha_ocf.model import ComputeService, NovaHost

ENOUGH = 3
"""Moves after which the interval is known."""
_KEPT = 100
"""Moves that are remembered: an interval that somebody changes is learnt anew."""
_SECOND = 1.0
"""Nova's database keeps whole seconds: two of its times differ by one more or less than they did."""


@dataclass(frozen=True, slots=True)
class _Seen:
    service: ComputeService
    at: float
    """Monotonic seconds, as ``since``."""
    since: float
    """When its report was first seen."""


@dataclass(frozen=True, slots=True)
class Reports:
    """What looks at all services have shown so far."""

    moves: tuple[float, ...] = ()
    """Seconds between two reports of a service, one after the other, the latest last."""
    oldest_up: float = 0.0
    """Age in seconds of the oldest report of a service that Nova called up: its service_down_time is
    at least that."""
    oldest_host: NovaHost = NovaHost("")
    _seen: Mapping[NovaHost, _Seen] = field(default_factory=dict)

    def look(self, services: Iterable[ComputeService], now: float) -> Reports:
        """``now`` is monotonic, and not later than the answer."""
        listed = list(services)
        moves = [move for one in listed if (move := self._move(one, now)) is not None]
        seen = {one.host: _Seen(one, now, self._since(one, now)) for one in listed}
        age, host = max(_ages(seen.values()), default=(0.0, NovaHost("")))
        if age <= self.oldest_up:
            age, host = self.oldest_up, self.oldest_host
        return Reports((*self.moves, *moves)[-_KEPT:], age, host, seen)

    @property
    def interval(self) -> float | None:
        """Nova's report_interval, in seconds, as it is typical; None as long as nobody knows."""
        return median(self.moves) if len(self.moves) >= ENOUGH else None

    def _since(self, service: ComputeService, now: float) -> float:
        before = self._seen.get(service.host)
        same = before is not None and before.service.updated_at == service.updated_at
        return before.since if before is not None and same else now

    def _move(self, service: ComputeService, now: float) -> float | None:
        """Of reports that followed each other: a change of the service moves the time, too, and what
        lies between two looks may be several reports, unless they are much closer than it."""
        before = self._seen.get(service.host)
        if before is None or not (_is_reporting(service) and _is_reporting(before.service)):
            return None
        if _standing(service) != _standing(before.service):
            return None
        new, old = seconds(service.updated_at), seconds(before.service.updated_at)
        if new is None or old is None or new <= old:
            return None
        return new - old if new - old + _SECOND >= 2 * (now - before.at) else None


def _is_reporting(service: ComputeService) -> bool:
    return service.up and not service.forced_down


def _standing(service: ComputeService) -> tuple[str, bool, str]:
    return service.id, service.enabled, service.disabled_reason


def _ages(seen: Iterable[_Seen]) -> Iterator[tuple[float, NovaHost]]:
    """Of each report that is good enough for Nova: before the newest one, and since we have seen it.
    Both are the least that it can be."""
    up = [one for one in seen if _is_reporting(one.service)]
    times = {one.service.host: seconds(one.service.updated_at) for one in up}
    newest = max((at for at in times.values() if at is not None), default=0.0)
    for one in up:
        at = times[one.service.host]
        yield max(one.at - one.since, 0.0 if at is None else newest - at), one.service.host
