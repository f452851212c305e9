"""What mutmut left behind: each mutant, what became of it, and what it changed."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum
from os.path import commonprefix
from pathlib import Path


class Fate(Enum):
    KILLED = "killed by a test"
    REFUSED = "refused by mypy"
    SURVIVED = "survived"


# mutmut's own codes, of its stats.py: pytest's, 37 of the type checker, signals where time is over.
_FATES = {0: Fate.SURVIVED, 5: Fate.SURVIVED, 33: Fate.SURVIVED, 37: Fate.REFUSED}
_NOT_RUN = (None, 2, 34)
_AROUND = 24


class NotRun(Exception):
    """mutmut stopped before it came to this mutant."""


@dataclass(frozen=True)
class Mutant:
    module: str
    function: str
    fate: Fate
    change: str
    """``what was there -> what is there now``, with a little around it."""
    is_wording: bool
    """It changes a text of several words: a sentence for people, not a value."""


def read(folder: Path, modules: Collection[str]) -> Iterator[Mutant]:
    """The mutants of these modules, or of all, in mutmut's working copy. Raises NotRun."""
    house = folder / "mutants" / "src" / "vmha_ocf"
    for meta in sorted(house.rglob("*.py.meta")):
        module = ".".join(meta.relative_to(house).parts).removesuffix(".py.meta")
        if modules and module not in modules:
            continue
        codes: Mapping[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        functions = _functions(meta.with_suffix(""))
        for key, code in codes.items():
            if code in _NOT_RUN:
                raise NotRun(key)
            yield _mutant(module, key, code or 0, functions)


def _mutant(module: str, key: str, code: int, functions: Mapping[str, ast.AST]) -> Mutant:
    name = key.rpartition(".")[2]
    original, _, _ = name.rpartition("__mutmut_")
    one, other = functions[f"{original}__mutmut_orig"], functions[name]
    return Mutant(
        module,
        original.removeprefix("x_").removeprefix("xǁ").replace("ǁ", "."),
        _FATES.get(code, Fate.KILLED),
        _change(ast.unparse(one), ast.unparse(other)),
        ast.dump(_without_sentences(one)) == ast.dump(_without_sentences(other)),
    )


def _functions(path: Path) -> Mapping[str, ast.AST]:
    """By name, without the name."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            name, node.name = node.name, "f"
            found[name] = node
    return found


def _change(one: str, other: str) -> str:
    """Both without what they begin and end with alike, but for some characters of that."""
    same = len(commonprefix([one, other]))
    one, other, before = one[same:], other[same:], one[max(0, same - _AROUND) : same]
    same = len(commonprefix([one[::-1], other[::-1]]))
    after = one[len(one) - same :][:_AROUND]
    pair = (text[: len(text) - same] for text in (one, other))
    return " -> ".join(" ".join(f"{before}{text}{after}".split()) for text in pair)


def _without_sentences(function: ast.AST) -> ast.AST:
    return _Silencer().visit(deepcopy(function))  # type: ignore[no-any-return]


class _Silencer(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str) and " " in node.value.strip():
            return ast.Constant("a sentence")
        return node
