"""A guest's disk, read from outside: beat N is sector N, written once. See ``beat``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.guests.image import ORDERS, SECTOR

_RECORD = re.compile(r"beat=(\d+) boot=(\w+) host=(\S*) other=([01])\n?")


@dataclass(frozen=True)
class Record:
    """``boot`` is one life of the guest, ``host`` the uuid of the machine where that life began, and
    ``other`` that this life has found what somebody else wrote."""

    count: int
    boot: str
    host: str
    other: bool = False


def read(disk: Path, first: int) -> Iterator[Record]:
    """The beats from this one on, in their order; ends at the first sector that is empty.

    Raises FileNotFoundError where there is no disk, ValueError for what no guest of ours wrote."""
    with disk.open("rb", buffering=0) as image:
        for count in range(first, ORDERS):
            image.seek(count * SECTOR)
            text = image.read(SECTOR).rstrip(b"\0").decode(errors="replace")
            if not text:
                return
            yield parsed(text)


def order(disk: Path, what: str) -> None:
    """To a guest that obeys: "panic" or "poweroff". It looks at its next beat."""
    with disk.open("r+b", buffering=0) as image:
        image.seek(ORDERS * SECTOR)
        image.write(f"{what}\n".encode())


def parsed(text: str) -> Record:
    found = _RECORD.fullmatch(text)
    if found is None:
        raise ValueError(f"not a beat: {text[:60]!r}")
    count, boot, host, other = found.groups()
    return Record(int(count), boot, host, other == "1")


def faults(records: Iterable[Record]) -> Iterator[str]:
    """What is wrong with a whole disk: a count that is not its place, two lives that took turns, what a
    guest itself has found. A disk of one writer at a time has nothing of it."""
    ended: set[str] = set()
    now = ""
    for place, record in enumerate(records, start=1):
        if record.count != place:
            yield f"beat {record.count} stands where {place} belongs"
        if record.boot != now:
            if record.boot in ended:
                yield f"life {record.boot} wrote beat {record.count} after {now} had begun"
            ended.add(now)
            now = record.boot
        if record.other:
            yield f"life {record.boot} found another's writing before beat {record.count}"
            return
