"""What became of each case, as a value; and the play that leads to it."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from enum import Enum

from tests.lab.cases.case import Case
from tests.lab.cases.scene import Scene
from tests.lab.errors import LabError
from tests.lab.recovery import Broken, Recovery, await_recovery
from tests.lab.stage import Stage
from tests.lab.story import drawn, story


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"
    CANNOT = "cannot be run"


@dataclass(frozen=True)
class Outcome:
    """Times in seconds; those to recover count from the first harm."""

    case: Case
    verdict: Verdict
    problems: list[str] = field(default_factory=list)
    instances: float | None = None
    hosts: float | None = None
    took: float = 0.0
    story: str = ""


def play(stage: Stage, case: Case) -> Outcome:
    """Run one case on a healthy stage. Never raises for what the case does or finds."""
    scene = Scene(stage)
    problems: list[str] = []
    recovery: Recovery | None = None
    try:
        recovery = perform(scene, case)
    except (Broken, LabError) as error:
        problems = told(error)
    except Exception:  # noqa: BLE001 - a bug of the case fails it; the others still run
        problems = [traceback.format_exc()]
    return Outcome(
        case,
        Verdict.FAILED if problems else Verdict.PASSED,
        problems,
        recovery.instances - scene.harmed if recovery else None,
        recovery.hosts - scene.harmed if recovery else None,
        time.time() - scene.began,
        drawn(scene, story(scene, recovery)),
    )


def told(error: BaseException | None) -> list[str]:
    """With what it hides: what a case has found comes before what then could not be put back."""
    if not isinstance(error, (Broken, LabError)):
        return []
    hidden = [] if error.__suppress_context__ else told(error.__context__)
    return [*hidden, *(error.problems if isinstance(error, Broken) else [str(error)])]


def perform(scene: Scene, case: Case) -> Recovery:
    """Raises Broken for a promise that was not kept, LabError for what does not come."""
    with scene.afterwards:
        try:
            return await_recovery(scene.stage, case.inject(scene), scene.began)
        except KeyboardInterrupt:
            # All of the stage goes; what is put back on it takes half a minute, and its failure would
            # be told instead of the interrupt.
            scene.afterwards.pop_all()
            raise
