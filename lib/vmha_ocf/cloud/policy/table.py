"""One table of a policy: its keys are taken one by one, and what is wrong with one is noted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeGuard

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cloud.policy.faults import Fault
from vmha_ocf.cloud.policy.lines import Document, Path
from vmha_ocf.cloud.policy.values import Says

_DURATION = re.compile(r"(\d{1,9}) ?(s|sec|m|min|h|d)")
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_WORDS = {str: "a text", bool: "yes or no", int: "a whole number", float: "a number"}


class Table:
    """``faults`` is shared by all tables of a document. What is not there, or wrong, is its default: a
    policy with faults is used by nobody."""

    def __init__(
        self, document: Document, path: Path, values: Mapping[str, object], faults: list[Fault]
    ) -> None:
        self.path = path
        self._document = document
        self._values = values
        self._faults = faults
        self._known: list[str] = []

    @property
    def line(self) -> int:
        return self._document.line(self.path)

    def has(self, key: str) -> bool:
        return key in self._values

    def fault(self, key: str, what: str, hint: str = "") -> None:
        """``key``: of this table; "" is the table itself."""
        path = (*self.path, key) if key else self.path
        self._faults.append(Fault(self._document.line(path), shown(path), what, hint))

    def text(self, key: str) -> str:
        value = self._take(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, f"{kind_of(value)} is there, and it has to be a text")
            return ""
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """One text, or several: people write ``"a"`` for ``["a"]``."""
        value = self._take(key)
        if value is None:
            return ()
        found = [value] if isinstance(value, str) else value
        if not _are_texts(found):
            self.fault(key, "it has to be a list of texts", f'for example {key} = ["one", "two"]')
            return ()
        if not found:
            self.fault(key, "the list is empty, so it means nothing", "leave it out")
        for twice in sorted({_quoted(one) for one in found if found.count(one) > 1}):
            self.fault(key, f"{twice} is there twice")
        return tuple(one.strip() for one in found)

    def says(self, key: str) -> Says:
        """A table of names and texts, or yes and no."""
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not value:
            self.fault(
                key, "it has to say name and value", f'for example {key} = {{ tier = "gold" }}'
            )
            return {}
        wrong = [name for name, one in value.items() if not isinstance(one, str | bool)]
        for name in wrong:
            told = f"{kind_of(value[name])} is there, and it has to be a text, true or false"
            self.fault(key, f"{_quoted(name)}: {told}")
        return {} if wrong else value

    def yes(self, key: str) -> bool:
        """Absent is no."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            self.fault(key, "it has to be true or false, without quotes")
        return value is True

    def whole(self, key: str, default: int, *, least: int, most: int) -> int:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(key, f"it has to be a whole number from {least} to {most}, without quotes")
            return default
        return value

    def seconds(self, key: str, default: float, *, least: float, most: float) -> float:
        """A text with its unit, such as "90 s" or "30 min"."""
        value = self._take(key)
        if value is None:
            return default
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            example = f"{value} s" if type(value) is int else "90 s"
            told = "it has to be a time with its unit: s, min, h or d"
            self.fault(key, told, f'for example {key} = "{example}"')
            return default
        time = float(match[1]) * _SECONDS[match[2]]
        if not least <= time <= most:
            self.fault(key, f"it has to be from {least:g} s to {most:g} s")
            return default
        return time

    def table(self, key: str) -> Table:
        """Empty where it is not there."""
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            self.fault(key, f"{kind_of(value)} is there, and it has to be a table")
        return self._below((key,), value)

    def tables(self, key: str) -> Iterator[Table]:
        """An array of tables, ``[[key]]``."""
        value = self._take(key)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.fault(key, "each of them has to begin with a line of its own", f"[[{key}]]")
            return
        for place, one in enumerate(value):
            yield self._below((key, place), one)

    def each(self) -> Iterator[str]:
        """The names of what is in it, for a table whose names are free."""
        return iter(self._values)

    def close(self) -> None:
        """What nobody has taken is unknown."""
        for key in self._values:
            if key not in self._known:
                known = ", ".join(self._known)
                self.fault(key, "it is not known", nearest(key, self._known) or f"known: {known}")

    def _take(self, key: str) -> object:
        self._known.append(key)
        return self._values.get(key)

    def _below(self, path: Path, value: object) -> Table:
        values = value if isinstance(value, dict) else {}
        return Table(self._document, (*self.path, *path), values, self._faults)


def shown(path: Path) -> str:
    """As people write it; of an array, the first is 1."""
    told = ""
    for part in path:
        told += f"[{part + 1}]" if isinstance(part, int) else f".{one_line(part, 60)}"
    return told.removeprefix(".")


def nearest(word: str, words: Sequence[str]) -> str:
    found = get_close_matches(word, words, 1)
    return f"did you mean {found[0]}?" if found else ""


def kind_of(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return "an empty text" if value == "" else _WORDS.get(type(value), "a date")


def _are_texts(values: object) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(one, str) and one.strip() for one in values)


def _quoted(text: str) -> str:
    return f"'{one_line(text, 60)}'"
