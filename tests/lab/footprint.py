"""What a whole lab costs: seconds until its guests are up, and the most memory that it took meanwhile."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from tests.lab.demo import Progress
from tests.lab.errors import LabError
from tests.lab.guests.choice import add_choice, chosen
from tests.lab.interrupts import heed
from tests.lab.layout import Lab, lab_from_environment
from tests.lab.machines.choice import add_hosts, planned
from tests.lab.processes import living
from tests.lab.stage import PLAN, Stage, on_stage

GUESTS_PER_HOST = 2
SECONDS, GIB = 120.0, 8.0
"""What a lab of three controllers, three hosts and six guests may cost."""
_EVERY = 1.0


@dataclass(frozen=True)
class Sample:
    """GiB: what the lab's processes have (what several share is split among them, proc(5) PSS), and what
    is in its folder, which is memory too."""

    processes: float
    folder: float

    @property
    def total(self) -> float:
        return self.processes + self.folder


@dataclass
class Watch:
    lab: Lab
    samples: list[Sample] = field(default_factory=list)
    _over: Event = field(default_factory=Event)

    def __enter__(self) -> Watch:
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def most(self) -> Sample:
        return max(self.samples, key=lambda one: one.total, default=Sample(0.0, 0.0))

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            wires = _wires(self.lab)
            pids = {process.pid for process in living() if _wire(process.pid) in wires}
            folder = sum(map(_used, (self.lab.state, self.lab.state / "shared" / "instances")))
            self.samples.append(Sample(proportional({*pids, os.getpid()}), folder))


def proportional(pids: Iterable[int]) -> float:
    """GiB of these processes; one that has ended meanwhile has none."""
    return sum(map(_pss, pids)) / 1024**2


def _pss(pid: int) -> int:
    """KiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _wires(lab: Lab) -> set[int]:
    """The lab's network namespaces, by their inodes: each process of it is in one, Nova's too."""
    return {one.stat().st_ino for one in Path("/run/netns").glob(f"{lab.prefix}-*")}


def _wire(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return 0


def _used(folder: Path) -> float:
    """GiB of its file system, which is the lab's own while it is up."""
    if not folder.is_mount():
        return 0.0
    state = os.statvfs(folder)
    return (state.f_blocks - state.f_bfree) * state.f_frsize / 1024**3


def boot(stage: Stage) -> list[str]:
    client = stage.cloud.client()
    booted = []
    for host in stage.hosts:
        booted += client.boot(f"web-{host}", GUESTS_PER_HOST, host=host)
    stage.wait_beats(booted)
    return booted


def run(words: argparse.Namespace) -> int:
    tell = Progress()
    hypervisor = chosen(words, tell)
    lab = lab_from_environment(3, 3)
    plan = planned(words, PLAN, tell)
    began = time.monotonic()
    with Watch(lab) as watch, on_stage(lab, tell, plan=plan, hypervisor=hypervisor) as stage:
        guests = boot(stage)
        took = time.monotonic() - began
        tell(f"{len(guests)} guests are up")
        time.sleep(5 * _EVERY)
    most = watch.most
    print(
        f"\n{len(lab.controllers)} controllers, {len(lab.computes)} hosts, {len(guests)} guests "
        f"({words.guests}; {words.hosts}): up in {took:.0f} s (at most {SECONDS:.0f}), "
        f"{most.total:.1f} GiB at most (limit {GIB:.0f}): "
        f"{most.processes:.1f} in processes, {most.folder:.1f} in {lab.state}; "
        f"{os.cpu_count()} cores, {len(watch.samples)} samples"
    )
    return int(took > SECONDS or most.total > GIB)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.footprint", description=__doc__)
    add_choice(parser)
    add_hosts(parser)
    words = parser.parse_args()
    heed()
    try:
        return run(words)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is removed", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
