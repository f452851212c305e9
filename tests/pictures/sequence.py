"""Who says what to whom, one after another, from a text such as::

    title: A dead host
    lanes: Pacemaker | fence_compute
    Pacemaker: compute-1 is silent
    Pacemaker -> fence_compute: off!

A step without an arrow is of one lane alone; ``--`` is a rule across all of them, with the words after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.pictures.svg import Picture, width_of

_WIDTH, _ROW, _TOP, _EDGE = 640.0, 40.0, 64.0, 12.0
_STEP = re.compile(r"(?P<of>[^:>]+?)(?:\s*->\s*(?P<to>[^:]+?))?:\s*(?P<words>.+)")


@dataclass(frozen=True)
class Step:
    of: str
    to: str
    """Empty: it does that by itself."""
    words: str


@dataclass(frozen=True)
class Talk:
    title: str
    lanes: tuple[str, ...]
    steps: tuple[Step, ...]


def read(text: str) -> Talk:
    """Raises ValueError, which names the line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    title = lines[0].removeprefix("title:").strip()
    lanes = tuple(one.strip() for one in lines[1].removeprefix("lanes:").split("|"))
    return Talk(title, lanes, tuple(_step(line, lanes) for line in lines[2:]))


def _step(line: str, lanes: Sequence[str]) -> Step:
    if line.startswith("--"):
        return Step("", "", line.removeprefix("--").strip())
    found = _STEP.fullmatch(line)
    if not found or not {found["of"], found["to"] or found["of"]} <= set(lanes):
        raise ValueError(f"{line!r} is no step of {', '.join(lanes)}")
    return Step(found["of"], found["to"] or "", found["words"])


def drawn(sequence: Talk) -> str:
    """As SVG."""
    height = _TOP + _ROW * len(sequence.steps) + _EDGE
    picture = Picture(_WIDTH, height, sequence.title)
    apart = _WIDTH / len(sequence.lanes)
    at = {lane: apart * (number + 0.5) for number, lane in enumerate(sequence.lanes)}
    for lane, x in at.items():
        picture.box(x - apart / 2 + 3, _EDGE, apart - 6, 28)
        picture.words(x, _EDGE + 19, lane, anchor="middle")
        picture.line(x, _EDGE + 28, x, height - _EDGE, "life")
    for number, step in enumerate(sequence.steps):
        _draw(picture, step, at, _TOP + _ROW * number)
    return picture.text()


def _draw(picture: Picture, step: Step, at: dict[str, float], top: float) -> None:
    if not step.of:
        picture.line(_EDGE, top + 14, _WIDTH - _EDGE, top + 14)
        picture.words(_WIDTH / 2, top + 30, step.words, "faint", "middle")
        return
    start, end = at[step.of], at[step.to or step.of]
    if step.to:
        picture.arrow(start, end, top + 28)
    middle, half = (start + end) / 2, width_of(step.words) / 2
    middle = min(max(middle, _EDGE + half), _WIDTH - _EDGE - half)
    paper = width_of(step.words)
    picture.box(middle - paper / 2, top + 4, paper, 18, "paper")
    picture.words(middle, top + 19, step.words, anchor="middle")
