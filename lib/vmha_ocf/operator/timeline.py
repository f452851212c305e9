"""One incident as people read it: its steps in order, each with its distance from the begin. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from vmha_ocf.incidents.in_words import Moment, story
from vmha_ocf.incidents.incident import Incident

Row = tuple[str, str, str]
"""When (UTC), how long after it began, what."""


def timeline(incident: Incident) -> Sequence[Row]:
    return rows(incident.began, story(incident))


def rows(began: float, moments: Sequence[Moment]) -> Sequence[Row]:
    return [(moment(at), f"+{lasting(at - began)}", what) for at, what in moments]


def moment(at: float) -> str:
    """``2026-11-21 00:01:40Z``."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError):
        return f"{at:.0f}"


def lasting(seconds: float) -> str:
    """``8.3 s``, ``12 min 3 s``, ``2 h 5 min``."""
    seconds = max(0.0, seconds)
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
