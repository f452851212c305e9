"""What an operator and a scraper see all along a recovery, taken again and again beside the case."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from tests.lab.cases.scene import Scene
from tests.lab.errors import LabError
from tests.lab.tellers import Told, by_api, told, vmha

_MOVED = ("done", "completed")
_REST = 0.3


@dataclass(frozen=True)
class Sample:
    """``vmha status``, which counts what has moved, between two looks at Nova's database and at the
    flag's record, which Pacemaker tells of."""

    at: float
    asked: str
    """The controller."""
    host: Mapping[str, Any]
    evacuator_on: str
    level: str
    moved: tuple[int, int]
    flagged: tuple[bool, bool]

    @property
    def counted(self) -> int | None:
        """Instances that moved; None where the evacuation is not under way."""
        found = self.host["evacuations"]
        return int(found["moved"]) if found is not None else None


@dataclass
class Samples:
    """Of one host's failure. Its thread ends with the block that it is used in."""

    scene: Scene
    victim: str
    status: list[Sample] = field(default_factory=list)
    api: list[tuple[str, Told]] = field(default_factory=list)
    """The controller that answered, and what."""
    silent: list[str] = field(default_factory=list)
    """Times that ``vmha status`` gave no answer."""

    def __post_init__(self) -> None:
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Samples:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def broken(self) -> Iterator[str]:
        """What they say that is not so by Nova's database and Pacemaker's configuration."""
        for one in self.status:
            least, most = one.moved
            when = f"{one.at - self.scene.harmed:+.1f} s, vmha status on {one.asked}"
            if one.counted is not None and not least <= one.counted <= most:
                yield f"{when}: {one.counted} moved, by Nova's records {least} to {most}"
            if all(one.flagged) and (one.level == "ok" or one.host["flag"] is None):
                yield f"{when}: {one.level}, and nothing of the flag"
        ids = {found.incident for _, found in self.api}
        if len(ids) > 1:
            yield f"one failure, and the API told of {', '.join(sorted(ids))}"

    def _run(self) -> None:
        while not self._over.wait(_REST):
            try:
                self._take()
            except (LabError, KeyError, StopIteration) as error:
                # A controller that dies while it is asked; what it costs is counted.
                self.silent.append(f"{time.time() - self.scene.began:.1f} s: {error}")

    def _take(self) -> None:
        lab = self.scene.stage.lab
        for node in lab.controllers:
            found = by_api(lab, node.name, self.victim)
            if found and float(found[0]["began"]) >= self.scene.began:
                self.api.append((node.name, told(found[0])))
        asked = self.scene.stage.cluster.controller()
        before = self._truth()
        at = time.time()
        data = vmha(self.scene.stage, asked, "status")
        after = self._truth()
        host = next(one for one in data["hosts"] if one["host"] == self.victim)
        moved, flagged = (before[0], after[0]), (before[1], after[1])
        self.status.append(
            Sample(at, asked, host, data["evacuator_on"], data["level"], moved, flagged)
        )

    def _truth(self) -> tuple[int, bool]:
        rows = self.scene.asked(self.victim)
        moved = {row.instance_uuid for row in rows if row.status in _MOVED}
        return len(moved), self.victim in self.scene.stage.records()
