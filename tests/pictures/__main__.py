"""Draw the documentation's pictures anew, each from what lies beside it: the sequences from their texts,
the recovery from what a demo has seen (``docs/pictures/recovery.json`` is its ``build/demo.json``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.pictures import bars, sequence

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
TITLE = "The power of a compute host is cut: seconds until its instances run elsewhere"


def pictures() -> Iterator[tuple[Path, str]]:
    """Each file, and what it has to be."""
    for text in sorted(FOLDER.glob("*.txt")):
        yield text.with_suffix(".svg"), sequence.drawn(sequence.read(text.read_text()))
    for seen in sorted(FOLDER.glob("*.json")):
        spans = [bars.Span(*one) for one in json.loads(seen.read_text())["spans"]]
        yield seen.with_suffix(".svg"), bars.drawn(spans, TITLE)


if __name__ == "__main__":
    for path, drawn in pictures():
        path.write_text(drawn)
        print(path)
