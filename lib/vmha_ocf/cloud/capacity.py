"""Whether the other hosts have room for a host's instances, by what Placement says. Pure.

A bound: by sums of vCPUs and memory alone, and for everything that the host has, tagged or not. Where
there is too little by sums, Nova finds too little as well; not the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.model import NovaHost

CLASSES: Mapping[str, str] = {"MEMORY_MB": "MiB of memory", "VCPU": "vCPUs"}


@dataclass(frozen=True, slots=True)
class HostRoom:
    """Placement's resource provider of one host. Numbers by resource class."""

    host: NovaHost
    capacity: Mapping[str, int]
    """What may be used in all: (total - reserved) x allocation_ratio."""
    used: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shortage:
    host: NovaHost
    needs: int
    free: int
    """On all others together."""
    what: str


def shortages(rooms: Sequence[HostRoom]) -> Sequence[Shortage]:
    """Hosts whose instances the others together have no room for."""
    found = []
    for lost in rooms:
        others = [one for one in rooms if one.host != lost.host]
        for name, what in CLASSES.items():
            free = sum(one.capacity.get(name, 0) - one.used.get(name, 0) for one in others)
            needs = lost.used.get(name, 0)
            if needs > max(0, free):
                found.append(Shortage(lost.host, needs, max(0, free), what))
    return found
