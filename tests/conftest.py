"""What all tiers share: how hypothesis runs, and what is told at the end of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["tests.proof.ahead"]

# The same examples in each run; `make fuzz` looks for new ones. Nothing here is timed.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile("repeatable")

Counts = dict[str, Counter[str]]


@pytest.fixture(autouse=True)
def _named(request: pytest.FixtureRequest) -> None:
    """What a test of conformance stands for, for the summary."""
    for mark in request.node.iter_markers("conformance"):
        request.node.user_properties.append(("conformance", mark.args[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each check of conformance and for each tier, such as ``unit: 214 passed, 96 s``,
    the tables that tests make, and how much was played in virtual time."""
    tiers: Counts = {}
    played = Counter[str]()
    checks: Counts = {}
    rows = defaultdict[str, list[str]](list)
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            tiers.setdefault(_tier(report), Counter())[outcome] += 1
            for name in _properties(report, "conformance"):
                checks.setdefault(name, Counter())[outcome] += 1
            for what, count in _properties(report, "counted"):
                played[what] += count
            for table, row in _properties(report, "row"):
                rows[table].append(row)
    _tell(terminalreporter, "conformance: what others check agents with", checks)
    _tell(terminalreporter, "tiers", tiers, _lasted(terminalreporter))
    for table, lines in rows.items():
        _list(terminalreporter, table, lines)
    _list(
        terminalreporter,
        "in virtual time",
        [f"{what}: {count}" for what, count in played.items()],
    )


def _list(reporter: pytest.TerminalReporter, title: str, lines: list[str]) -> None:
    if lines:
        reporter.section(title)
    for line in lines:
        reporter.line(line)


def _properties(report: pytest.TestReport | pytest.CollectReport, name: str) -> list[Any]:
    """A module that cannot even be imported has none."""
    return [value for key, value in getattr(report, "user_properties", ()) if key == name]


def _tier(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.nodeid.removeprefix("tests/").partition("/")[0]


def _lasted(reporter: pytest.TerminalReporter) -> Mapping[str, float]:
    """Seconds, with those of the fixtures."""
    lasted: dict[str, float] = {}
    for report in (one for found in reporter.stats.values() for one in found):
        if isinstance(report, pytest.TestReport):
            tier = _tier(report)
            lasted[tier] = lasted.get(tier, 0.0) + report.duration
    return lasted


def _tell(
    reporter: pytest.TerminalReporter,
    title: str,
    counted: Counts,
    lasted: Mapping[str, float] | None = None,
) -> None:
    if not counted:
        return
    reporter.section(title)
    for name, counts in sorted(counted.items()):
        told = [f"{count} {outcome}" for outcome, count in counts.items()]
        told += [f"{lasted[name]:.0f} s"] if lasted else []
        reporter.line(f"{name}: {', '.join(told)}")
