"""Whom the policy leaves to others: each judgement fails on a deliberate break, and not without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.weather.mistakes.over import Over, at
from vmha_ocf.model import FlagState, Instance, NovaHost
from vmha_ocf.sim import World
from vmha_ocf.sim.base.journal import EvacuateAccepted, Fact, FlagWritten, LeftAlone
from vmha_ocf.sim.judge.invariants import check
from vmha_ocf.sim.judge.left_alone import told_and_evacuated, untold
from vmha_ocf.sim.play.run import load, run

ONE = NovaHost("compute-1")
SCENARIO = Path(__file__).parents[2] / "scenarios" / "left-to-be-replaced"


class EvacuatesThemAnyway(Over):
    """Has no eye for what owners say."""

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return [replace(one, metadata={}) for one in self._port.instances_on(host)]


def test_one_that_is_evacuated_anyway_is_found() -> None:
    outcome = run(load(SCENARIO), at("NovaEvacuate.nova", EvacuatesThemAnyway))
    assert any("is not ours" in one for one in outcome.broken)


class Stage:
    def __init__(self) -> None:
        self.world = World.with_hosts(ONE, "compute-2")
        about = {"evacuable": "notify"}
        self.group = self.world.boot(ONE, name="group", metadata=about, left_alone=True)
        self.web = self.world.boot(ONE, name="web")
        self.needed = FlagWritten(10.0, ONE, FlagState.NEEDED, ())
        self.done = FlagWritten(50.0, ONE, FlagState.DONE, (self.group, self.web))

    def told(self, at: float = 20.0) -> Fact:
        return LeftAlone(at, ONE, self.group)

    def untold(self, *facts: Fact) -> list[str]:
        self._note(*facts)
        return [one.partition(": ")[2] for one in untold(self.world)]

    def evacuated(self, *facts: Fact) -> list[str]:
        self._note(*facts, EvacuateAccepted(30.0, ONE, self.group, ()))
        return [one.partition(": ")[0] for one in told_and_evacuated(self.world)]

    def _note(self, *facts: Fact) -> None:
        for fact in facts:
            self.world.core.journal.note(fact)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_told_of_before_it_is_over(stage: Stage) -> None:
    assert stage.untold(stage.needed, stage.told(), stage.done) == []


def test_not_told_of(stage: Stage) -> None:
    why = f"{stage.group} was left alone on compute-1 without a word"
    assert stage.untold(stage.needed, stage.done) == [why]


def test_what_was_told_of_an_earlier_failure_is_no_word(stage: Stage) -> None:
    assert len(stage.untold(stage.told(5.0), stage.needed, stage.done)) == 1


def test_who_says_something_else_is_not_left_alone(stage: Stage) -> None:
    stage.world.database.servers[stage.group].metadata = {"evacuable": "true"}
    assert stage.untold(stage.needed, stage.done) == []


def test_it_is_in_other_hands(stage: Stage) -> None:
    by_another = EvacuateAccepted(20.0, ONE, stage.group, (), by="another")
    assert stage.untold(stage.needed, by_another, stage.done) == []


def test_told_of_and_evacuated(stage: Stage) -> None:
    assert stage.evacuated(stage.needed, stage.told()) == ["P2 at 30.00"]


def test_its_owner_has_taken_it_back(stage: Stage) -> None:
    stage.world.database.servers[stage.group].marks_changed = 25.0
    assert stage.evacuated(stage.needed, stage.told()) == []


def test_its_owner_has_taken_it_back_long_before(stage: Stage) -> None:
    stage.world.database.servers[stage.group].marks_changed = 4.0
    assert stage.evacuated(stage.needed, stage.told()) == ["P2 at 30.00"]


def test_evacuated_and_never_told_of(stage: Stage) -> None:
    assert stage.evacuated(stage.needed) == []


def test_told_of_while_its_host_is_not_proved_to_be_off(stage: Stage) -> None:
    stage.world.core.journal.note(stage.told())
    told = [one for one in check(stage.world) if one.startswith("P1")]
    assert told == [f"P1 at 20.00: {stage.group} was left to others, compute-1 not proven off"]
