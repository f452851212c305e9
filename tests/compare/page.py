"""The table of docs/comparison.rst, drawn from docs/comparison.json, which the runs write."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from tests.compare.failure import Interruption, Recovery
from tests.compare.peers import ENGINES
from tests.lab.layout import REPOSITORY
from tests.lab.record.runs import Versions

FILE = REPOSITORY / "docs" / "comparison.json"
PAGE = REPOSITORY / "docs" / "comparison.rst"
BEGIN, END = ".. measured\n", ".. end of measured\n"


@dataclass(frozen=True)
class Compared:
    """``on`` is the day, ``load`` the machine's at the end, over five minutes."""

    on: str
    cores: int
    load: float
    versions: Versions
    recoveries: Sequence[Recovery]
    interruptions: Sequence[Interruption]

    @classmethod
    def of(cls, found: Sequence[Recovery | Interruption], lab: Versions) -> Compared:
        return cls(
            datetime.now(UTC).date().isoformat(),
            os.cpu_count() or 1,
            round(os.getloadavg()[1], 1),
            lab,
            [one for one in found if isinstance(one, Recovery)],
            [one for one in found if isinstance(one, Interruption)],
        )

    @classmethod
    def read(cls) -> Compared:
        kept = json.loads(FILE.read_text(encoding="utf-8"))
        return cls(
            kept["on"],
            kept["cores"],
            kept["load"],
            Versions(**kept["versions"]),
            [Recovery(**one) for one in kept["recoveries"]],
            [Interruption(**one) for one in kept["interruptions"]],
        )

    def renewed(self, newer: Compared) -> Compared:
        """What was measured anew in the place of what those engines had; the others' stays."""
        anew = {one.engine for one in newer.recoveries}
        return replace(
            newer,
            recoveries=[
                *(one for one in self.recoveries if one.engine not in anew),
                *newer.recoveries,
            ],
            interruptions=[
                *(one for one in self.interruptions if one.engine not in anew),
                *newer.interruptions,
            ],
        )


def record(compared: Compared) -> None:
    """Only runs with the same parts are beside each other."""
    kept = Compared.read() if FILE.exists() else compared
    if kept.versions == compared.versions:
        compared = kept.renewed(compared)
    FILE.write_text(json.dumps(asdict(compared), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8"), compared), encoding="utf-8")


def drawn(page: str, compared: Compared) -> str:
    """The page with the table as these runs have it."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(compared)}\n\n{END}{after}"


def table(compared: Compared) -> str:
    """How each was configured and on what, then their times, then what an interruption left."""
    names = [one.name for one in ENGINES if one.name in {r.engine for r in compared.recoveries}]
    told = [f"- {one.name}: {one.told}." for one in ENGINES if one.name in names]
    lab = compared.versions
    lines = (
        f"Measured on {compared.on}, {compared.cores} cores, load {compared.load:g}:",
        f"Debian {lab.debian}, Pacemaker {lab.pacemaker}, fence-agents {lab.fence_agents}, "
        f"Nova {lab.nova}, {lab.guests} as guests.",
    )
    head = ["instances", "what", *names]
    rows = [*_times(compared, names), *_left(compared, names)]
    return "\n".join([*lines, "", *told, "", *_grid([head, *rows])])


_TIMES: Mapping[str, Callable[[Recovery], str]] = {
    "power cut to all active, s": lambda one: f"{one.since_cut:.1f}",
    "... of it since fenced, s": lambda one: f"{one.since_fenced:.1f}",
    "requests per instance": lambda one: f"{one.requests:.2f}",
}
_LEFT: Mapping[str, Callable[[Interruption], str]] = {
    "interrupted: left on the dead host": lambda one: str(one.left),
    "interrupted: in error": lambda one: str(one.broken),
    "interrupted: evacuated twice": lambda one: str(one.twice),
}


def _times(compared: Compared, names: Sequence[str]) -> Iterator[list[str]]:
    found = {(one.engine, one.count): one for one in compared.recoveries}
    for count in sorted({one.count for one in compared.recoveries}):
        for what, shown in _TIMES.items():
            cells = [found.get((name, count)) for name in names]
            yield [str(count), what, *(shown(one) if one else "-" for one in cells)]


def _left(compared: Compared, names: Sequence[str]) -> Iterator[list[str]]:
    found = {one.engine: one for one in compared.interruptions}
    for what, shown in _LEFT.items() if found else ():
        cells = [found.get(name) for name in names]
        count = max(one.count for one in found.values())
        yield [str(count), what, *(shown(one) if one else "-" for one in cells)]


def _grid(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    rule = "  ".join("=" * width for width in widths)
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [rule, lines[0], rule, *lines[1:], rule]
