"""Since when a network is down, or unknown, from one look after the other. Pure.

Held for its time means seen in each look of that time: what nobody could tell in between begins anew, and
so does all of it where nobody looked for a while, because attrd did not answer for example. Once held, a
failure goes on over a moment in which nobody can tell: the connection of a node has moved, and took its
words with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from vmha_ocf.living.networks.measured import Readings
from vmha_ocf.living.networks.reading import State
from vmha_ocf.model import Monotonic, NodeName

LONGEST_GAP = 30.0
"""Seconds between two looks of one time."""
MOMENT = 60.0
"""Seconds in which all agents of a node have said their words again."""

Place = tuple[NodeName, str]
"""Node and network."""


@dataclass(frozen=True, slots=True)
class Down:
    since: Monotonic
    why: str
    """By its last word."""


@dataclass(frozen=True, slots=True)
class Lasting:
    at: Monotonic = Monotonic(0.0)
    """Of the last look."""
    down: Mapping[Place, Down] = field(default_factory=dict)
    unknown: Mapping[Place, Monotonic] = field(default_factory=dict)
    up: Mapping[Place, Monotonic] = field(default_factory=dict)
    """Known to be, since."""
    wide: Mapping[str, Monotonic] = field(default_factory=dict)
    """When a network was down on too many hosts to be theirs, by the last look that found it so."""

    def is_measured(self, network: str) -> bool:
        """On any node."""
        return any(one == network for _, one in (*self.down, *self.unknown, *self.up))

    def down_for(self, least: float) -> Mapping[str, list[NodeName]]:
        """The nodes of each network that is down for so many seconds."""
        return _by_network(
            place for place, one in self.down.items() if self.at - one.since >= least
        )

    def wide_within(self, seconds: float) -> Collection[str]:
        """The networks that are so, or were: the last host to have it back has not lost it by itself."""
        return [network for network, at in self.wide.items() if self.at - at < seconds]

    def up_for(self, least: float) -> Mapping[str, list[NodeName]]:
        return _by_network(place for place, since in self.up.items() if self.at - since >= least)

    def unknown_for(self, least: float) -> Mapping[str, list[NodeName]]:
        return _by_network(
            place for place, since in self.unknown.items() if self.at - since >= least
        )


def after(
    before: Lasting, readings: Readings, now: Monotonic, held_for: float, most: float = inf
) -> Lasting:
    """``held_for``: the gate's seconds; ``most``: its hosts."""
    if now - before.at > LONGEST_GAP:
        before = Lasting()
    unknown = _since(before.unknown, readings, State.UNKNOWN, now)
    down = {
        place: Down(before.down[place].since if place in before.down else now, reading.why)
        for place, reading in readings.items()
        if reading.state is State.DOWN
    }
    going_on = dict(_going_on(before, unknown, now, held_for))
    down |= going_on
    wide = [net for net, nodes in _by_network(down).items() if len(nodes) > most]
    up = _since(before.up, readings, State.UP, now)
    return Lasting(now, down, unknown, up, {**before.wide, **dict.fromkeys(wide, now)})


def _since(
    before: Mapping[Place, Monotonic], readings: Readings, state: State, now: Monotonic
) -> Mapping[Place, Monotonic]:
    return {
        place: before.get(place, now)
        for place, reading in readings.items()
        if reading.state is state
    }


def _going_on(
    before: Lasting, unknown: Mapping[Place, Monotonic], now: Monotonic, held_for: float
) -> Iterator[tuple[Place, Down]]:
    for place, since in unknown.items():
        known = before.down.get(place)
        if known is not None and since - known.since >= held_for and now - since < MOMENT:
            yield place, known


def _by_network(places: Iterable[Place]) -> Mapping[str, list[NodeName]]:
    found: dict[str, list[NodeName]] = {}
    for node, network in sorted(places):
        found.setdefault(network, []).append(node)
    return found
