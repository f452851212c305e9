"""The worker's log where its file cannot be written: /dev/full is a disk that always is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vmha_ocf.backends.process.log import open_log


def test_a_full_disk_costs_lines_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "full" / "evacuate.log"
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    log = open_log("full-disk", str(path))
    for _ in range(100):
        log.info("compute-1: %s", "x" * 1000)
    path.unlink()
    log.info("there is room again")
    told = path.read_text().splitlines()
    assert [line.partition("Z ")[2] for line in told] == ["there is room again"]
    assert capfd.readouterr().err == ""


def test_a_folder_that_is_gone_costs_lines_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gone" / "evacuate.log"
    log = open_log("folder-gone", str(path))
    log.info("before")
    shutil.rmtree(path.parent)
    log.info("lost")
    path.parent.mkdir()
    log.info("after")
    assert path.read_text().endswith("after\n")
    assert capfd.readouterr().err == ""


def test_a_file_that_cannot_be_made_keeps_no_worker_from_its_start() -> None:
    log = open_log("no-file", "/dev/null/evacuate.log")
    log.info("goes on")
    assert not [one for one in log.handlers if getattr(one, "baseFilename", "")]
