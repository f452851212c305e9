"""Tables that somebody may bring back as they were. Each change is remembered with what was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vmha_ocf.sim.base.timeline import Timeline

Table = dict[Any, str]


@dataclass(frozen=True, slots=True)
class _Change:
    time: float
    table: Table
    key: Any
    before: str | None


class Past:
    def __init__(self, timeline: Timeline, *tables: Table) -> None:
        self._timeline = timeline
        self._tables = tables
        self._changes: list[_Change] = []

    def change(self, table: Table, key: Any, value: str) -> None:
        """ "" is nothing."""
        before = table.get(key)
        if (before or "") == value:
            return
        self._changes.append(_Change(self._timeline.now, table, key, before))
        _put(table, key, value)

    def at(self, time: float) -> Sequence[Mapping[Any, str]]:
        """Copies of the tables as they were then, in their order."""
        copies = {id(table): dict(table) for table in self._tables}
        for one in reversed(self._changes):
            if one.time <= time:
                break
            _put(copies[id(one.table)], one.key, one.before or "")
        return list(copies.values())

    def bring_back(self, saved: Sequence[Mapping[Any, str]]) -> None:
        """That is a change as any other."""
        for table, then in zip(self._tables, saved, strict=True):
            for key in {**table, **then}:
                self.change(table, key, then.get(key, ""))


def _put(table: Table, key: Any, value: str) -> None:
    if value:
        table[key] = value
    else:
        table.pop(key, None)
