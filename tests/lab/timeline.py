"""What happened after a power cut, seen from outside, each fact once, drawn at the end."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tests.lab.guests.judge import silences
from tests.lab.stage import Stage
from tests.pictures.bars import Span

_WIDTH = 60


@dataclass(frozen=True)
class Fact:
    """``key`` names the kind; ``seconds`` since the power cut."""

    key: str
    seconds: float
    text: str


class Timeline:
    """The facts of one failure, in the order in which they were seen."""

    ORDER = ("detected", "fenced", "flagged", "asked", "done", "booted", "compute", "service")

    def __init__(
        self, host: str, tagged: Mapping[str, str], beating: Collection[str] = ()
    ) -> None:
        self.host = host
        self.tagged = tagged
        self.beating = beating
        """Names of those whose first beat elsewhere is to be seen, too."""
        self.facts: list[Fact] = []
        self._start = 0.0
        self._keys: set[str] = set()
        self._moments: dict[str, float] = {}

    def start(self) -> None:
        self._start = time.time()

    def add(self, key: str, text: str, at: float | None = None) -> Fact | None:
        """A fact that is new; ``at`` in seconds of the epoch if it is known better than "now"."""
        if key in self._keys:
            return None
        self._keys.add(key)
        fact = Fact(key, (at or time.time()) - self._start, text)
        self.facts.append(fact)
        return fact

    def note(self, key: str, at: float) -> None:
        """A moment for the drawing, before or after the power cut, that is no fact of its own."""
        self._moments[key] = at - self._start

    def has(self, key: str) -> bool:
        return key in self._keys

    def at(self, key: str) -> float:
        found = (fact.seconds for fact in self.facts if fact.key == key)
        return next(found, self._moments.get(key, 0.0))

    @property
    def since(self) -> float:
        return self._start

    @property
    def missing(self) -> list[str]:
        wanted = [*self.ORDER, *(f"active {name}" for name in self.tagged.values())]
        wanted += [f"beat {name}" for name in self.beating]
        return [key for key in wanted if key not in self._keys]

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def recovered(self) -> float:
        """Seconds until the last tagged instance lived elsewhere."""
        return max((one.seconds for one in self.facts if one.key.startswith("active")), default=0)

    @property
    def spans(self) -> list[Span]:
        return [
            Span("noticed", 0.0, self.at("detected"), "down"),
            Span("fenced", self.at("detected"), self.at("fenced"), "down"),
            Span("asked", self.at("fenced"), self.at("asked")),
            *(
                Span(name, self.at("asked"), self.at(f"active {name}"))
                for name in sorted(self.tagged.values())
            ),
            *(
                Span(f"{name} silent", self.at(f"last {name}"), self.at(f"beat {name}"), "down")
                for name in sorted(self.beating)
            ),
            Span("host back", self.at("fenced"), self.at("booted"), "back"),
            Span("in service", self.at("booted"), self.at("service"), "back"),
        ]

    def draw(self) -> str:
        """One bar per span of the failure, to scale."""
        end = max((one.stop for one in self.spans), default=0.0) or 1.0
        return "\n".join(_bar(one, end) for one in self.spans)


def _bar(span: Span, end: float) -> str:
    name, start, stop, _ = span
    if stop <= 0:
        return f"{name:>14} |{'(not seen)':<{_WIDTH}}|"
    before = int(max(start, 0.0) / end * _WIDTH)
    length = max(1, round((stop - max(start, 0.0)) / end * _WIDTH))
    bar = (" " * before + "#" * length)[:_WIDTH]
    return f"{name:>14} |{bar:<{_WIDTH}}| {start:5.1f} .. {stop:5.1f} s"


def watch(stage: Stage, timeline: Timeline, limit: float) -> Iterator[Fact]:
    """Look from outside until the timeline is complete, or ``limit`` seconds are over."""
    while not timeline.complete and time.time() - timeline.since < limit:
        for look in (_cluster, _flag, _requests, _instances, _beats, _return):
            yield from filter(None, look(stage, timeline))
        time.sleep(0.2)


def _cluster(stage: Stage, line: Timeline) -> Iterator[Fact | None]:
    state = stage.cluster.node_states().get(line.host)
    if state and not state.online and not line.has("detected"):
        yield line.add("detected", f"{line.host} is lost (Pacemaker)")
    if line.has("detected") and not line.has("fenced"):
        for entry in stage.cluster.fence_history(line.host):
            if (
                entry.succeeded
                and entry.completed
                and entry.completed.timestamp() > line.since - 1
            ):
                yield line.add("fenced", f"{line.host} is fenced by {entry.executor}")
    if state and state.online and line.has("fenced"):
        yield line.add("booted", f"{line.host} has booted and is back in the cluster")


def _flag(stage: Stage, line: Timeline) -> Iterator[Fact | None]:
    if line.has("done"):
        return
    flags = stage.flags()
    if line.host not in flags:
        return
    mine = next(one for one in flags.splitlines() if line.host in one)
    yield line.add("flagged", f"{line.host} is flagged")
    if '"no"' in mine:
        yield line.add("done", f"the evacuation of {line.host} is over")


def _requests(stage: Stage, line: Timeline) -> Iterator[Fact | None]:
    if line.has("asked"):
        return
    for record in stage.cloud.migrations():
        if record.source_compute == line.host and record.migration_type == "evacuation":
            yield line.add("asked", "Nova has the first request")
            return


def _instances(stage: Stage, line: Timeline) -> Iterator[Fact | None]:
    if not line.has("asked"):
        return
    for row in stage.cloud.instances():
        name = line.tagged.get(row.uuid)
        settled = row.task_state is None and row.vm_state in ("active", "stopped")
        if name and settled and row.host != line.host:
            yield line.add(f"active {name}", f"{name} is {row.vm_state} on {row.host}")


def _beats(stage: Stage, line: Timeline) -> Iterator[Fact | None]:
    """Real guests only: the first beat elsewhere, at the time when it was found on the disk."""
    if stage.cloud.observer is None:
        return
    found = [
        (one, name)
        for uuid, name in line.tagged.items()
        if name in line.beating and not line.has(f"beat {name}")
        for one in silences(stage.cloud.observer.beats(uuid))
        if one.last.at >= line.since - 3 and one.moved
    ]
    for one, name in sorted(found, key=lambda each: each[0].first.at):
        line.note(f"last {name}", one.last.at)
        yield line.add(f"beat {name}", f"{name} counts on, {one}", one.first.at)


def _return(stage: Stage, line: Timeline) -> Iterator[Fact | None]:
    if not line.has("booted") or not line.has("done"):
        return
    records = [one for one in stage.cloud.migrations() if one.source_compute == line.host]
    if records and all(one.status == "completed" for one in records):
        yield line.add("compute", f"nova-compute runs on {line.host} again")
    row = next(row for row in stage.cloud.services() if row.host == line.host)
    if not row.forced_down and not row.disabled:
        yield line.add("service", f"{line.host} is back in service")
