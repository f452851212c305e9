"""Every folder here is a scenario: what happens is data, and what follows is the golden log beside it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vmha_ocf.incidents import ailments
from vmha_ocf.model import Turn
from vmha_ocf.sim.base.journal import US, GuestFailed, RestartAccepted
from vmha_ocf.sim.judge.aftermath import CHECKS
from vmha_ocf.sim.judge.invariants import PROMISES
from vmha_ocf.sim.play.run import Outcome, load, run
from vmha_ocf.sim.play.scenario_check import verify
from vmha_ocf.sim.play.scenario_toml import format_scenario, parse

HERE = Path(__file__).parent
GOLDEN = "timeline.log"
SLUGS = sorted(path.parent.name for path in HERE.glob("*/scenario.toml"))


@pytest.fixture(name="outcome", params=SLUGS, scope="module")
def _outcome(request: pytest.FixtureRequest) -> Outcome:
    return run(load(HERE / request.param))


@pytest.fixture(name="folder")
def _folder(request: pytest.FixtureRequest) -> Path:
    slug: str = request.node.callspec.params["outcome"]
    return HERE / slug


def test_it_ends_well(outcome: Outcome, record_property: Callable[[str, object], None]) -> None:
    """Every promise holds, nobody is left behind, and what its author expects comes true."""
    record_property("counted", ("scenarios", 1))
    record_property("counted", ("promises checked", len(PROMISES)))
    for what in CHECKS:
        record_property("counted", (f"runs judged at their end: {what}", 1))
    assert outcome.good, "\n".join([*outcome.broken, *outcome.unmet, outcome.log])


def test_its_log_is_the_golden_one(outcome: Outcome, folder: Path) -> None:
    """A log that is missing is written for you to review; delete it to have it written anew."""
    golden = folder / GOLDEN
    if not golden.exists():
        assert not os.environ.get("CI"), (
            f"{golden} is missing: run this test, review it, commit it"
        )
        golden.write_text(outcome.log, encoding="utf-8")
        pytest.skip(f"{golden} was missing and is written: review it, it is the proof from now on")
    expected = golden.read_text(encoding="utf-8")
    if outcome.log != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), outcome.log.splitlines(), "golden", "now", n=2, lineterm=""
        )
        pytest.fail("\n".join([*lines, f"if this is right: rm {golden}, and run it again"]))


def test_each_restart_is_in_the_history(outcome: Outcome) -> None:
    """Whoever dies meanwhile. What waits for a person there is a problem, too."""
    kept = list(ailments.every(outcome.world.history.read_ailments()))
    asked = {one.patient.instance for one in kept if Turn.ASKED in one.turns}
    journal = outcome.world.core.journal
    failed = {one.instance for one in journal.of(GuestFailed)}
    restarted = {one.instance for one in journal.of(RestartAccepted) if one.by == US}
    assert failed & restarted <= asked, (
        "what is put back after an evacuation is no failure of a guest"
    )
    waiting = [one.told for one in kept if one.told and not one.ended]
    problems = " ".join(outcome.problems)
    assert [told for told in waiting if told not in problems] == []


def test_it_says_what_it_is_about(outcome: Outcome, folder: Path) -> None:
    text = (folder / "README.rst").read_text(encoding="utf-8")
    title, underline, *rest = text.splitlines()
    assert set(underline) == {"="}
    assert len(underline) == len(title)
    assert "\n".join(rest).strip()


def test_it_reads_back_as_it_is_written(outcome: Outcome) -> None:
    assert verify(parse(format_scenario(outcome.scenario))) == outcome.scenario
