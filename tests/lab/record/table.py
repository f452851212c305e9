"""The table of docs/compatibility.rst: ``python3 -m tests.lab.record`` draws it from the record."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from tests.lab.layout import REPOSITORY
from tests.lab.record.runs import Run, Versions

PAGE = REPOSITORY / "docs" / "compatibility.rst"
BEGIN, END = ".. runs\n", ".. end of runs\n"
_HEAD = (
    "Debian",
    "Pacemaker",
    "pcs",
    "agents",
    "Nova",
    "guests",
    "hosts",
    "passed",
    "failed",
    "cannot",
    "until",
)


def table(runs: Sequence[Run]) -> str:
    """A row for each lab that something was run with, and by name what failed."""
    labs = sorted({run.versions for run in runs})
    rows = [_row(lab, [run for run in runs if run.versions == lab]) for lab in labs]
    cells = [[[cell] for cell in _HEAD], *rows]
    widths = [
        max(len(line) for row in cells for line in row[column]) for column in range(len(_HEAD))
    ]
    rule = "  ".join("=" * width for width in widths)
    lines = [rule, *_drawn(cells[0], widths), rule]
    for row in rows:
        lines += _drawn(row, widths)
    return "\n".join(["", *lines, rule, "", *_failures(runs)])


def drawn(text: str, runs: Sequence[Run]) -> str:
    """The page with the table as the record has it now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table(runs)}\n{END}{after}"


def _row(lab: Versions, runs: Sequence[Run]) -> list[list[str]]:
    counts = [
        str(sum(run.verdict == verdict for run in runs))
        for verdict in ("passed", "failed", "cannot be run")
    ]
    words = [lab.debian, lab.pacemaker, lab.pcs, lab.fence_agents, lab.nova]
    last = max(run.on for run in runs)
    return [
        *([word] for word in words),
        lab.guests.split(", "),
        [lab.hosts],
        *([c] for c in counts),
        [last],
    ]


def _drawn(row: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Lines of a simple table of reST: a cell goes on where the first column is empty."""
    height = max(map(len, row))
    return [
        "  ".join(
            (cell[line] if line < len(cell) else "").ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for line in range(height)
    ]


def _failures(runs: Sequence[Run]) -> list[str]:
    failed = [f"{run.case} ({_called(run.versions)})" for run in runs if run.verdict == "failed"]
    return [*wrap(f"Failed: {', '.join(failed)}.", 118), ""] if failed else []


def _called(lab: Versions) -> str:
    return f"Pacemaker {lab.pacemaker}, {lab.guests.split(',')[0]}, {lab.hosts}"
