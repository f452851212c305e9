"""Which resources Pacemaker has given up on a host, as they have failed there too often. Pure.

It shows that as failed actions among others, and that is all. A start that failed counts without end
(start-failure-is-fatal).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmha_ocf.agent.parameter import is_integer
from vmha_ocf.cluster.configuration import COMPUTE, INFINITY, LIBVIRT, Configuration, Resource
from vmha_ocf.proof.presence import Nodes


def told(configuration: Configuration, nodes: Nodes) -> Iterator[str]:
    """One sentence for each, on hosts that are there."""
    for one in (*configuration.of_kind(COMPUTE), *configuration.of_kind(LIBVIRT)):
        for (resource, node), count in sorted(configuration.failures.items()):
            state = nodes.get(node)
            there = state is not None and state.online and not state.fenced
            if resource == one.name and there and count >= _threshold(one):
                yield _sentence(one, node, count)


def _threshold(resource: Resource) -> int:
    """Without one, or with 0, Pacemaker never gives up, but after a start that failed."""
    said = resource.meta.get("migration-threshold", "")
    return (int(said) if is_integer(said) else 0) or INFINITY


def _sentence(resource: Resource, node: str, count: int) -> str:
    what = "does not start" if count >= INFINITY else f"has failed {count} times"
    again = resource.meta.get("failure-timeout", "")
    until = f"for {again}" if again else "before a person says so"
    return (
        f"{resource.name} {what} on {node}, and Pacemaker does not try again {until}: "
        f"pcs resource cleanup {resource.name} node={node}"
    )
