"""What beats, processes and QEMU's locks prove of each guest. Nothing here reads a log of ours.

It runs where Nova says; its disk came along and its count never went back; nobody else wrote on it; how
long it was away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from tests.lab.cloud.guests import Guest
from tests.lab.cloud.observe import InstanceRow
from tests.lab.guests import disk
from tests.lab.guests.locks import Attempt
from tests.lab.guests.observer import Beat


class Seen(Protocol):
    """The part of an observer that a judge asks."""

    def beats(self, uuid: str) -> list[Beat]: ...
    def faults(self, uuid: str) -> list[str]: ...
    def running(self) -> list[Guest]: ...


@dataclass(frozen=True)
class Silence:
    """Between the last beat in one place and the first in another, or in another life there."""

    last: Beat
    first: Beat

    @property
    def seconds(self) -> float:
        return self.first.at - self.last.at

    @property
    def moved(self) -> bool:
        return place(self.last) != place(self.first)

    def __str__(self) -> str:
        source, target = place(self.last), place(self.first)
        counts = f"{self.last.record.count} on {source}, {self.first.record.count} on {target}"
        return f"silent for {self.seconds:.1f} s: {counts}"


def place(beat: Beat) -> str:
    """Where it was made: by the processes; where they do not tell, where the guest says it began."""
    return beat.runs_on[0] if len(beat.runs_on) == 1 else beat.host


def silences(beats: Sequence[Beat]) -> list[Silence]:
    """In their order. A guest that was moved live goes on with its life in another place."""
    return [
        Silence(one, other)
        for one, other in pairwise(beats)
        if one.record.boot != other.record.boot or place(one) != place(other)
    ]


def broken(
    seen: Seen,
    rows: Iterable[InstanceRow],
    moved: Collection[str],
    attempts: Iterable[Attempt],
) -> list[str]:
    """Sentences. ``rows`` are Nova's, ``moved`` the uuids that have to live by now."""
    rows = list(rows)
    found = [sentence for row in rows for sentence in _disk(seen, row)]
    found += [
        f"P2 a second copy of {one.domain} was to be started on {one.host}" for one in attempts
    ]
    running: dict[str, set[str]] = {}
    for guest in seen.running():
        running.setdefault(guest.uuid, set()).add(guest.host)
    for row in rows:
        if row.uuid in moved and row.vm_state == "active":
            found += _where(seen, row, running.get(row.uuid, set()))
    return found


def beats_where_nova_says(seen: Seen, row: InstanceRow) -> bool:
    """Whether the newest beat of this guest is of the host that Nova names."""
    beats = seen.beats(row.uuid)
    return bool(beats) and place(beats[-1]) == row.host


def _disk(seen: Seen, row: InstanceRow) -> Iterable[str]:
    for fault in seen.faults(row.uuid):
        yield f"P2 the disk of {row.name}: {fault}"
    for fault in disk.faults(beat.record for beat in seen.beats(row.uuid)):
        yield f"P2 the disk of {row.name}: {fault}"


def _where(seen: Seen, row: InstanceRow, hosts: Collection[str]) -> Iterable[str]:
    if set(hosts) != {row.host}:
        there = " and ".join(sorted(hosts)) or "nowhere"
        yield f"P6 {row.name} runs on {there}; Nova says {row.host}"
    elif not beats_where_nova_says(seen, row):
        yield f"P6 {row.name} runs on {row.host} and has not counted there"
