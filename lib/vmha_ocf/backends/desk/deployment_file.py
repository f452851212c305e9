"""The deployer's inventory file, its YAML read with PyYAML, and files for secrets."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from vmha_ocf.errors import LocalParameterError, NotInstalled

if TYPE_CHECKING:
    import yaml

LONGEST = 64 * 1024 * 1024
"""Bytes: a hundred thousand hosts with all that Ironic says of them."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""A byte order mark says how the rest is written: PowerShell's ``>`` writes UTF-16."""
_PLAIN = "tag:yaml.org,2002:"
_SCALARS = frozenset(
    {"!", "!vault"}
    | {_PLAIN + name for name in ("str", "int", "float", "bool", "null", "timestamp")}
)
"""Ansible's !vault says by its text, $ANSIBLE_VAULT..., that it is hidden."""
_COLLECTIONS = frozenset({"!", _PLAIN + "map", _PLAIN + "seq"})
_DEEPEST = 100
_MERGE = "\0<<"
"""No text of YAML has a NUL."""


def read_text(path: str) -> str:
    """``-`` is standard input. Raises LocalParameterError."""
    try:
        if path == "-":
            content = _some_of(sys.stdin.buffer)
        else:
            with open(path, "rb") as file:
                content = _some_of(file)
        if len(content) > LONGEST:
            raise LocalParameterError(f"{path} is too long to be an inventory", hint="name a file")
        return _decoded(content)
    except OSError as error:
        why = error.strerror or "it is no file"
        raise LocalParameterError(f"{path} cannot be read: {why}", hint="name a file") from None
    except UnicodeDecodeError:
        raise LocalParameterError(
            f"{path} cannot be read: it is not UTF-8 text",
            hint="convert it with iconv, then try again",
        ) from None
    except ValueError:  # a NUL
        raise LocalParameterError(
            f"{path!r} is not the name of a file", hint="name a file"
        ) from None


def parse_yaml(text: str, path: str) -> object:
    """A tree whose scalars are texts as they were typed. Raises LocalParameterError, NotInstalled."""
    try:
        import yaml
    except ImportError:
        raise NotInstalled("PyYAML is missing", hint="apt-get install python3-yaml") from None
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        reading = _Reading(path)
        for event in yaml.parse(text, Loader=loader):
            reading.take(event)
        return reading.tree
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        # Not the error's own words: they quote the file.
        raise LocalParameterError(
            f"{path}{line} cannot be read as YAML, and it is no other form that is known",
            hint="look at that line: no tab before a name, quotes around a text that begins with one of "
            "@ ` % & * ! { [; docs/vmha.rst has the forms",
        ) from None


def write_secret(path: str, text: str) -> None:
    """A new file with mode 600, whole or not at all. Raises LocalParameterError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise _unwritten(path, error) from None
    except ValueError:  # a NUL
        raise LocalParameterError(
            f"{path!r} is not the name of a file", hint="name a file"
        ) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            os.unlink(path)
        raise _unwritten(path, error) from None


class _Reading:
    """The tree of one document, out of the parser's events: PyYAML's own composer recurses in C, where
    deep brackets end the process. An alias is what it stands for, and not a copy of it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open: list[_Open] = []
        self._anchors: dict[str, object] = {}
        self._documents = 0
        self.tree: object = None

    def take(self, event: yaml.Event) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._check_tag(event, _SCALARS)
            self._put(event, event.value, plain=not event.style)
        elif kind == "AliasEvent":
            self._put(event, self._known(event))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._check_tag(event, _COLLECTIONS)
            self._open.append(_Open(event, None if kind == "SequenceStartEvent" else {}))
            if len(self._open) > _DEEPEST:
                raise self._wrong(event, "is too deep inside of lists and mappings")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            done = self._open.pop()
            self._put(done.start, done.whole())
        elif kind == "DocumentStartEvent":
            self._begin(event)

    def _begin(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._wrong(event, "begins another document")

    def _known(self, event: yaml.Event) -> object:
        if event.anchor not in self._anchors:
            raise self._wrong(event, "has an alias of what is not there, or is not over")
        return self._anchors[event.anchor]

    def _put(self, event: yaml.Event, value: object, *, plain: bool = False) -> None:
        if getattr(event, "anchor", None) and type(event).__name__ != "AliasEvent":
            self._anchors[event.anchor] = value
        if not self._open:
            self.tree = value
            return
        around = self._open[-1]
        if around.pairs is None:
            around.items.append(value)
        elif around.key is None:
            if not isinstance(value, str):
                raise self._wrong(event, "has a name that is no text")
            around.key = _MERGE if plain and value == "<<" else value
        elif around.key == _MERGE:
            around.merge(value, self._wrong(event, "merges what is no mapping"))
        elif around.key in around.pairs:
            raise self._wrong(event, f"has the name {around.key} again, in the same mapping")
        else:
            around.pairs[around.key] = value
            around.key = None

    def _check_tag(self, event: yaml.Event, known: frozenset[str]) -> None:
        if event.tag is not None and event.tag not in known:
            tag = event.tag.removeprefix(_PLAIN)[:40]
            raise self._wrong(event, f"has the tag {tag!r}, which no inventory has")

    def _wrong(self, event: yaml.Event, what: str) -> LocalParameterError:
        return _wrong(self._path, f"line {event.start_mark.line + 1} {what}")


class _Open:
    """A list or a mapping that is not over."""

    def __init__(self, start: yaml.Event, pairs: dict[str, object] | None) -> None:
        self.start = start
        self.pairs = pairs
        self.items: list[object] = []
        self.key: str | None = None
        self._merged: dict[str, object] = {}

    def merge(self, value: object, refusal: LocalParameterError) -> None:
        """The first of several wins, and what is written out before all of them (YAML 1.1, merge)."""
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                raise refusal
            self._merged = {**one, **self._merged}
        self.key = None

    def whole(self) -> object:
        return self.items if self.pairs is None else {**self._merged, **self.pairs}


def _some_of(file: BinaryIO) -> bytes:
    return file.read(LONGEST + 1)


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding).removeprefix("\ufeff")


def _wrong(path: str, what: str) -> LocalParameterError:
    return LocalParameterError(f"{path}: {what}", hint="see docs/vmha.rst for its form")


def _unwritten(path: str, error: OSError) -> LocalParameterError:
    return LocalParameterError(
        f"{path} cannot be written: {error.strerror}",
        hint="remove what is there, or name another file with --secrets",
    )
