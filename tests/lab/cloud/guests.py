"""Which guests really run, and which ran when and where: from processes and hosts' disks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.lab.cloud.inside.guestbook import MARK
from tests.lab.cloud.site import Site
from tests.lab.events import read_events


@dataclass(frozen=True)
class Guest:
    uuid: str
    host: str
    pid: int


@dataclass(frozen=True)
class Run:
    """One life of a guest on one host, in milliseconds of the epoch. No end: it still runs."""

    uuid: str
    host: str
    start: int
    end: int | None = None


def running(site: Site) -> list[Guest]:
    """Look through all processes of this machine, in whichever namespace they are."""
    found = (_guest(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [guest for guest, state in filter(None, found) if state == str(site.state)]


def _guest(entry: Path) -> tuple[Guest, str] | None:
    try:
        name = (entry / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
        if not name.startswith(MARK):
            return None
        lines = (entry / "environ").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    env = dict(line.partition("=")[::2] for line in lines)
    # bash has the name too for an instant, before it has the environment of a guest.
    host, state = env.get("VMHA_HOST"), env.get("VMHA_STATE")
    if host is None or state is None:
        return None
    return Guest(name.removeprefix(MARK), host, int(entry.name)), state


def history(site: Site) -> list[Run]:
    """Every life of every guest: hosts tell starts and stops, a power-off ends all of a host's."""
    off: dict[str, list[int]] = {}
    for event in read_events(site.state / "events.jsonl"):
        if event.kind == "power-off":
            off.setdefault(event.node, []).append(int(event.at * 1000))
    runs: list[Run] = []
    for log in sorted(site.nodes.glob("*/disk/guests.log")):
        host = log.parents[1].name
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        runs += _runs(host, lines, off.get(host, []))
    return sorted(runs, key=lambda run: (run.start, run.uuid))


def _runs(host: str, lines: Iterable[dict[str, str | int]], off: Iterable[int]) -> Iterator[Run]:
    events = [(int(line["at"]), str(line["event"]), str(line["uuid"])) for line in lines]
    events += [(at, "off", "") for at in off]
    started: dict[str, int] = {}
    for at, event, uuid in sorted(events):
        if event == "start":
            if uuid in started:  # It died unseen, in between.
                yield Run(uuid, host, started[uuid], at)
            started[uuid] = at
        elif event == "stop":
            if uuid in started:
                yield Run(uuid, host, started.pop(uuid), at)
        else:
            for each in sorted(started):
                yield Run(each, host, started[each], at)
            started.clear()
    for uuid, start in started.items():
        yield Run(uuid, host, start)


def overlaps(runs: Iterable[Run]) -> list[tuple[Run, Run]]:
    """Every pair of lives of one guest on two hosts at the same time: there must be none."""
    by_uuid: dict[str, list[Run]] = {}
    for run in runs:
        by_uuid.setdefault(run.uuid, []).append(run)
    return [pair for lives in by_uuid.values() for pair in combinations(lives, 2) if _clash(*pair)]


def _clash(one: Run, other: Run) -> bool:
    if one.host == other.host:
        return False
    now = int(time.time() * 1000) + 1
    return one.start < (other.end or now) and other.start < (one.end or now)
