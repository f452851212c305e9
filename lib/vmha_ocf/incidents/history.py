"""The last incidents of the cluster: which one a step belongs to, and which one makes room. Pure.

Each has a numbered place, so that what is kept is bounded by construction: a new incident takes a
free place, or that of the oldest one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from vmha_ocf.incidents import incident as incidents
from vmha_ocf.incidents.incident import Incident
from vmha_ocf.model import Epoch, Event, NovaHost, Step

MOST = 30
"""Incidents that are kept."""

History = Mapping[int, Incident]
"""By place, 0 to MOST - 1."""


@dataclass(frozen=True, slots=True)
class Change:
    place: int
    before: Incident | None
    """None: a new incident. What had its place before is forgotten."""
    after: Incident

    @property
    def urgent(self) -> bool:
        """A milestone, or another worker: not only a number that grows."""
        before, after = self.before, self.after
        return before is None or (before.milestones, before.workers) != (
            after.milestones,
            after.workers,
        )

    @property
    def is_news(self) -> bool:
        return incidents.is_news(self.before, self.after)


def change(history: History, event: Event) -> Change | None:
    """What a step changes; None if it says nothing new, or is of no incident that is known.

    Its time counts to the millisecond, as it is kept: who reads it back finds the same numbers."""
    event = replace(event, at=Epoch(round(event.at, 3)))
    place = _place_of(history, event)
    if place is not None:
        before = history[place]
        after = incidents.advance(before, event)
        return Change(place, before, after) if after != before else None
    if not incidents.opens(event):
        return None
    return Change(_room(history), None, incidents.opened(event))


def changed(history: History, one: Change) -> History:
    return {**history, one.place: one.after}


def unflagged(history: History, flagged: Collection[NovaHost], now: Epoch) -> Iterator[Event]:
    """The evacuations that are over because somebody took the flag away, or an earlier worker's
    last word was lost."""
    for one in history.values():
        if not one.over and one.host not in flagged:
            yield Event(Step.OVER, one.host, now, detail="its flag is gone")


def newest_first(history: History) -> list[Incident]:
    return sorted(history.values(), key=lambda one: (one.began, one.host), reverse=True)


def find(history: History, wanted: str) -> list[Incident]:
    """By id, or all of a host, newest first."""
    return [one for one in newest_first(history) if wanted in (one.id, one.host)]


def _place_of(history: History, event: Event) -> int | None:
    matching = [place for place, one in history.items() if incidents.goes_on(one, event)]
    return max(matching, key=lambda place: history[place].began, default=None)


def _room(history: History) -> int:
    free = sorted(set(range(MOST)) - history.keys())
    if free:
        return free[0]
    return min(history, key=lambda place: (not history[place].over, history[place].began))
