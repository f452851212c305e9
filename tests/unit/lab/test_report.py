"""The lab's report: what could not be run is never counted as passed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.lab import cases, report
from tests.lab.cases.case import Case
from tests.lab.cases.scene import Scene
from tests.lab.outcome import Outcome, Verdict
from tests.lab.promises import Expected


def _inject(_scene: Scene) -> Expected:
    raise NotImplementedError


_OUTCOMES = (
    Outcome(Case("well", "All is well", _inject, "hosts"), Verdict.PASSED, [], 7.5, 30.0, 40.0),
    Outcome(Case("ill", "All is ill", _inject, "hosts"), Verdict.FAILED, ["P2 two copies"]),
    Outcome(
        Case("odd", "Not here", _inject, "hosts", "no libvirt"), Verdict.CANNOT, ["no libvirt"]
    ),
)


def test_the_table_counts_each_verdict_by_its_name() -> None:
    last = report.table(_OUTCOMES).splitlines()[-1]
    assert last == "1 passed, 1 failed, 1 cannot be run"


def test_the_report_for_machines(tmp_path: Path) -> None:
    facts, junit, text = report.write(tmp_path / "build", _OUTCOMES)
    assert [one["verdict"] for one in json.loads(facts.read_text())] == [
        "passed", "failed", "cannot be run",
    ]  # fmt: skip
    suite = ET.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert text.read_text().startswith("case")


def test_the_names_of_the_cases_are_unique_and_told() -> None:
    assert len({one.name for one in cases.ALL}) == len(cases.ALL)
    assert all(one.text and one.group for one in cases.ALL)


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(KeyError, match="lab-list"):
        cases.named("nothing")
