"""The record of runs, and the table of docs/compatibility.rst that is drawn from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab import cases
from tests.lab.outcome import Verdict
from tests.lab.record.runs import Run, Versions, all_runs, record_of
from tests.lab.record.table import PAGE, drawn, table

_BOOKWORM = Versions(
    "12", "2.1.5", "3.1.7", "0.11.5", "4.12.1", "3.11.2", "34.0.0", "processes", "lab"
)
_TRIXIE = replace(_BOOKWORM, debian="13", pacemaker="3.0.0", pcs="0.12.0")
_REAL = replace(_BOOKWORM, guests="libvirt 9.0.0, QEMU 7.2.22, TCG")


def _run(case: str, versions: Versions = _BOOKWORM, verdict: str = "passed") -> Run:
    return Run(case, versions, verdict, "2026-11-28", 60.5)


def test_the_page_shows_what_the_record_says() -> None:
    text = PAGE.read_text()
    assert drawn(text, all_runs()) == text, "python3 -m tests.lab.record"


def test_what_is_recorded_is_a_case_of_today_or_the_demo() -> None:
    """A case that has gone, or has another name, goes from the record, too."""
    known = {one.name for one in cases.ALL} | {"demo"}
    assert {run.case for run in all_runs()} <= known
    assert {run.verdict for run in all_runs()} <= {verdict.value for verdict in Verdict}


def test_a_case_that_is_run_again_counts_once_and_as_what_became_of_it_last(
    tmp_path: Path,
) -> None:
    record_of(_BOOKWORM, tmp_path).add(_run("flaps", verdict="failed"))
    record_of(_BOOKWORM, tmp_path).add(_run("flaps"))
    assert all_runs(tmp_path) == [_run("flaps")]


def test_a_case_keeps_what_it_was_run_with_where_the_next_one_is_run_with_a_newer_part(
    tmp_path: Path,
) -> None:
    newer = replace(_BOOKWORM, pcs="0.11.6")
    record_of(_BOOKWORM, tmp_path).add(_run("flaps"))
    record_of(newer, tmp_path).add(_run("bmc-dead", newer))
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert set(all_runs(tmp_path)) == {_run("flaps"), _run("bmc-dead", newer)}


@pytest.mark.parametrize(
    ("versions", "name"),
    [
        (_BOOKWORM, "debian-12-processes-lab"),
        (_TRIXIE, "debian-13-processes-lab"),
        (_REAL, "debian-12-libvirt-lab"),
        (
            replace(_REAL, guests=f"{_REAL.guests}, without locks"),
            "debian-12-libvirt-without-locks-lab",
        ),
        (
            replace(_BOOKWORM, debian="13 (hosts 12)", hosts="systemd 252"),
            "debian-13-hosts-12-processes-systemd",
        ),
    ],
)
def test_each_kind_of_lab_has_a_file_of_its_own(
    versions: Versions, name: str, tmp_path: Path
) -> None:
    record_of(versions, tmp_path).add(_run("flaps", versions))
    assert [path.stem for path in tmp_path.glob("*.json")] == [name]


def test_the_table_has_a_row_for_each_lab_and_names_what_failed() -> None:
    runs = [
        _run("flaps"),
        _run("bmc-dead"),
        _run("libvirt-killed", verdict="cannot be run"),
        _run("flaps", _TRIXIE, "failed"),
    ]
    lines = [" ".join(line.split()) for line in table(runs).splitlines()]
    assert "12 2.1.5 0.11.5 4.12.1 34.0.0 processes lab 2 0 1 2026-11-28" in lines
    assert "13 3.0.0 0.12.0 4.12.1 34.0.0 processes lab 0 1 0 2026-11-28" in lines
    assert "Failed: flaps (Pacemaker 3.0.0, processes, lab)." in lines


def test_no_row_is_wider_than_the_page() -> None:
    assert max(map(len, table([_run("flaps", _REAL)]).splitlines())) <= 120
