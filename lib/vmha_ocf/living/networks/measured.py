"""What an attribute of a node says of a network. Pure.

Its word counts only where the resource that writes it runs: an agent that was killed leaves its last word
behind, and a connection that moves to another controller takes it away. Neither is a network that is down.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cloud.policy.values import Measure
from vmha_ocf.cluster.configuration import INFINITY, Configuration
from vmha_ocf.model import NodeName

_NUMBER = re.compile(r"[+-]?\d{1,9}")
_SCORES = {"INFINITY": INFINITY, "+INFINITY": INFINITY, "-INFINITY": -INFINITY}


class State(Enum):
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    state: State
    why: str
    """For people."""


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
        there, texts = running_on(measure.resource, configuration), said.get(measure.attribute, {})
        for node in nodes:
            readings[node, network] = read(measure, texts.get(node, ""), runs=node in there)
    return readings


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
