"""What docs/deploy.rst tells people to type."""

from __future__ import annotations

import re

from tests.lab.layout import REPOSITORY


def typed(chapter: str) -> list[str]:
    """The commands of a chapter, each on one line."""
    text = (REPOSITORY / "docs" / "deploy.rst").read_text()
    found = re.search(rf"^{chapter}\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", text, re.M | re.S)
    assert found, f"docs/deploy.rst has no chapter {chapter}"
    blocks = re.findall(r"::\n\n((?:    .*\n|\n)+)", found[1])
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip()]


def one(chapter: str, *words: str) -> str:
    """The command that has these words."""
    (found,) = (line for line in typed(chapter) if all(word in line for word in words))
    return found
