"""Waiting until all is well again after a failure, and then asking whether every promise was kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.lab.promises import Expected, broken
from tests.lab.stage import Stage
from tests.lab.wait import wait_until

MOVED = 150.0
"""Longest wait, in seconds, for all tagged instances to live elsewhere."""


class Broken(AssertionError):
    """Promises that were not kept, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Recovery:
    """In seconds of the epoch: when the last tagged instance lived, when all hosts were in service."""

    instances: float
    hosts: float


def await_recovery(stage: Stage, expected: Expected, timeout: float = MOVED) -> Recovery:
    """Raises LabError for what does not come, Broken for a promise that was not kept."""

    def all_elsewhere() -> bool:
        rows = {row.uuid: row for row in stage.cloud.instances()}
        return all(
            rows[uuid].host not in expected.hosts
            and rows[uuid].task_state is None
            and rows[uuid].vm_state in ("active", "stopped")
            for uuid in expected.evacuated
        )

    wait_until("all tagged instances elsewhere", all_elsewhere, timeout, 0.3, stage.worker_log)
    instances = time.time()
    if expected.in_service:
        for host in expected.hosts:
            stage.wait_in_service(host)
    hosts = time.time()
    problems = broken(stage, expected)
    if problems:
        raise Broken(problems)
    return Recovery(instances, hosts)
