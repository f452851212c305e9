"""What a round of the worker ends with, and how long it rests then. Values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.incidents.around import Around
from vmha_ocf.model import Flag, InstanceId, NovaHost

CROWD = 10
"""Evacuations in flight."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds between two looks."""

    busy: float = 0.05
    """After a round that asked Nova for something."""
    following: float = 1.0
    crowded: float = 2.0
    """As following, with more than CROWD evacuations in flight: one look sees many of them end."""
    filling: float = 0.5
    """So many in flight, and more that wait for their room."""
    idle: float = 10.0
    """Nothing is flagged; a change of a flag or an alert ends it at once."""
    trouble: float = 3.0
    returning: float = 3.0
    services: float = 30.0
    longest_step: float = 20.0
    """A step of a round that took longer leaves the other hosts to the next one: somebody watches
    whether rounds end."""


@dataclass(frozen=True, slots=True)
class Round:
    sentence: str
    problems: Sequence[str]
    """What a person should see (exit 190), worst first."""
    pause: float
    """Seconds until the next round, unless something changes."""
    told: Mapping[InstanceId, str] = field(default_factory=dict)
    """Instances that are not evacuated as things are, and why."""
    flags: Mapping[NovaHost, Flag] | None = None
    """As the round found them; None if they could not be read."""
    around: Around | None = None
    """What it has seen besides, for whoever looks on."""
