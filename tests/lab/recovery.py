"""Waiting until all is well again after a failure, and then asking whether every promise was kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.lab.promises import Expected, broken, not_recovered
from tests.lab.stage import Stage
from tests.lab.wait import wait_until

MOVED = 240.0
"""Longest wait, in seconds, for all tagged instances to live elsewhere."""


class Broken(AssertionError):
    """Promises that were not kept, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Recovery:
    """In seconds of the epoch: when the last of the guests that had to move was started where it is
    now, and when all hosts were in service."""

    instances: float
    hosts: float


def await_recovery(stage: Stage, expected: Expected, since: float = 0.0) -> Recovery:
    """Raises LabError for what does not come, Broken for a promise that was not kept since then."""

    def all_elsewhere() -> bool:
        cloud = stage.cloud
        return not list(not_recovered(cloud.instances(), cloud.migrations(), expected))

    wait_until("all tagged instances elsewhere", all_elsewhere, MOVED, 0.3, stage.worker_log)
    stage.wait_beats(expected.evacuated)
    instances = _last_start(stage, expected) or time.time()
    if expected.in_service:
        for host in expected.hosts:
            stage.wait_in_service(host)
    hosts = time.time()
    problems = broken(stage, expected, since)
    if problems:
        raise Broken(problems)
    return Recovery(instances, hosts)


def _last_start(stage: Stage, expected: Expected) -> float | None:
    """From the hypervisors. None where none of the instances runs: they were stopped, or left."""
    starts = {run.uuid: run.start for run in stage.cloud.guest_history() if run.end is None}
    return max(
        (starts[uuid] / 1000 for uuid in expected.evacuated if uuid in starts), default=None
    )
