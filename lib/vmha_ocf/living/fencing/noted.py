"""Which nodes were to be fenced by policy, and when, kept with them. Text and values. Pure.

    vmha-fenced    permanent: ``1763695800 network tenant``, when, for which cause and what had failed; the
                   last ones, divided by "; ", the newest last

It is written before Pacemaker is asked: who comes after a worker that has died there asks for nothing a
second time, and tells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.model import NodeName

ATTRIBUTE = "vmha-fenced"
DAY = 86400.0
"""Seconds in which a node is fenced once."""
UNDER_WAY = 600.0
"""Seconds in which a fencing, and the boot after it, are taken to be under way."""
KEPT = 4
_ONE = re.compile(
    r"(?P<at>[1-9][0-9]{0,11}) (?P<cause>[a-z][a-z-]{0,30}) (?P<what>[!-:<-~]{1,60})"
)
_BETWEEN = "; "


@dataclass(frozen=True, slots=True)
class Noted:
    at: float
    """Seconds since the epoch."""
    cause: str
    what: str


def parse(text: str) -> Sequence[Noted]:
    """What nobody of ours has written counts as nothing."""
    matches = map(_ONE.fullmatch, text.split(_BETWEEN))
    return [Noted(float(one["at"]), one["cause"], one["what"]) for one in matches if one]


def format_all(every: Iterable[Noted]) -> str:
    return _BETWEEN.join(f"{one.at:.0f} {one.cause} {one.what}" for one in [*every][-KEPT:])


def under_way(
    every: Mapping[NodeName, Sequence[Noted]], now: float, *, without: NodeName
) -> NodeName | None:
    """Another node that is being fenced by policy, or boots after it. A time that has not come counts: some
    clock was ahead."""
    return next(
        (
            node
            for node, known in sorted(every.items())
            if node != without and any(now - one.at < UNDER_WAY for one in known)
        ),
        None,
    )
