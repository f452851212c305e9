"""Fencings that this worker saw happen: by its own monotonic clock, and by nobody's stamp. Pure.

Stamps are as right as the clock of whoever wrote them, and a record may be restored; what Pacemaker says
of now is neither. One is seen by two changes that belong together: a node that did not count as fenced and
away does so now, and Pacemaker remembers a later fencing of it than ever before. The one alone may be a
remote that is reconnected, the other a history that was learnt late. What was there at the first look was
not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmha_ocf.model import NEVER, Epoch, Monotonic, NodeName
from vmha_ocf.proof.presence import Nodes

TOGETHER = 180.0
"""Seconds within which all is told of one fencing: by the flag, by the history, by the node's own state."""


@dataclass(frozen=True, slots=True)
class _Node:
    latest: Epoch
    """Its latest fencing, as far as Pacemaker has ever told."""
    fenced: bool
    rose: Monotonic | None = None
    """When ``latest`` had not yet become later, and when it did not yet count as fenced."""
    fell: Monotonic | None = None


class SeenFencings:
    def __init__(self) -> None:
        self._nodes: Mapping[NodeName, _Node] = {}
        self._last: Nodes | None = None
        self._looked = Monotonic(0.0)

    def look(self, nodes: Nodes, now: Monotonic) -> None:
        """``nodes``: as Pacemaker has them. The same answer once more is no look."""
        if nodes is self._last:
            return
        self._nodes = {name: self._after(name, nodes) for name in nodes}
        self._last, self._looked = nodes, now

    def at(self, name: NodeName) -> Monotonic | None:
        """The last one of a node: it was not fenced yet then, and was before the next look."""
        node = self._nodes.get(name)
        if node is None or node.rose is None or node.fell is None:
            return None
        together = abs(node.rose - node.fell) <= TOGETHER
        return min(node.rose, node.fell) if together else None

    def _after(self, name: NodeName, nodes: Nodes) -> _Node:
        state, before = nodes[name], self._nodes.get(name)
        at = state.fenced_at or NEVER
        if before is None:
            return _Node(at, state.fenced)
        return _Node(
            latest=max(at, before.latest),
            fenced=state.fenced,
            rose=self._looked if at > before.latest else before.rose,
            fell=self._looked if state.fenced and not before.fenced else before.fell,
        )
