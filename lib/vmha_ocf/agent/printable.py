"""Text from outside, as it may be shown: a control character would forge a line of a log, or steer
the terminal of whoever reads it. Pure.

Imported by every monitor: nothing beyond the interpreter's own start-up may be imported here.
"""

from __future__ import annotations


def one_line(text: str, most: int = 2000) -> str:
    """On one line, blanks for what cannot be printed, and at most so many characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def lines(text: str) -> str:
    """Of several lines, such as a traceback: each of them, with its indentation."""
    return "\n".join(
        "".join(c if c.isprintable() else " " for c in line)[:2000] for line in text.split("\n")
    )
