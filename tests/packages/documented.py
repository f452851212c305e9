"""What docs/start.rst and docs/deploy.rst tell people to type."""

from __future__ import annotations

import re
import textwrap

from tests.lab.layout import REPOSITORY

PAGES = ("start", "deploy")


def chapters() -> dict[str, str]:
    """By their names; none is on both pages."""
    found: dict[str, str] = {}
    for page in PAGES:
        text = (REPOSITORY / "docs" / f"{page}.rst").read_text()
        split = re.split(r"^(\S[^\n]*)\n-+\n", text, flags=re.M)
        for name, content in zip(split[1::2], split[2::2], strict=True):
            assert name not in found, f"two chapters {name}"
            found[name] = content
    return found


def typed(chapter: str) -> list[str]:
    """The commands of a chapter, each on one line."""
    blocks = re.findall(r"::\n\n((?:    .*\n|\n)+)", chapters()[chapter])
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip()]


def files(chapter: str) -> dict[str, str]:
    """What the files of a chapter are to have in them, by their paths."""
    found = re.findall(
        r"``(/\S+)``:\n\n\.\. code-block:: \w+\n\n((?:    .*\n|\n)+)", chapters()[chapter]
    )
    return {path: textwrap.dedent(text) for path, text in found}


def one(chapter: str, *words: str) -> str:
    """The command that has these words."""
    (found,) = (line for line in typed(chapter) if all(word in line for word in words))
    return found
