"""What all tiers share: the count of each at the end of a run."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line per tier, such as ``unit: 214 passed``."""
    tiers: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            tier = report.nodeid.removeprefix("tests/").partition("/")[0]
            tiers.setdefault(tier, Counter())[outcome] += 1
    terminalreporter.section("tiers")
    for tier, counts in sorted(tiers.items()):
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        terminalreporter.line(f"{tier}: {told}")
