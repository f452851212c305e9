"""Agents on the compute hosts that measure networks: clones of what others have written, as
ocf:pacemaker:ping.

Each writes at each monitor what it has measured, so what a failover has wiped is there again soon. Where it
was killed its last word stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.journal import Measured
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.pacemaker.parts import Parts


@dataclass
class Measuring:
    parts: Parts
    measures: Mapping[str, str]
    """By the clone's name, which is the attribute's, too: its value where all is well."""
    found: dict[tuple[str, NodeName], str] = field(default_factory=dict)
    """What it measures there now, where that is another value."""
    gone: set[tuple[str, NodeName]] = field(default_factory=set)
    """Where it does not run."""

    def begin(self, deciding: Callable[[], bool]) -> None:
        self._deciding = deciding
        self.monitor()

    def running(self) -> Mapping[str, list[NodeName]]:
        return {
            name: [host.node for host in self._there() if (name, host.node) not in self.gone]
            for name in self.measures
        }

    def monitor(self) -> None:
        """All of them; called again and again."""
        for name, well in self.measures.items():
            for host in self._there() if self._deciding() else ():
                if (name, host.node) not in self.gone:
                    self._write(name, host.node, self.found.get((name, host.node), well))

    def measure(self, host: Host, name: str, value: str) -> None:
        """From now on, and written at once."""
        world = self.parts.world
        world.say(host.node, f"{name} measures {value}")
        world.core.journal.note(Measured(world.now, host.name, name, value))
        self.found[name, host.node] = value
        if host in self._there() and (name, host.node) not in self.gone:
            self._write(name, host.node, value)

    def kill(self, host: Host, name: str) -> None:
        """It can neither be started again nor take back what it has said."""
        self.parts.world.say(host.node, f"{name} is killed, and does not start again")
        self.gone.add((name, host.node))

    def _write(self, name: str, node: NodeName, value: str) -> None:
        self.parts.world.attrd.put(name, node, value)

    def _there(self) -> list[Host]:
        world = self.parts.world
        return [
            host
            for host in world.hosts.values()
            if host.reachable and world.pacemaker.online(host.node)
        ]
