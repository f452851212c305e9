"""What Nova's evacuation records (os-migrations) say about one host's instances. Pure.

A record goes accepted -> pre-migrating -> done -> completed, or ends as error (the scheduler found
no host) or failed (the destination could not). Nova never repeats one by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import floor, inf

from vmha_ocf.model import NEVER, Epoch, Evacuation, InstanceId, NovaHost

MOVED = frozenset({"done", "completed"})
OVER = frozenset({"done", "completed", "error", "failed", "cancelled"})
LOST = frozenset({"error", "failed", "cancelled"})

Off = Mapping[NovaHost, Epoch]
"""Hosts proved to be off, and until when, in seconds since the epoch; ``STILL``: until now."""
STILL = Epoch(inf)

APART = 30.0
"""Seconds that the clocks of controllers, Nova's hosts and its database may be apart: what one says of
a time may be so much later or earlier by another's. No host fails, returns and fails again in less."""


def in_flight(record: Evacuation, off: Off) -> bool:
    """Whether Nova may still be working on it. A status that we do not know is in flight."""
    if record.status in OVER:
        return False
    return not (record.status == "pre-migrating" and destination_died(record, off))


def destination_died(record: Evacuation, off: Off) -> bool:
    """Its destination was off since it began there: that rebuild has ended, whatever its status.

    The status stays for ever, so a destination that is back must not count as at work. But one
    that went off before says nothing: what waited in its queue begins when it is back.
    """
    if record.dest is None or record.dest not in off:
        return False
    until = off[record.dest]
    if until == STILL:
        return True
    began = seconds(record.updated_at)
    return began is not None and began <= until


def seconds(text: str) -> Epoch | None:
    """Nova's text of a time, UTC by its word, in seconds since the epoch."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Epoch((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


def by_instance(records: Iterable[Evacuation]) -> Mapping[InstanceId, Sequence[Evacuation]]:
    """Newest first, whatever order they came in."""
    found: dict[InstanceId, list[Evacuation]] = {}
    for record in sorted(records, key=lambda one: one.id, reverse=True):
        found.setdefault(record.instance, []).append(record)
    return found


def newest(records: Iterable[Evacuation]) -> int:
    """Its id; 0 where there is none."""
    return max((record.id for record in records), default=0)


def at_work(found: Sequence[Evacuation], off: Off) -> Iterator[Evacuation]:
    """Those of one instance, newest first, that Nova may be working on.

    What is older than one that has moved it is of the past, although it may say "accepted" for
    ever: of two records of an instance, a start of the source completes only one.
    """
    for record in found:
        if in_flight(record, off):
            yield record
        if record.status in MOVED:
            return


def completed(found: Sequence[Evacuation]) -> Evacuation | None:
    """The newest of one instance, if it says so; or one beside which newer ones have failed, that another
    tool had asked for."""
    for place, record in enumerate(found):
        if record.status == "completed":
            return record if all(_is_beside(record, one) for one in found[:place]) else None
        if record.status not in LOST:
            return None
    return None


def _is_beside(record: Evacuation, newer: Evacuation) -> bool:
    """Made before it ended, by Nova's times. What cannot be read was."""
    made, ended = seconds(newer.created_at), seconds(record.updated_at)
    return made is None or ended is None or made <= ended


def is_since(record: Evacuation, since: Epoch) -> bool:
    """Whether it may have been made after ``since``, seconds since the epoch, by a clock of ours: then
    it is of this failure. What cannot be read was."""
    made = seconds(record.created_at)
    return made is None or made >= second(since) - APART


def second(at: Epoch) -> int:
    """The whole second of a time of ours, to compare it with Nova's: its database keeps no more."""
    return floor(at)


def failures(found: Sequence[Evacuation], off: Off, since: Epoch = NEVER) -> int:
    """How many attempts since ``since`` have failed in a row, up to the newest."""
    count = 0
    for record in found:
        lost = record.status in LOST or record.status == "pre-migrating"
        if not lost or in_flight(record, off) or not is_since(record, since):
            break
        count += 1
    return count


Found = Mapping[InstanceId, Sequence[Evacuation]]
"""The records of each instance, newest first."""
