"""The terminal: tables with rich, completion with argcomplete. The only importer of both."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from io import TextIOWrapper
from itertools import zip_longest
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from vmha_ocf.agent.printable import one_line
from vmha_ocf.operator.answer import Answer, Level, Table

_COLOURS = {
    Level.OK: "bold green",
    Level.WARNING: "bold yellow",
    Level.ERROR: "bold red",
    Level.UNKNOWN: "bold magenta",
}
_IN_A_FILE = 200
"""Columns where nobody looks: a line that grep finds should be whole."""

_UNFOLDED = 10_000
"""Columns, more than a row has."""
_ID_HERE = "\ue000"
"""Of no language, and not printable: no name that is shown has it."""


class Terminal:
    """Names come from the cloud's users: nothing of them reaches the terminal as a control."""

    def __init__(
        self, out: TextIO | None = None, err: TextIO | None = None, *, width: int = _IN_A_FILE
    ) -> None:
        """``width``: columns where it is no terminal."""
        self._stream = out or sys.stdout
        self._out = _console(self._stream, width)
        self._err = _console(err or sys.stderr, width)

    def show(self, answer: Answer) -> None:
        if answer.text:
            self._stream.write(answer.text)
            self._stream.flush()
        console = self._err if answer.text else self._out
        _tell(console, answer)
        for table in answer.tables:
            console.print()
            console.print(Text(table.title, style="bold"))
            _print(console, table)
        self._stream.flush()

    def show_data(self, command: str, answer: Answer) -> None:
        self._stream.write(json.dumps(answer.as_data(command), sort_keys=True) + "\n")
        self._stream.flush()

    def complain(self, command: str, answer: Answer) -> None:
        self._err.print(Text(f"vmha {command}: {one_line(answer.headline)}"))
        for note in answer.notes:
            self._err.print(Text(f"  what to do: {one_line(note)}"))

    def clear(self) -> None:
        self._out.clear()


def complete(make_parser: Callable[[], ArgumentParser]) -> None:
    """Answers the shell and ends the process where a shell asks for completion; else nothing."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(make_parser())


def _console(stream: TextIO, columns: int) -> Console:
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")  # a name that the locale has no letters for
    width = None if stream.isatty() else columns
    return Console(
        file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


def _tell(console: Console, answer: Answer) -> None:
    word = answer.level.value.upper()
    line = Text.assemble((word, _COLOURS[answer.level]), "  ", one_line(answer.headline))
    console.print(line)
    for note in answer.notes:
        console.print(Text(f"  {one_line(note)}"))


def _print(console: Console, table: Table) -> None:
    """An id takes no room from a reason: nobody can type half of either."""
    wide = _rich(_with_ids(table))
    unfolded = console.measure(wide, options=console.options.update(max_width=_UNFOLDED))
    if not table.ids or unfolded.maximum <= console.width:
        console.print(wide)
        return
    ids = filter(None, table.ids)
    for line in console.render_lines(_rich(table, ids_below=True), pad=False):
        text = Text.assemble(*((part.text, part.style or "") for part in line))
        if text.plain.startswith(_ID_HERE):
            text = Text(f"  {one_line(next(ids))}", style="dim")
        console.print(text, no_wrap=True, overflow="ignore", crop=False)


def _with_ids(table: Table) -> Table:
    if not table.ids:
        return table
    at = table.columns.index(table.beside) + 1
    rows = [
        (*row[:at], id_ or "-", *row[at:]) for row, id_ in zip(table.rows, table.ids, strict=True)
    ]
    return Table(table.title, (*table.columns[:at], "id", *table.columns[at:]), rows)


def _rich(table: Table, *, ids_below: bool = False) -> RichTable:
    """``ids_below``: with a row after each that has one, which says that its id is to be there."""
    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in table.columns:
        shown.add_column(column, overflow="fold")
    for row, id_ in zip_longest(table.rows, table.ids):
        shown.add_row(*(Text("\n".join(map(one_line, cell.split("\n")))) for cell in row))
        if ids_below and id_:
            shown.add_row(_ID_HERE)
    return shown
