"""Does something grow? Pure: samples in, verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Measure:
    """What is sampled, and by how much its median may rise from the first third to the last."""

    name: str
    unit: str
    slack: float


@dataclass(frozen=True)
class Trend:
    measure: Measure
    first: float
    """Medians of the first third, after the warm-up, and of the last."""
    last: float
    most: float

    @property
    def grows(self) -> bool:
        return self.last - self.first > self.measure.slack


MEASURES = (
    Measure("memory", "MiB", 8.0),
    Measure("threads", "", 2.0),
    Measure("descriptors", "", 2.0),
    Measure("BMC sessions", "", 1.0),
)
WARM_UP = 0.1
"""This part of the samples is left out: libraries are still being loaded."""
LEAST = 12
"""With fewer samples nothing can be said."""


def trends(samples: Sequence[Sequence[float]]) -> list[Trend]:
    """One for each measure; each sample has a value for each of them. Raises ValueError if too few."""
    if len(samples) < LEAST:
        raise ValueError(f"{len(samples)} samples are too few to see growth, {LEAST} are needed")
    settled = samples[int(len(samples) * WARM_UP) :]
    third = max(1, len(settled) // 3)
    found = []
    for measure, values in zip(MEASURES, zip(*settled, strict=True), strict=True):
        first, last = median(values[:third]), median(values[-third:])
        found.append(Trend(measure, first, last, max(values)))
    return found
