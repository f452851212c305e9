"""What is generated, or listed by hand, is what it describes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.metadata import ROOT, documents
from vmha_ocf.agent.version import VERSION


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
    assert "\nversion = attr: vmha_ocf.agent.version.VERSION\n" in (ROOT / "setup.cfg").read_text()
    packaged = (ROOT / "debian" / "changelog").read_text().splitlines()[0]
    assert packaged.startswith(f"vmha-ocf ({VERSION}) ")
    assert f"vmha-ocf_{VERSION}_all.deb" in (ROOT / "docs" / "start.rst").read_text()
    newest = re.search(r"^(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.rst").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == VERSION
