"""What somebody sends who means harm, or who is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from hypothesis import example
from hypothesis import strategies as st

from vmha_ocf.errors import VmhaError

Test = TypeVar("Test", bound=Callable[..., None])

_PIECES = (
    "-x",
    "--help",
    "--node=other",
    "\x00",
    "\x07",
    "\x1b[2J",
    "\r\n",
    "\nocf-exit-reason:all is well",
    "\u2028",
    "\x85",
    "\ufffe",
    "\u202e",
    "&lt;&#0;&e;",
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/shadow">]>',
    "]]>",
    "'\"",
    "%s %n {0} {bmc}",
    "$(reboot)",
    "../../etc/passwd",
    "9" * 5000,
    "A" * 9_000,
    "nan",
    "inf",
    "-1",
    "1e400",
    "\u0661\u0662",
    "no",
    "yes",
    "nova:",
    "@",
    "=",
)
_TEXTS = st.text(max_size=30) | st.sampled_from(_PIECES)


def each_piece(test: Test) -> Test:
    """Every one of the worst, besides what hypothesis makes of them: for a test of one ``text``."""
    for piece in _PIECES:
        test = example(text=piece)(test)
    return test


def texts() -> st.SearchStrategy[str]:
    """Characters that UTF-8 has: what a file or a tool's output can hold."""
    return st.sampled_from(_PIECES) | st.lists(_TEXTS, max_size=4).map("".join)


def any_texts() -> st.SearchStrategy[str]:
    """Halves of surrogate pairs, too: JSON can name them, and so does an environment that is not
    UTF-8."""
    return texts() | st.text(st.characters(categories=("Cs", "Cc", "L")), max_size=10)


def words() -> st.SearchStrategy[str]:
    """What fits into an argument of a program: anything but NUL."""
    return texts().map(lambda text: text.replace("\x00", "")).filter(bool)


def json_values() -> st.SearchStrategy[object]:
    """Anything that a parser of JSON can hand out."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | any_texts()
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_texts(), inner)
    )


def spoiled(good: object) -> st.SearchStrategy[object]:
    """``good``, with some of its values replaced by anything, or gone."""
    if isinstance(good, dict):
        entries = {key: spoiled(value) | st.just(_GONE) for key, value in good.items()}
        return st.fixed_dictionaries(entries).map(
            lambda found: {key: value for key, value in found.items() if value is not _GONE}
        )
    if isinstance(good, list):
        return st.lists(st.one_of(*map(spoiled, good)), max_size=3) if good else st.just([])
    return st.just(good) | st.just(good) | st.just(good) | json_values()


_GONE = object()


def refusal(call: Callable[[], object]) -> str:
    """The error of ours that it ends with, as people see it; "" if it ends well."""
    try:
        call()
    except VmhaError as error:
        return str(error)
    return ""


def as_sent(value: object) -> object:
    """What arrives when this is sent as JSON."""
    return json.loads(json.dumps(value))
