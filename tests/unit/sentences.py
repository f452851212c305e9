"""The sentences that the code has for people, read from its source: what a runbook is compared with.

A sentence is a text of three words and more, with ``...`` for what is put in when it is told.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

CODE = Path(__file__).resolve().parents[2] / "lib" / "vmha_ocf"
HOLE = "..."


def texts(module: str) -> set[str]:
    """All of one file, but for docstrings and hints."""
    tree = ast.parse((CODE / module).read_text())
    return {text for text in _texts(tree) if _is_sentence(text)}


def raised(module: str, errors: set[str]) -> set[str]:
    """What one file raises as one of these errors: the first of the arguments that is a text."""
    found = set()
    for node in ast.walk(ast.parse((CODE / module).read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors:
            told = next((text for one in node.args if (text := _text(one)) is not None), "")
            found.add(told)
    return {text for text in found if _is_sentence(text)}


def modules() -> list[str]:
    paths = [path.relative_to(CODE) for path in CODE.rglob("*.py")]
    return sorted(str(path) for path in paths if path.parts[0] != "sim")


def matches(symptom: str, sentence: str) -> bool:
    """Whether they tell the same, each with its own ``...``; a sentence may go on behind."""
    parts = [part for part in symptom.split(HOLE) if part.strip()]
    at = 0
    for part in parts:
        at = sentence.find(part.strip(), at)
        if at < 0:
            return False
        at += len(part.strip())
    begins = symptom.startswith(HOLE) or sentence.startswith((parts[0].strip(), HOLE))
    return begins and bool(parts)


def _is_sentence(text: str) -> bool:
    return len(text.replace(HOLE, " ").split()) >= 2 and len(text.split()) >= 3


def _texts(node: ast.AST) -> Iterator[str]:
    text = _text(node)
    if text is not None:
        yield text
    for child in ast.iter_child_nodes(node):
        if text is not None and not isinstance(child, ast.FormattedValue):
            continue  # a part of it
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.keyword) and child.arg == "hint":
            continue
        yield from _texts(child)


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return re.sub(r"%[sd]|\{\w+\}", HOLE, text)
        case ast.JoinedStr(values=values):
            return "".join(_text(one) or HOLE for one in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            both = _text(left), _text(right)
            return "".join(one or HOLE for one in both) if any(both) else None
    return None
