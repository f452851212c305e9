"""A TOML text: its values, and in which line each key stands. Pure.

``tomllib`` reads the values and tells no lines, so the text is cut into its statements (a header, or a key
with its value), and ``tomllib`` says of each by itself which keys are in it. Cutting needs no more than to
know strings, comments and brackets (TOML 1.0, "String", "Comment", "Array").
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cloud.policy.faults import Fault

Path = tuple[str | int, ...]
"""Names of keys, and the places in arrays, from 0."""

_TOKEN = re.compile(
    r'''
      \#[^\n]*
    | """(?:\\.|[^\\])*?"{3,5}
    | \'\'\'.*?\'{3,5}
    | "(?:\\.|[^"\\\n])*"
    | '[^'\n]*'
    | [^"'\#\[\]{}\n]+
    | .
    ''',
    re.DOTALL | re.VERBOSE,
)
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_BOM = "\ufeff"
"""What editors of Windows begin a text with."""
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Document:
    values: Mapping[str, object] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Of the key, or of the nearest table above it; 1 is the first line."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Document | list[Fault]:
    """The faults are TOML's: each statement that is none, or else what does not go together."""
    text = text.removeprefix(_BOM).replace("\r\n", "\n")
    cut = list(statements(text))
    wrong = [fault for line, one in cut if isinstance(fault := _load(one, line), Fault)]
    if wrong:
        return wrong
    values = _load(text, 1, end=text.count("\n") + 1)
    return [values] if isinstance(values, Fault) else Document(values, dict(_lines(cut)))


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Each with the number of its first line."""
    line, first, depth, parts = 1, 1, 0, list[str]()
    for part in [*_TOKEN.findall(text), "\n"]:
        parts.append(part)
        line += part.count("\n")
        depth = max(0, depth + _DEPTH.get(part, 0))
        if part == "\n" and not depth:
            yield from _unless_empty(first, parts)
            first, parts = line, []
    yield from _unless_empty(first, parts)


def _unless_empty(line: int, parts: list[str]) -> Iterator[tuple[int, str]]:
    if any(part.strip() and not part.startswith("#") for part in parts):
        yield line, "".join(parts)


def _load(text: str, first: int, *, end: int = 1) -> dict[str, object] | Fault:
    """``first``: the number of its first line; ``end``: counted from it, the line of a fault at the end."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        return Fault(first, "", "it is nested too deeply")
    except ValueError as error:  # TOMLDecodeError, and int() of thousands of digits
        told = str(error)
        place = _PLACE.search(told)
        line = int(place[1] or end) if place else 1
        return Fault(first + line - 1, "", one_line(f"no TOML: {_PLACE.sub('', told)}", 200))


def _lines(cut: list[tuple[int, str]]) -> Iterator[tuple[Path, int]]:
    """The first of each path comes last, so that a dict keeps it: a table may be gone on with by dots.
    Those that no line is about by itself, as ``a`` of ``[a.b]``, come before all."""
    arrays: dict[Path, int] = {}
    inside: Path = ()
    found: list[tuple[Path, int]] = []
    for line, one in cut:
        values = tomllib.loads(one)
        if one.lstrip().startswith("["):
            inside = _header(values, arrays, one.lstrip().startswith("[["))
            found.append((inside, line))
        else:
            found += [(path, line) for path in _paths(values, inside)]
    for path, line in reversed(found):
        yield from ((path[:length], line) for length in range(1, len(path)))
    yield from reversed(found)


def _header(values: object, arrays: dict[Path, int], is_array: bool) -> Path:
    """Where the keys below this header go; ``arrays`` counts the tables of each array."""
    path: Path = ()
    while isinstance(values, dict) and values:
        name, values = next(iter(values.items()))
        path = (*path, name)
        if is_array and isinstance(values, list):
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


def _paths(value: object, path: Path) -> Iterator[Path]:
    """Of all that is in a value."""
    items: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for name, inner in items:
        yield (*path, name)
        yield from _paths(inner, (*path, name))
