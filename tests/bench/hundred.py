"""A hundred tagged instances on one host of the real Nova: time, requests, memory."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure
from tests.lab.layout import lab_from_environment
from tests.lab.stage import Stage, on_stage
from tests.lab.wait import wait_until

COUNT = 100
TAG = "automatic-recovery"
AT_ONCE = 16


def measure() -> Iterator[Figure]:
    with on_stage(lab_from_environment(1, 4), print) as stage:
        yield from _memory(stage)
        plain = _plain(stage, "compute-1")
        ours, first, requests = _ours(stage, "compute-2", COUNT)
        firsts = [first, *(_ours(stage, host, 2)[1] for host in ("compute-3", "compute-4"))]
        told = f"{ours:.1f} s against {plain:.1f} s of a plain client with {AT_ONCE} threads"
        yield Figure(f"{COUNT} instances, flag to all ACTIVE", ours / plain, 1.2, "x", told)
        told = f"{requests} requests, all of the worker's to Nova until the host was done"
        yield Figure("Nova API requests per instance", requests / COUNT, 1.5, "", told)
        told = "of " + ", ".join(f"{one:.2f}" for one in firsts)
        median = statistics.median(firsts)
        yield Figure("flag written to first POST, median", median, 1.0, "s", told)


def _memory(stage: Stage) -> Iterator[Figure]:
    node = stage.lab.controllers[0].name
    pid = stage.cluster.must(node, ["pgrep", "-f", "vmha_ocf.worker"]).split()[0]
    status = stage.cluster.must(node, ["cat", f"/proc/{pid}/status"])
    rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    yield Figure("worker, idle: memory", rss / 1024, 80, "MiB", "resident")


def _plain(stage: Stage, host: str) -> float:
    """The same requests, sent at once by a client that does nothing else."""
    client = stage.cloud.client()
    uuids = _boot(stage, host, COUNT)
    stage.cluster.pcs("resource", "disable", "nova-evacuate", "--wait=30")
    stage.cluster.kill(host)
    wait_until("the flag", lambda: host in stage.records(), 60)
    client.update_service(host, forced_down=True).expect(200)
    start = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for answer in pool.map(client.evacuate, uuids):
            answer.expect(200)
    seconds = _until_elsewhere(stage, host, uuids) - start
    stage.cluster.pcs("resource", "enable", "nova-evacuate", "--wait=30")
    wait_until("the end of the evacuation", lambda: host not in stage.records(), 90)
    # Who forces a host down by hand has to undo it by hand: it is not ours.
    client.unforce(host, seconds=120)
    _clear(stage, host, uuids)
    return seconds


def _ours(stage: Stage, host: str, count: int) -> tuple[float, float, int]:
    """Seconds to all ACTIVE and to the first POST, both since the flag; requests to Nova."""
    uuids = _boot(stage, host, count)
    stage.cluster.kill(host)
    wait_until("the flag", lambda: host in stage.records(), 60, 0.05)
    record = stage.records()[host]
    flagged = float(record.partition("at=")[2].split()[0])
    end = _until_elsewhere(stage, host, uuids)
    wait_until("the end of the evacuation", lambda: host not in stage.records(), 60)
    asked = [one for one in _requests(stage) if one["at"] >= flagged]
    first = min(one["at"] for one in asked if one["path"].endswith("/action"))
    _clear(stage, host, uuids)
    return end - flagged, first - flagged, len(asked)


def _boot(stage: Stage, host: str, count: int) -> list[str]:
    return stage.cloud.client().boot("bench", count, host=host, tags=[TAG], wait=300)


def _until_elsewhere(stage: Stage, host: str, uuids: Sequence[str]) -> float:
    wanted = set(uuids)

    def elsewhere() -> bool:
        rows = [row for row in stage.cloud.instances() if row.uuid in wanted]
        return all(
            row.host != host and row.vm_state == "active" and row.task_state is None
            for row in rows
        )

    wait_until("all ACTIVE elsewhere", elsewhere, 300, 0.1, stage.worker_log)
    return time.time()


def _requests(stage: Stage) -> list[dict[str, Any]]:
    """The worker's requests to Nova, from Nova's side."""
    log: Path = stage.cloud.site.logs / "access-nova-api.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if "vmha-ocf" in line["agent"]]


def _clear(stage: Stage, host: str, uuids: Sequence[str]) -> None:
    stage.cloud.client().delete(uuids)
    stage.cloud.client().wait_deleted(uuids)
    stage.wait_in_service(host)
