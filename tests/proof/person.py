"""A person who looks at ``pcs status`` now and again, and types what it says.

What waits for a person has to end when the person does what is shown: a problem with a command that does
not help is no better than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.play.event_kind import Stage
from vmha_ocf.sim.play.events import EVENTS
from vmha_ocf.sim.play.run import Play

PATIENCE = 120.0
"""Seconds that a problem is shown before the person believes it, and before it is answered once more."""
_FENCE = re.compile(r"pcs stonith fence ([\w.-]*\w)")


@dataclass
class Person:
    """``typed``: how often something was."""

    typed: int = 0
    _since: dict[str, float] = field(default_factory=dict)

    def look(self, one: Play) -> None:
        now = one.world.now
        asked = dict.fromkeys(_nodes(one), now)
        self._since = {node: self._since.get(node, now) for node in asked}
        for node, since in self._since.items():
            if now - since >= PATIENCE:
                self._since[node] = now
                self._fence(one, NodeName(node))

    def _fence(self, one: Play, node: NodeName) -> None:
        for host in one.world.hosts.values():
            if host.node == node:
                self.typed += 1
                event = EventSpec(one.world.now, "fence", host=str(node))
                EVENTS["fence"].act(Stage(one.world, one.manager), event)


def _nodes(one: Play) -> Iterator[str]:
    """Which are to be fenced, as ``pcs status`` says."""
    for problem in one.manager.evacuate.told.problems:
        yield from _FENCE.findall(problem)
