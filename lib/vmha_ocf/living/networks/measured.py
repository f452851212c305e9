"""What an attribute of a node says of a network. Pure.

Its word counts only where the resource that writes it runs: an agent that was killed leaves its last word
behind, and a connection that moves to another controller takes it away. Neither is a network that is down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cloud.policy.values import Measure
from vmha_ocf.cluster.configuration import INFINITY, INSTANCES, Configuration
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.living.networks.paused import read_guests
from vmha_ocf.living.networks.reading import Reading, State, worse
from vmha_ocf.model import NodeName

_NUMBER = re.compile(r"[+-]?\d{1,9}")
_SCORES = {"INFINITY": INFINITY, "+INFINITY": INFINITY, "-INFINITY": -INFINITY}
_STORAGE = "storage"

Readings = Mapping[tuple[NodeName, str], Reading]
"""By node and network."""


def read_all(
    measured: Mapping[str, Measure],
    said: Mapping[str, Mapping[NodeName, str]],
    nodes: Collection[NodeName],
    configuration: Configuration,
) -> Readings:
    """``said``: what the nodes have of each attribute."""
    readings: dict[tuple[NodeName, str], Reading] = {}
    for network, measure in measured.items():
        for source in _sources(measure, configuration):
            texts = said.get(source.attribute, {})
            for node in nodes:
                reading = source.read(texts.get(node, ""), node in source.there)
                readings[node, network] = worse(readings.get((node, network)), reading)
    return readings


def attributes(measured: Mapping[str, Measure]) -> Sequence[str]:
    """All that is read for them."""
    guests = [ATTRIBUTE] if any(one.paused_guests for one in measured.values()) else []
    return sorted({*guests, *(one.attribute for one in measured.values() if one.attribute)})


def without_storage(
    measured: Mapping[str, Measure],
    said: Mapping[str, Mapping[NodeName, str]],
    configuration: Configuration,
) -> frozenset[NodeName]:
    """By the agent that measures it alone: what a guest says of it ends with the guest's restart."""
    measure = measured.get(_STORAGE)
    if measure is None or not measure.resource:
        return frozenset()
    texts = said.get(measure.attribute, {})
    there = running_on(measure.resource, configuration)
    return frozenset(
        one for one in there if read(measure, texts.get(one, ""), runs=True).state is State.DOWN
    )


@dataclass(frozen=True, slots=True)
class _Source:
    attribute: str
    there: frozenset[NodeName]
    """Where it is written."""
    read: Callable[[str, bool], Reading]


def _sources(measure: Measure, configuration: Configuration) -> Iterator[_Source]:
    if measure.resource:
        there = running_on(measure.resource, configuration)
        yield _Source(measure.attribute, there, lambda text, runs: read(measure, text, runs=runs))
    if measure.paused_guests:
        names = {one.name for one in configuration.of_kind(INSTANCES)}
        there, least = frozenset(_nodes(names, configuration)), measure.paused_guests
        yield _Source(ATTRIBUTE, there, lambda text, runs: read_guests(least, text, runs=runs))


def running_on(resource: str, configuration: Configuration) -> frozenset[NodeName]:
    """By its name, or by that of its clone."""
    names = {one.name for one in configuration.resources if resource in (one.name, one.clone)}
    return frozenset(_nodes(names, configuration))


def read(measure: Measure, text: str, *, runs: bool) -> Reading:
    if not runs:
        return Reading(State.UNKNOWN, f"{measure.resource} does not run there")
    if not text:
        return Reading(State.UNKNOWN, f"{measure.resource} has written no {measure.attribute}")
    well = _is_well(measure, text)
    told = f"{measure.attribute} is {one_line(text, 40)}"
    if well is None:
        return Reading(State.UNKNOWN, f"{told}, which is no number")
    return Reading(State.UP if well else State.DOWN, told)


def _nodes(names: Collection[str], configuration: Configuration) -> Iterator[NodeName]:
    return (one.node for name in names for one in configuration.runs_on(name))


def _is_well(measure: Measure, text: str) -> bool | None:
    """None: nobody can tell."""
    if measure.healthy_from is None:
        return text in measure.healthy
    if text in _SCORES:
        return _SCORES[text] >= measure.healthy_from
    return int(text) >= measure.healthy_from if _NUMBER.fullmatch(text) else None
