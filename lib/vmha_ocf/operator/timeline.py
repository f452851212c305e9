"""One incident as people read it: its steps in order, each with its distance from the fencing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from vmha_ocf.incidents.as_json import sorted_steps
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Step

Row = tuple[str, str, str]
"""When (UTC), how long after the host was proved to be off, what."""


def timeline(incident: Incident) -> Sequence[Row]:
    told = [(at, _what(step, incident)) for step, at in sorted_steps(incident)]
    told += [(at, "fenced again") for at in incident.fencings[1:]]
    if incident.last_moved is not None:
        told.append((incident.last_moved, f"the last of {incident.moved} instances elsewhere"))
    # Sorted by time alone: what is of the same moment stays in its natural order.
    return [
        (moment(at), f"+{lasting(at - incident.began)}", what)
        for at, what in sorted(told, key=lambda one: one[0])
    ]


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


def _what(step: Step, incident: Incident) -> str:
    workers = ", then ".join(incident.workers)
    texts = {
        Step.FENCED: incident.proof or "fenced",
        Step.HELD: f"held: {incident.held}",
        Step.CLAIMED: f"claimed by {workers}",
        Step.FORCED_DOWN: "forced down in Nova",
        Step.REQUESTED: f"the first of {incident.requested} requests that Nova accepted",
        Step.MOVED: "the first instance elsewhere",
        Step.GIVEN_UP: "a first instance could not be evacuated",
        Step.OVER: "evacuation is over" if incident.ended else " ".join(_over(incident)),
        Step.RETURNED: "back, un-forced in Nova",
        Step.IN_SERVICE: " ".join(["back in service", *_outcome(incident)]),
    }
    return texts[step]


def _over(incident: Incident) -> Iterator[str]:
    yield "evacuation is over"
    yield from _outcome(incident)


def _outcome(incident: Incident) -> Iterator[str]:
    if incident.outcome:
        yield f"({incident.outcome})"
