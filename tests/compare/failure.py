"""A host with instances loses its power; how long they are away, what it costs, what an interruption does.

Judged from Nova's databases, Pacemaker's history of fencing and the log of Nova's API alone.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from tests.compare.engines import Engine
from tests.lab.cloud.observe import InstanceRow
from tests.lab.errors import LabError
from tests.lab.stage import Stage
from tests.lab.wait import wait_until

TAG = "automatic-recovery"
INTERRUPTED = 20
PATIENCE = 300.0
SLOW = 1.0
"""Seconds more for each POST where a recovery is interrupted, so that there is a middle."""


@dataclass(frozen=True)
class Recovery:
    """Seconds from the power cut, and from when Pacemaker knew the host as fenced, until each instance
    was active elsewhere; requests to Nova's API from the cut on, for each instance."""

    engine: str
    count: int
    since_cut: float
    since_fenced: float
    requests: float


@dataclass(frozen=True)
class Interruption:
    """What there was, ``PATIENCE`` seconds later at most: instances that were left on the dead host, that
    are in error, and for which Nova has more than one evacuation that was not refused."""

    engine: str
    count: int
    left: int
    broken: int
    twice: int


def recovery(stage: Stage, engine: Engine, host: str, count: int) -> Recovery:
    """Raises LabError where they do not come."""
    uuids = _boot(stage, host, count)
    cut, fenced = _fenced(stage, host)
    engine.fenced(stage, host, uuids)
    wait_until("all active elsewhere", lambda: _well(stage, host, uuids), PATIENCE, 0.1)
    end = time.time()
    asked = _requests(stage, cut, end)
    _delete(stage, uuids)
    return Recovery(engine.name, count, end - cut, end - fenced, asked / count)


def interruption(stage: Stage, engine: Engine, host: str, count: int) -> Interruption:
    """By a crash of who recovers, once Nova has the first evacuation; then it is repeated."""
    uuids = _boot(stage, host, count)
    began = len(stage.cloud.migrations())
    stage.cloud.delay("nova-api", before=SLOW, only="POST")
    _fenced(stage, host)
    engine.fenced(stage, host, uuids[: count // 2])
    wait_until(
        "the first evacuation", lambda: len(stage.cloud.migrations()) > began, PATIENCE, 0.05
    )
    stage.cloud.delay("nova-api")
    engine.interrupt(stage, host)
    # Where they do not all come, what it has come to is what is counted.
    with suppress(LabError):
        wait_until("all active elsewhere", lambda: _well(stage, host, uuids), PATIENCE, 0.5)
    found = _counted(stage, engine, host, uuids)
    _delete(stage, uuids)
    return found


def _boot(stage: Stage, host: str, count: int) -> Sequence[str]:
    client = stage.cloud.client()
    return client.boot("compare", count, host=host, tags=[TAG], wait=PATIENCE)


def _fenced(stage: Stage, host: str) -> tuple[float, float]:
    cut = time.time()
    stage.cluster.kill(host)
    stage.cluster.wait_fenced(host, cut)
    return cut, time.time()


def _well(stage: Stage, host: str, uuids: Sequence[str]) -> bool:
    rows = _rows(stage, uuids)
    return all(r.host != host and r.vm_state == "active" and r.task_state is None for r in rows)


def _rows(stage: Stage, uuids: Sequence[str]) -> list[InstanceRow]:
    wanted = set(uuids)
    return [row for row in stage.cloud.instances() if row.uuid in wanted]


def _requests(stage: Stage, since: float, until: float) -> int:
    """Of whoever recovers: nobody else asks Nova's API meanwhile, we read its database."""
    log = stage.cloud.site.logs / "access-nova-api.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return sum(since <= line["at"] <= until for line in lines)


def _counted(stage: Stage, engine: Engine, host: str, uuids: Sequence[str]) -> Interruption:
    rows = _rows(stage, uuids)
    moves = Counter(
        row.instance_uuid
        for row in stage.cloud.migrations()
        if row.migration_type == "evacuation" and row.status not in ("error", "failed")
    )
    return Interruption(
        engine.name,
        len(uuids),
        sum(row.host == host for row in rows),
        sum(row.vm_state == "error" for row in rows),
        sum(moves[uuid] > 1 for uuid in uuids),
    )


def _delete(stage: Stage, uuids: Sequence[str]) -> None:
    stage.cloud.client().delete(uuids)
    stage.cloud.client().wait_deleted(uuids)
