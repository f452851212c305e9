"""The documentation's pictures are what their texts say."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from tests.pictures import bars, sequence
from tests.pictures.__main__ import pictures
from tests.pictures.bars import Span

SVG = "{http://www.w3.org/2000/svg}"
ALL = dict(pictures())
TALK = """
title: t
lanes: Pacemaker | Nova
"""


def words(svg: str) -> list[str]:
    return [str(one.text) for one in etree.fromstring(svg.encode()).iter(f"{SVG}text")]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_it_is_drawn_as_its_text_is_now(path: Path) -> None:
    assert path.read_text() == ALL[path], "python3 -m tests.pictures draws it anew"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_nothing_of_it_is_beyond_its_edge(path: Path) -> None:
    root = etree.fromstring(ALL[path].encode())
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for box in root.iter(f"{SVG}rect"):
        x, y, wide, high = (float(box.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height


def test_steps_are_drawn_in_their_order() -> None:
    talk = sequence.read(TALK + "Pacemaker: looks\nPacemaker -> Nova: asks\n-- later\nNova: done")
    assert words(sequence.drawn(talk)) == ["Pacemaker", "Nova", "looks", "asks", "later", "done"]


@pytest.mark.parametrize("line", ["Pacemaker asks", "Nobody: asks", "Nova -> Nobody: asks"])
def test_what_is_no_step_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="is no step of Pacemaker, Nova"):
        sequence.read(TALK + line)


def test_a_span_is_drawn_to_scale_and_says_its_times() -> None:
    drawn = bars.drawn([Span("a", 0, 10), Span("b", -1, 20), Span("c", 5, 0)], "t")
    assert words(drawn) == ["t", "a", "0.0 to 10.0 s", "b", "0.0 to 20.0 s", "c", "not seen"]
    long = [
        float(one.get("width", ""))
        for one in etree.fromstring(drawn.encode()).iter(f"{SVG}rect")
        if one.get("class") == "bar"
    ]
    assert long[1] == pytest.approx(2 * long[0], abs=0.1)
