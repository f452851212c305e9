"""The last ailments of the cluster: which one a turn belongs to, and which one makes room. Pure.

They are kept apart from the incidents of hosts, and those of instances apart from those of processes:
however many guests crash, nothing else is pushed out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vmha_ocf.incidents import ailment as each
from vmha_ocf.incidents.ailment import Ailment, What
from vmha_ocf.model import Ailing, Epoch, Turn

MOST = {What.INSTANCE: 60, What.PROCESS: 20, What.NETWORK: 20}
"""Ailments that are kept."""

Ailments = Mapping[What, Sequence[Ailment]]


@dataclass(frozen=True, slots=True)
class Change:
    before: Ailment | None
    """None: a new one."""
    after: Ailment

    @property
    def is_news(self) -> bool:
        return each.is_news(self.before, self.after)


def change(ailments: Ailments, event: Ailing) -> Change | None:
    """What a turn changes; None if it says nothing new, or is of no ailment that is known.

    Its time counts to the millisecond, as it is kept."""
    event = replace(event, at=Epoch(round(event.at, 3)))
    known = next((one for one in every(ailments) if each.goes_on(one, event)), None)
    if known is not None:
        after = each.advance(known, event)
        return Change(known, after) if after != known else None
    return Change(None, each.opened(event)) if each.opens(event) else None


def changed(ailments: Ailments, one: Change) -> Ailments:
    what = one.after.what
    known = [it for it in ailments.get(what, ()) if it is not one.before]
    room = _room([*known, one.after], MOST[what])
    return {**ailments, what: room}


def going_on(ailments: Ailments) -> Collection[Ailing]:
    """The first turn of each that is not over."""
    return [
        Ailing(Turn.FAILED, one.patient, one.kind, one.since, one.turns[Turn.FAILED])
        for one in every(ailments)
        if not one.ended and Turn.FAILED in one.turns
    ]


def every(ailments: Ailments) -> Iterator[Ailment]:
    for known in ailments.values():
        yield from known


def newest_first(ailments: Ailments) -> list[Ailment]:
    return sorted(every(ailments), key=lambda one: (one.began, one.id), reverse=True)


def find(ailments: Ailments, wanted: str) -> list[Ailment]:
    """By id, or all of an instance, or of a host; newest first."""
    return [
        one
        for one in newest_first(ailments)
        if wanted in (one.id, one.patient.instance, one.patient.host)
    ]


def _room(known: Iterable[Ailment], most: int) -> Sequence[Ailment]:
    """Those that are over make room first, and older ones before newer ones."""
    by_worth = sorted(known, key=lambda one: (one.ended, -one.began))
    return sorted(by_worth[:most], key=lambda one: (one.began, one.id))
