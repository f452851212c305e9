"""The time line of a case, put together afterwards from what was seen from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.cases.scene import Scene
from tests.lab.guests.judge import silences
from tests.lab.promises import seconds
from tests.lab.recovery import Recovery

_UNTOLD = ("power-read",)


@dataclass(frozen=True)
class Line:
    at: float
    text: str


def story(scene: Scene, recovery: Recovery | None) -> list[Line]:
    """Notes of the harm, events of the lab, requests at Nova, lives of guests: in order of time."""
    lines = [Line(note.at, note.text) for note in scene.notes]
    lines += _events(scene)
    lines += _requests(scene)
    lines += _guests(scene)
    lines += _silences(scene)
    if recovery:
        lines += [
            Line(recovery.instances, "every tagged instance is back"),
            Line(recovery.hosts, "every host is back in service"),
        ]
    return sorted(lines, key=lambda line: line.at)


def drawn(scene: Scene, lines: list[Line]) -> str:
    """Seconds since the first harm in front of each sentence; equal ones that follow are counted."""
    told: list[str] = []
    for line in lines:
        told.append(f"{line.at - scene.harmed:+8.1f} s  {line.text}")
    return "\n".join(told)


def _events(scene: Scene) -> Iterator[Line]:
    for event in scene.stage.cluster.events():
        if event.at >= scene.began and not event.kind.startswith(_UNTOLD):
            yield Line(event.at, f"{event.node}: {event.kind} ({event.source})")


def _requests(scene: Scene) -> Iterator[Line]:
    """Nova's times have whole seconds. The first request of each host, and how many there were."""
    for host in scene.stage.hosts:
        records = scene.asked(host)
        if records:
            first = min(seconds(row.created_at) for row in records)
            failed = sum(row.status in ("error", "failed") for row in records)
            told = f", {failed} of them failed" if failed else ""
            yield Line(first, f"{host}: the first of {len(records)} requests at Nova{told}")


def _guests(scene: Scene) -> Iterator[Line]:
    """Starts on another host than that of the first life: the first and the last of each host."""
    names = {row.uuid: row.name for row in scene.stage.cloud.instances()}
    homes: dict[str, str] = {}
    starts: dict[str, list[tuple[float, str]]] = {}
    for run in scene.stage.cloud.guest_history():
        if run.uuid in names and run.host != homes.setdefault(run.uuid, run.host):
            name = names[run.uuid]
            starts.setdefault(homes[run.uuid], []).append(
                (run.start / 1000, f"{name} runs on {run.host}")
            )
    for home, moves in starts.items():
        (first, told), (last, told_last) = min(moves), max(moves)
        yield Line(first, f"{home}: {told}, the first of {len(moves)}")
        if len(moves) > 1:
            yield Line(last, f"{home}: {told_last}, the last of {len(moves)}")


def _silences(scene: Scene) -> Iterator[Line]:
    """Real guests only: for how long those were away that count elsewhere since the harm."""
    observer = scene.stage.cloud.observer
    if observer is None:
        return
    away = [
        one
        for row in scene.stage.cloud.instances()
        for one in silences(observer.beats(row.uuid))
        if one.moved and one.last.at >= scene.harmed - 3
    ]
    if away:
        seconds = sorted(one.seconds for one in away)
        told = f"{len(away)} times a guest counts on elsewhere"
        yield Line(
            max(one.first.at for one in away),
            f"{told}, after a silence of {seconds[0]:.1f} to {seconds[-1]:.1f} s",
        )
