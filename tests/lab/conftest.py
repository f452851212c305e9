"""One stage for all tests of a file: bringing it up takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.health import healed
from tests.lab.layout import lab_from_environment
from tests.lab.release import on_release
from tests.lab.stage import PLAN, Stage, on_stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    lab = lab_from_environment(3, 4)
    with on_stage(lab, print, plan=on_release(PLAN, lab, print)) as up:
        yield up


@pytest.fixture(autouse=True)
def _healthy(stage: Stage) -> None:
    """Each test begins with an empty cloud that is all in service."""
    assert healed(stage, print)
