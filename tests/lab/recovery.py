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
    """In seconds of the epoch: when the last tagged instance lived, when all hosts were in service."""

    instances: float
    hosts: float


def await_recovery(stage: Stage, expected: Expected, since: float = 0.0) -> Recovery:
    """Raises LabError for what does not come, Broken for a promise that was not kept since then."""

    def all_elsewhere() -> bool:
        cloud = stage.cloud
        return not list(not_recovered(cloud.instances(), cloud.migrations(), expected))

    wait_until("all tagged instances elsewhere", all_elsewhere, MOVED, 0.3, stage.worker_log)
    instances = time.time()
    if expected.in_service:
        for host in expected.hosts:
            stage.wait_in_service(host)
    hosts = time.time()
    problems = broken(stage, expected, since)
    if problems:
        raise Broken(problems)
    return Recovery(instances, hosts)
