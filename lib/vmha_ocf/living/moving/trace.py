"""What we have begun to move: written before the request, as a permanent attribute of the host's node, so
that whoever comes after a worker that was killed goes on, and takes nobody else's migration for ours. Pure.

It holds how much Nova knew of the instance before: what is newer in Nova's lists came after. Who has asked
himself needs no clock for that. Who finds a trace of somebody else believes it for what Nova made just
then: one that is old, or that a restored configuration has brought back, fits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.episode import Episode
from vmha_ocf.model import NEVER, Epoch, InstanceId, NovaHost

ATTRIBUTE = "vmha-moves"
MOST = 8
"""Of one node."""
_ENTRY = re.compile(
    r"(?P<instance>[0-9A-Za-z-]{1,64}) (?P<kind>[a-z-]{1,20}) (?P<since>[0-9]{1,11}) "
    r"(?P<at>[0-9]{1,11}) (?P<actions>[0-9]{1,6}) (?P<moves>[0-9]{1,6}) (?P<host>[^\s;]{1,255})"
)
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Trace:
    episode: Episode
    """The failure that it is moved for."""
    host: NovaHost
    """That it leaves."""
    actions: int = 0
    """In Nova's list of what was asked of it, before our request."""
    moves: int = 0
    """In Nova's list of its moves, likewise."""
    at: Epoch = NEVER
    """When it was written, by our clock."""
    is_found: bool = False
    """Somebody else has written it."""

    @property
    def instance(self) -> InstanceId:
        return self.episode.instance


def format_traces(traces: Iterable[Trace]) -> str:
    return ";".join(
        f"{one.instance} {one.episode.kind.value} {one.episode.since:.0f} "
        f"{one.at:.0f} {one.actions} {one.moves} {one.host}"
        for one in traces
    )


def parse_traces(text: str) -> Sequence[Trace]:
    """What none of us wrote says nothing."""
    found = [_trace(match) for match in map(_ENTRY.fullmatch, text.split(";")) if match]
    return [one for one in found if one is not None][:MOST]


def _trace(match: re.Match[str]) -> Trace | None:
    kind = _KINDS.get(match["kind"])
    if kind is None:
        return None
    since, at = (Epoch(float(match[name])) for name in ("since", "at"))
    episode = Episode(InstanceId(match["instance"]), kind, since)
    host, actions, moves = NovaHost(match["host"]), int(match["actions"]), int(match["moves"])
    return Trace(episode, host, actions, moves, at, is_found=True)
