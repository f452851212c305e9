"""Every trap that we know of has its scenario, or the named test of what only real parts can show."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TRAPS: dict[str, str] = tomllib.loads((HERE / "traps.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("slug", TRAPS)
def test_a_trap_is_shown(slug: str) -> None:
    shown_by = TRAPS[slug] or f"tests/scenarios/{slug}"
    path, _, test = shown_by.partition("::")
    if test:
        assert test in named_in(ROOT / path), f"{path} has no test {test}"
    else:
        assert (ROOT / path / "scenario.toml").is_file(), f"there is no scenario {path}"


def test_a_scenario_named_after_a_trap_is_the_one_that_shows_it() -> None:
    """So that nobody keeps a lesser test in its place."""
    other = {slug for slug, test in TRAPS.items() if test and (HERE / slug).is_dir()}
    assert not other


def test_every_trap_that_the_documents_tell_of_is_listed() -> None:
    text = (ROOT / "docs" / "traps.rst").read_text(encoding="utf-8")
    told = set(re.findall(r"^([a-z0-9]+(?:-[a-z0-9]+)+)  ", text, re.MULTILINE))
    assert told
    assert told <= TRAPS.keys()


def named_in(path: Path) -> set[str]:
    """As pytest names them: ``test_it`` and ``TestThem::test_it``."""
    return set(_names(ast.parse(path.read_text(encoding="utf-8")).body, ""))


def _names(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _names(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield prefix + node.name
