from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.cluster.host_map import parse_host_map


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        ("a:b", {"a": "b"}),
        ("a=b", {"a": "b"}),
        ("a:b;c=d e:f\tg:h", {"a": "b", "c": "d", "e": "f", "g": "h"}),
        ("a:1,2;b:3", {"a": "1,2", "b": "3"}),
        (" a:b ; c:d ;", {"a": "b", "c": "d"}),
        ("a: b", {"a": ""}),
        ("a:", {"a": ""}),
        ("a :b", {}),
        ("a;b:c", {"b": "c"}),
        ("=b;:c", {}),
        ("a:b;a:c", {"a": "c"}),
        ("a:b:c", {"b": "c"}),
        ("a::c", {"a": "c"}),
        (r"a:x\ y\;z;c:d", {"a": "x y;z", "c": "d"}),
        (r"a\:b:c", {r"a\:b": "c"}),
        ("a:b\\", {}),
        ("a:b\nc:d", {"b\nc": "d"}),
    ],
)
def test_it_is_read_as_pacemaker_reads_it(text: str, pairs: dict[str, str]) -> None:
    assert parse_host_map(text) == pairs


@given(st.text(alphabet="ab:=; \\\t\n"))
def test_any_text_is_read_in_one_pass(text: str) -> None:
    assert all(node for node in parse_host_map(text))
