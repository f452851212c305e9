"""After how long Nova calls a silent nova-compute down: what is assumed, and why. Pure.

Until then its scheduler chooses a dead host, and a request that was sent there waits for its return.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from vmha_ocf.cloud.report_interval import Reports

NOVAS = 60.0
"""Seconds: Nova's own default."""
_TIMES = 6
"""Of the report interval: Nova's default is six times its default."""


@dataclass(frozen=True, slots=True)
class Assumed:
    seconds: float
    why: str
    wrong: str = ""
    """What was seen to contradict the parameter, "" if nothing was."""


def report_interval(reports: Reports, down_time: Assumed) -> float:
    """Seconds between two heartbeats: as they were seen, else as goes with Nova's service_down_time."""
    return down_time.seconds / _TIMES if reports.interval is None else reports.interval


def assumed(configured: float, reports: Reports) -> Assumed:
    """``configured``: NovaEvacuate's service_down_time, 0 if nobody has set it."""
    if configured:
        base = Assumed(configured, f"service_down_time={configured:g} of NovaEvacuate")
    elif reports.interval is not None and _TIMES * reports.interval > NOVAS:
        each = reports.interval
        base = Assumed(
            _TIMES * each, f"nova-computes report every {each:.0f} s, and six times that"
        )
    else:
        base = Assumed(NOVAS, "Nova's default")
    if reports.oldest_up <= base.seconds:
        return base
    older = ceil(reports.oldest_up)
    seen = f"Nova has called {reports.oldest_host} up {older} s after its last report"
    return Assumed(older, seen, seen if configured else "")
