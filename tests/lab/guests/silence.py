"""How long each guest was away, told for people."""

from __future__ import annotations

from collections.abc import Mapping

from tests.lab.guests.judge import silences
from tests.lab.stage import Stage


def told(stage: Stage, names: Mapping[str, str]) -> list[str]:
    """A sentence for each silence of each of these guests, by uuid; none where guests are no real ones."""
    observer = stage.cloud.observer
    if observer is None:
        return []
    width = max(map(len, names.values()), default=0)
    return [
        f"{name:<{width}}  {silence}"
        for uuid, name in sorted(names.items(), key=lambda pair: pair[1])
        for silence in silences(observer.beats(uuid))
    ]
