from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cloud.policy.test_read import LINES
from vmha_ocf.cloud.policy.lines import Document, Path, parse, statements

TEXT = '''
a = 1            # a comment with [ and "
b.c = { d = [1,
 2], e = "]" }

[t."x.y"]
"k#" = """ three
lines ]
"""
l = \'\'\'"""
[\'\'\'

[[t.list]]
one = 1
[[t.list]]
two = "\\"#"
[t.list.inner]
three = []
[t.list.inner.more]
'''


def lines(text: str) -> dict[Path, int]:
    found = parse(text)
    assert isinstance(found, Document), found
    return dict(found.lines)


def test_each_key_stands_in_the_line_where_it_is_written() -> None:
    found = lines(TEXT)
    assert {path: line for path, line in found.items() if not isinstance(path[-1], int)} == {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 3,
        ("b", "c", "d"): 3,
        ("b", "c", "e"): 3,
        ("t",): 6,
        ("t", "x.y"): 6,
        ("t", "list"): 13,
        ("t", "x.y", "k#"): 7,
        ("t", "x.y", "l"): 10,
        ("t", "list", 0, "one"): 14,
        ("t", "list", 1, "two"): 16,
        ("t", "list", 1, "inner"): 17,
        ("t", "list", 1, "inner", "three"): 18,
        ("t", "list", 1, "inner", "more"): 19,
    }
    assert (found[("t", "list", 0)], found[("t", "list", 1)]) == (13, 15)


def test_what_has_no_line_has_that_of_the_table_above() -> None:
    found = parse("\n[a]\nb = 1\n")
    assert isinstance(found, Document)
    assert (found.line(("a", "b")), found.line(("a", "c", "d")), found.line(("z",))) == (3, 2, 1)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a = 1\nb =\nc = 2\nd e\n", [(2, "Invalid value"), (4, "Expected '='")]),
        ("a = 1\n\na = 2", [(3, "Cannot overwrite a value")]),
        ("[a]\n[b]\n[a]\n", [(3, "Cannot declare")]),
        ("a = [1,\n 2\n", [(1, "Unclosed array")]),
        ('a = "x\nb = 2', [(1, "")]),
        ("a = 1\r\nb = \r\n", [(2, "Invalid value")]),
        ("a = 1\rb = 2", [(1, "")]),
        ("x = " + "9" * 5000, [(1, "no TOML")]),
        ("a = " + "[" * 20000, [(1, "nested too deeply")]),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(text: str, faults: list[tuple[int, str]]) -> None:
    found = parse(text)
    assert isinstance(found, list)
    assert [one.line for one in found] == [line for line, _ in faults]
    for fault, (_, words) in zip(found, faults, strict=True):
        assert words in fault.what


@given(st.lists(LINES, max_size=10).map("\n".join))
def test_cut_into_statements_it_is_whole(text: str) -> None:
    text = text.replace("\r\n", "\n")
    cut = list(statements(text))
    for line, one in cut:
        assert text.split("\n")[line - 1 :][0] == one.split("\n")[0]
    try:
        values = tomllib.loads(text)
    except ValueError:
        return
    assert tomllib.loads("\n".join(one for _, one in cut)) == values


@given(st.lists(LINES, max_size=10).map("\n".join))
def test_every_value_has_a_line_of_its_own(text: str) -> None:
    found = parse(text)
    if isinstance(found, Document):
        assert set(_all(found.values, ())) <= set(found.lines)


def _all(value: object, path: Path) -> list[Path]:
    items = value.items() if isinstance(value, dict) else ()
    return [one for name, inner in items for one in [(*path, name), *_all(inner, (*path, name))]]
