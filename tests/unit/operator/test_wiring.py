"""``vmha`` where a library is missing."""

from __future__ import annotations

import sys

import pytest

from vmha_ocf.programs.vmha import main


def test_without_rich_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "vmha_ocf.backends.desk.terminal", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert main(["status"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "vmha: rich is missing (apt-get install python3-rich)\n"
