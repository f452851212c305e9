"""What a command answers, as a value: one line that matters, then tables, and the same as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from vmha_ocf.errors import ParameterError, Unavailable, VmhaError
from vmha_ocf.model import Instance

USAGE = 64
"""The command line, a file or a parameter is wrong (sysexits.h, EX_USAGE)."""
BUG = 70
"""sysexits.h, EX_SOFTWARE."""


class Level(Enum):
    """Also the exit code, as monitoring plugins have it."""

    OK = "ok"
    WARNING = "warning"
    """Look at it by day: nothing is lost meanwhile."""
    ERROR = "error"
    """A person is needed."""
    UNKNOWN = "unknown"
    """Something did not answer: neither well nor wrong."""

    @property
    def exit_code(self) -> int:
        return list(Level).index(self)


_BADNESS = (Level.OK, Level.WARNING, Level.UNKNOWN, Level.ERROR)


def badness(level: Level) -> int:
    return _BADNESS.index(level)


def worst(levels: Iterable[Level]) -> Level:
    return max(levels, key=badness, default=Level.OK)


@dataclass(frozen=True, slots=True)
class Table:
    """``columns`` are its head; a row has as many texts."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    ids: Sequence[str] = ()
    """Of the instance that each row is about, "" for none: shown whole, in a column of their own, or each
    below its row where there is no room for that."""
    beside: str = "instance"
    """The column with their names."""


def name_of(instance: Instance) -> str:
    """In a table with ids."""
    return instance.name or "-"


@dataclass(frozen=True, slots=True)
class Answer:
    """``headline`` is read first, and perhaps alone. ``data`` is what ``--json`` adds to it."""

    level: Level
    headline: str
    notes: Sequence[str] = ()
    """Sentences below it: reasons, and what to do."""
    tables: Sequence[Table] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    """To be printed as it is, and alone: a script, for example. All else goes to standard error."""

    def as_data(self, command: str) -> Mapping[str, object]:
        told = {"command": command, "level": self.level.value, "headline": self.headline}
        return {**told, **self.data, "notes": list(self.notes)}


def answer_of(error: VmhaError) -> Answer:
    """An error as an answer: what is wrong, then what to do."""
    notes = [error.hint] if error.hint else []
    return Answer(level_of(error), error.message, notes, data={"error": type(error).__name__})


def level_of(error: VmhaError) -> Level:
    return Level.UNKNOWN if isinstance(error, Unavailable) else Level.ERROR


def exit_code_of(error: VmhaError) -> int:
    return USAGE if isinstance(error, ParameterError) else level_of(error).exit_code
