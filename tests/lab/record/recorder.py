"""RECORD=1: what becomes of each case goes into the record, and the page says so."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from tests.lab.record.runs import Run, all_runs, record_of
from tests.lab.record.table import PAGE, drawn
from tests.lab.record.versions import versions
from tests.lab.stage import Stage

Keep = Callable[[str, str, float, str], None]
"""Takes a case's name, the verdict, how many seconds it took, and why it was not run or failed."""


def add_record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record",
        action="store_true",
        help="write what came of it, and with what it was run, to tests/lab/record and into "
        "docs/compatibility.rst",
    )


def recorder(stage: Stage) -> Keep:
    """For a lab that is up: what it is made of is asked once."""
    made_of = versions(stage)
    record = record_of(made_of)

    def keep(case: str, verdict: str, seconds: float, why: str) -> None:
        record.add(Run(case, made_of, verdict, time.strftime("%Y-%m-%d"), seconds, why))
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(drawn(page, all_runs()), encoding="utf-8")

    return keep
