"""The record of runs: for each case what became of it when it was last run, and with what.

A file for each kind of lab, so that those who record different ones write different files; a line for
each case, so that two who record the same one seldom meet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

FOLDER = Path(__file__).parent
PROCESSES = "processes"


@dataclass(frozen=True, order=True)
class Versions:
    """What a lab is made of, in the words of the parts themselves."""

    debian: str
    """The controllers' release, and the hosts' where it is another: ``12``, ``13 (hosts 12)``."""
    pacemaker: str
    corosync: str
    pcs: str
    fence_agents: str
    python: str
    nova: str
    guests: str
    """``processes``, or libvirt and QEMU with their versions and how guests were run."""
    hosts: str
    """``lab``, or systemd with its version."""

    @property
    def kind(self) -> str:
        """Which file it is kept in: what does not change with a security update."""
        guests = self.guests.split()[0].lower()
        locks = "-without-locks" if "without locks" in self.guests else ""
        debian = self.debian.translate(str.maketrans(" ", "-", "()"))
        return f"debian-{debian}-{guests}{locks}-{self.hosts.split()[0]}"


@dataclass(frozen=True)
class Run:
    """``verdict`` is that of the report; ``on`` is the day, as 2026-11-28; ``why``: why it was not run."""

    case: str
    versions: Versions
    verdict: str
    on: str
    seconds: float
    why: str = ""


@dataclass
class Record:
    """All runs of one kind of lab, the last one of each case."""

    path: Path
    runs: dict[str, Run] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """Kept at once: who interrupts the rest loses nothing."""
        self.runs[run.case] = run
        self.path.write_text(_written(list(self.runs.values())), encoding="utf-8")


def record_of(versions: Versions, folder: Path = FOLDER) -> Record:
    path = folder / f"{versions.kind}.json"
    found = _read(path) if path.exists() else []
    return Record(path, {run.case: run for run in found})


def all_runs(folder: Path = FOLDER) -> Sequence[Run]:
    return [run for path in sorted(folder.glob("*.json")) for run in _read(path)]


def _read(path: Path) -> list[Run]:
    kept = json.loads(path.read_text(encoding="utf-8"))
    made_of = [Versions(**one) for one in kept["made of"]]
    return [
        Run(case, made_of[one["of"]], one["verdict"], one["on"], one["seconds"], one["why"])
        for case, one in kept["cases"].items()
    ]


def _written(runs: Sequence[Run]) -> str:
    """JSON with a line for each case, and in it which of the labs above it was."""
    made_of = sorted({run.versions for run in runs})
    labs = ",\n".join(f"  {json.dumps(_words(one))}" for one in made_of)
    cases = ",\n".join(_lines(sorted(runs, key=lambda run: run.case), made_of))
    return f'{{\n "made of": [\n{labs}\n ],\n "cases": {{\n{cases}\n }}\n}}\n'


def _words(versions: Versions) -> Mapping[str, str]:
    return {one.name: getattr(versions, one.name) for one in fields(versions)}


def _lines(runs: Sequence[Run], made_of: Sequence[Versions]) -> Iterator[str]:
    for run in runs:
        facts = {
            "of": made_of.index(run.versions),
            "verdict": run.verdict,
            "on": run.on,
            "seconds": round(run.seconds, 1),
            "why": run.why,
        }
        yield f"  {json.dumps(run.case)}: {json.dumps(facts)}"
