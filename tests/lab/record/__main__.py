"""Draw the table of docs/compatibility.rst anew from the record."""

from __future__ import annotations

from tests.lab.record.runs import all_runs
from tests.lab.record.table import PAGE, drawn

if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8"), all_runs()), encoding="utf-8")
