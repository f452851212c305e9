"""Spans of time as bars, to scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.pictures.svg import SIZE, Picture, width_of

_WIDTH, _ROW, _TOP, _EDGE = 640.0, 26.0, 40.0, 12.0


class Span(NamedTuple):
    """From ``start`` to ``stop``, in seconds since the failure; a stop of 0: not seen."""

    name: str
    start: float
    stop: float
    kind: str = "bar"
    """bar, down or back: see svg.py."""


def drawn(spans: Sequence[Span], title: str) -> str:
    """As SVG. The longest span ends at the right edge."""
    end = max((one.stop for one in spans), default=0.0) or 1.0
    left = _EDGE + max((width_of(one.name) for one in spans), default=0.0)
    room = _WIDTH - left - width_of("00.0 to 00.0 s") - 2 * _EDGE
    picture = Picture(_WIDTH, _TOP + _ROW * len(spans) + _EDGE, title)
    picture.words(_EDGE, 24, title, "faint")
    for number, one in enumerate(spans):
        top = _TOP + _ROW * number
        base = top + (_ROW + SIZE) / 2 - 3
        start = max(one.start, 0.0)
        picture.words(left - _EDGE / 2, base, one.name, anchor="end")
        if one.stop <= 0:
            picture.words(left, base, "not seen", "faint")
            continue
        long = max((one.stop - start) / end * room, 2.0)
        picture.box(left + start / end * room, top + 4, long, _ROW - 8, one.kind)
        picture.words(_WIDTH - _EDGE, base, f"{start:.1f} to {one.stop:.1f} s", "faint", "end")
    return picture.text()
