"""The cases of the lab that every run of all tests plays; ``make lab`` plays them all."""

from __future__ import annotations

import pytest

from tests.lab import cases
from tests.lab.cases.case import Case
from tests.lab.cases.scene import Scene
from tests.lab.outcome import perform
from tests.lab.stage import Stage

pytestmark = pytest.mark.lab
NAMES = (
    "power-loss",
    "dc-loses-power",
    "stopped-between-fencing-and-evacuation",
    "keystone-and-nova-api-down-before",
    "storm-held-and-released",
    "fifty-instances-and-a-restless-worker",
    "bmc-stuck",
    "returns-during-its-evacuation",
    "manual-confirm",
    "check-finds-planted-mistakes",
    "one-story-through-a-failover",
    "unharmed-by-who-is-told",
)


@pytest.mark.parametrize("case", map(cases.named, NAMES), ids=NAMES)
def test_the_promises_are_kept(stage: Stage, case: Case) -> None:
    assert not case.cannot
    perform(Scene(stage), case)
