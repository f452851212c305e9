"""Failure after failure on one lab, for as long as is asked, while the worker is watched for growth."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

from tests.lab import cases, network
from tests.lab.command import run
from tests.lab.demo import Progress
from tests.lab.errors import LabError
from tests.lab.growth import MEASURES, Trend, trends
from tests.lab.health import healed
from tests.lab.interrupts import heed
from tests.lab.layout import BMC_PASSWORD, BMC_USER, lab_from_environment
from tests.lab.outcome import Outcome, Verdict, play
from tests.lab.processes import Process
from tests.lab.stage import Stage, on_stage
from tests.lab.workers import workers

# None of them ends the worker: it is the one that is watched.
FAULTS = (
    "power-loss", "kernel-freeze", "bmc-stuck", "network-cut", "keystone-down-during",
    "remote-daemon-killed", "nova-api-down-after", "two-at-once", "nova-answers-slowly",
)  # fmt: skip
EVERY = 5.0
"""Seconds between two samples."""


@dataclass
class Watch:
    """Samples of one worker, by a thread; a worker that is another one ends the watch's use."""

    stage: Stage
    samples: list[tuple[float, ...]] = field(default_factory=list)
    workers: set[Process] = field(default_factory=set)
    _over: Event = field(default_factory=Event)

    def start(self) -> Thread:
        thread = Thread(target=self._watch, daemon=True)
        thread.start()
        return thread

    def end(self, thread: Thread) -> None:
        self._over.set()
        thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            for process in workers(self.stage.lab).values():
                try:
                    self.samples.append((*_of_worker(process), _sessions(self.stage)))
                    self.workers.add(process)
                except (OSError, LabError):
                    continue


def _of_worker(process: Process) -> tuple[float, float, float]:
    proc = Path("/proc", str(process.pid))
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    resident = float(status["VmRSS"].split()[0]) / 1024
    return resident, float(status["Threads"]), float(len(list((proc / "fd").iterdir())))


def _sessions(stage: Stage) -> float:
    """Open at all compute hosts' BMCs, without the one that asks."""
    return float(sum(_sessions_of(stage, node.bmc_address) for node in stage.lab.computes))


def _sessions_of(stage: Stage, address: str) -> int:
    login = ["-I", "lanplus", "-C", "3", "-N", "1", "-R", "1", "-U", BMC_USER, "-E"]
    asking = ["ipmitool", *login, "-H", address, "session", "info", "active"]
    secret = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "IPMI_PASSWORD": BMC_PASSWORD}
    told = run(network.inside(stage.lab.cloud_netns, *asking), 10.0, environment=secret).output
    found = [line.split(":")[1] for line in told.splitlines() if "active sessions" in line]
    return max(0, int(found[0]) - 1) if found else 0


def soak(stage: Stage, seconds: float, tell: Progress) -> Iterator[Outcome]:
    deadline = time.monotonic() + seconds
    for name in cycle(FAULTS):
        if time.monotonic() > deadline:
            return
        outcome = play(stage, cases.named(name))
        yield outcome
        if not healed(stage, tell):
            raise LabError(f"after {name} the lab is sick", outcome.story)


def table(found: Sequence[Trend]) -> str:
    lines = [f"{'of the worker':<14} {'first third':>12} {'last third':>12} {'most':>10}"]
    for one in found:
        values = "".join(
            f" {value:>{width}.1f}"
            for value, width in ((one.first, 12), (one.last, 12), (one.most, 10))
        )
        grows = "  GROWS" if one.grows else ""
        lines.append(f"{one.measure.name:<14}{values} {one.measure.unit}{grows}")
    return "\n".join(lines)


def _run(stage: Stage, seconds: float, tell: Progress) -> int:
    watch = Watch(stage)
    thread = watch.start()
    outcomes: list[Outcome] = []
    for outcome in soak(stage, seconds, tell):
        outcomes.append(outcome)
        now = ", ".join(
            f"{one.name} {value:.0f} {one.unit}".strip()
            for one, value in zip(
                MEASURES, watch.samples[-1] if watch.samples else (), strict=False
            )
        )
        tell(f"{len(outcomes)}: {outcome.case.name} {outcome.verdict.value}; {now}")
        for problem in outcome.problems:
            print(f"BROKEN: {problem}", flush=True)
    watch.end(thread)
    return _verdict(watch, outcomes)


def _verdict(watch: Watch, outcomes: Sequence[Outcome]) -> int:
    failed = [one.case.name for one in outcomes if one.verdict is Verdict.FAILED]
    found = trends(watch.samples)
    print(f"\n{table(found)}\n{len(watch.samples)} samples, {len(outcomes)} failures of hosts")
    if len(watch.workers) != 1:
        print(f"{len(watch.workers)} workers were seen: nothing can be said of one that ended")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed) or len(watch.workers) != 1 or any(one.grows for one in found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0)
    words = parser.parse_args()
    heed()
    tell = Progress()
    try:
        with on_stage(lab_from_environment(3, 4), tell) as stage:
            return _run(stage, words.seconds, tell)
    except (LabError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is removed", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
