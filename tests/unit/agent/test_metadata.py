"""What is generated, or listed by hand, is what it describes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.metadata import ROOT, documents


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_generated_files_are_as_the_tables_say(path: Path) -> None:
    """After a change of a table: make metadata."""
    assert path.read_text(encoding="utf-8") == documents()[path]


def test_make_help_tells_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    told = re.findall(r"^# make (\S+)", makefile, re.MULTILINE)
    assert sorted(told) == sorted(set(targets[1].split()) - {"help"})
    real = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert real == set(targets[1].split())


def test_one_version_everywhere() -> None:
    declared = re.search(r"^version = (\S+)$", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
    assert declared
    packaged = (ROOT / "debian" / "changelog").read_text().splitlines()[0]
    assert packaged.startswith(f"vmha-ocf ({declared[1]}) ")
    assert f"vmha-ocf_{declared[1]}_all.deb" in (ROOT / "docs" / "start.rst").read_text()
    newest = re.search(r"^(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.rst").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == declared[1]
