"""The boots that nobody has looked after, in the memory of the controllers too: nobody restores that.

Whoever restores the cluster's configuration brings back what it knew of the boots of its hosts then. A boot
whose instances are told, and wait for a person to start them, would be told no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vmha_ocf.cluster.flag_texts import same
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Ports
from vmha_ocf.proof import boots
from vmha_ocf.proof.boots import Served


class WaitingBoots:
    """In each look: ``bring_back``, then ``keep``."""

    def __init__(self, ports: Ports) -> None:
        self._notes = ports.notes
        self._kept: Mapping[str, str] = {}

    def bring_back(self, nodes: Collection[NodeName]) -> None:
        """What was taken away of these nodes is written again. Raises as Notes do."""
        kept = self._notes.read_passing(boots.WAITING)
        self._kept = {key.casefold(): text for key, text in kept.items()}
        written = self._notes.read(boots.SERVED) if kept else {}
        for node in sorted(nodes) if kept else ():
            served = boots.parse_served(written.get(node, ""))
            waiting = boots.parse_served(self._kept.get(boots.waiting_key(node), ""))
            every = boots.with_waiting(served, waiting)
            if every != served:
                self._notes.write(node, boots.SERVED, boots.format_served(every))

    def keep(self, waiting: Mapping[NodeName, Sequence[Served]]) -> None:
        """These, and no others. Raises as Notes do."""
        wanted = {
            boots.waiting_key(node): boots.format_served(served)
            for node, served in waiting.items()
        }
        for key in sorted({*wanted, *self._kept}):
            text = wanted.get(key, "")
            if not same(self._kept.get(key, ""), text):
                self._notes.write_passing(boots.WAITING, key, text)
