"""Which resources Pacemaker has given up on a host, as they have failed there too often. Pure.

It shows that as failed actions among others, and that is all. A start that failed counts without end
(start-failure-is-fatal), and so does a stop: what blocks by that is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vmha_ocf.agent.parameter import is_integer
from vmha_ocf.cluster.configuration import COMPUTE, INFINITY, LIBVIRT, Configuration, Resource
from vmha_ocf.model import NodeName
from vmha_ocf.proof.presence import Nodes

_Given = tuple[Resource, NodeName, int]


@dataclass(frozen=True, slots=True)
class Worn:
    """By its resource's name."""

    name: str
    node: NodeName
    sentence: str


def told(configuration: Configuration, nodes: Nodes) -> Iterator[Worn]:
    """Those on hosts that are there."""
    every = (*configuration.of_kind(COMPUTE), *configuration.of_kind(LIBVIRT))
    for one, node, count in _given_up(every, configuration, nodes):
        last = [each for each in configuration.results.get(one.name, ()) if each.node == node]
        stop = any(each.action == "stop" and each.code for each in last)
        yield Worn(one.name, node, _sentence(one, node, count, stop=stop))


def without_nova_compute(configuration: Configuration, nodes: Nodes) -> frozenset[NodeName]:
    """Where nobody but a person has it run again."""
    every = configuration.of_kind(COMPUTE)
    return frozenset(node for _, node, _ in _given_up(every, configuration, nodes))


def _given_up(
    every: Iterable[Resource], configuration: Configuration, nodes: Nodes
) -> Iterator[_Given]:
    for one in every:
        for (resource, node), count in sorted(configuration.failures.items()):
            state = nodes.get(node)
            there = state is not None and state.online and not state.fenced
            if resource == one.name and there and count >= _threshold(one):
                yield one, node, count


def _threshold(resource: Resource) -> int:
    """Without one, or with 0, Pacemaker never gives up, but after a start or a stop that failed."""
    said = resource.meta.get("migration-threshold", "")
    return (int(said) if is_integer(said) else 0) or INFINITY


def _sentence(resource: Resource, node: str, count: int, *, stop: bool) -> str:
    if count >= INFINITY and stop:
        return (
            f"{resource.name} does not end on {node}, and Pacemaker leaves it alone: when it has, "
            f"pcs resource cleanup {resource.name} node={node}"
        )
    what = "does not start" if count >= INFINITY else f"has failed {count} times"
    again = resource.meta.get("failure-timeout", "")
    # 0, in whatever unit, is never.
    until = f"for {again}" if re.search("[1-9]", again) else "before a person says so"
    return (
        f"{resource.name} {what} on {node}, and Pacemaker does not try again {until}: "
        f"pcs resource cleanup {resource.name} node={node}"
    )
