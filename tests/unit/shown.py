"""What the documents show: commands, files and output, by docutils' own reading of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.rst",
    ROOT / "CONTRIBUTING.rst",
    *sorted((ROOT / "docs").glob("*.rst")),
]
PROMPT = "# "


@dataclass(frozen=True)
class Shown:
    """One command line. ``words`` are without assignments before it and redirections after it."""

    page: str
    line: str
    words: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def blocks(path: Path, language: str = "") -> list[str]:
    """The literal blocks of a page; of one language, if one is given."""
    found = _read(path).findall(nodes.literal_block)
    return [one.astext() for one in found if not language or language in one["classes"]]


def commands() -> list[Shown]:
    """Every command line of every page, in blocks and in the text."""
    every = [one for path in DOCUMENTS for one in _of_page(path)]
    return list({str(one): one for one in every}.values())


def _of_page(path: Path) -> Iterator[Shown]:
    tree = _read(path)
    texts = [one.astext() for one in tree.findall(nodes.literal) if "\n" not in one.astext()]
    for block in tree.findall(nodes.literal_block):
        if not {"yaml", "ini", "json", "toml"} & set(block["classes"]):
            texts += _lines(block.astext())
    for text in texts:
        for command in re.split(r" && | \| |; ", text):
            if shown := _command(path.name, command):
                yield shown


def _lines(block: str) -> list[str]:
    lines = block.replace("\\\n", " ").splitlines()
    typed = [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]
    return typed or lines


def _command(page: str, text: str) -> Shown | None:
    try:
        words = shlex.split(text, comments=True)
    except ValueError:  # what is shown is not a command
        return None
    variables = {}
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    words = [word for word in words if not word.startswith((">", "<"))]
    return Shown(page, " ".join(text.split()), words, variables) if words else None


def _read(path: Path) -> nodes.document:
    quiet = {"report_level": 5, "file_insertion_enabled": False}
    return publish_doctree(path.read_text(), settings_overrides=quiet)
