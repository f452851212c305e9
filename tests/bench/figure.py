"""One measured figure and what it is held against. A benchmark prints; it never fails on a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``told`` is the measurement in words, ``value`` and ``goal`` one number each."""

    name: str
    value: float
    goal: float
    unit: str
    told: str

    @property
    def reached(self) -> bool:
        return self.value <= self.goal

    def line(self) -> str:
        mark = "reached" if self.reached else "MISSED"
        return (
            f"{self.name:<52} {self.value:>8.2f} {self.unit:<4} goal {self.goal:>6.2f}  {mark:<8}"
            f" {self.told}"
        )
