"""What was done to the lab and when: one line of JSON per event."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Event:
    at: float
    node: str
    kind: str
    source: str

    def __str__(self) -> str:
        clock = datetime.fromtimestamp(self.at, UTC).strftime("%H:%M:%S.%f")[:-3]
        return f"{clock} {self.node:<12} {self.kind} ({self.source})"


def append_event(path: Path, node: str, kind: str, source: str) -> None:
    # Not time.time(): in a node that may be shifted, and events are everybody's.
    now = time.clock_gettime(time.CLOCK_REALTIME)
    stamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    line = {"time": stamp, "at": round(now, 3), "node": node, "event": kind, "by": source}
    with path.open("a") as events:
        events.write(json.dumps(line) + "\n")


def read_events(path: Path) -> list[Event]:
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [Event(line["at"], line["node"], line["event"], line["by"]) for line in lines]
