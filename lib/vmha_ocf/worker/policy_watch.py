"""The worker says which policy its controller has, and looks whether the others have the same."""

from __future__ import annotations

from vmha_ocf.agent.due import Due
from vmha_ocf.cloud.policy.everywhere import ATTRIBUTE, differs
from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.cluster.controllers import controllers
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Ports
from vmha_ocf.proof.presence import Nodes

_EVERY = 30.0
"""Seconds between two looks while nothing changes here, ..."""
_SOON = 3.0
"""... and as long as others have not the same: somebody is about to copy the file, and waits for it."""


class PolicyWatch:
    """``me``: this controller, as Pacemaker calls it."""

    def __init__(self, ports: Ports, me: str, in_force: InForce) -> None:
        self.problem = ""
        self._ports = ports
        self._me = NodeName(me)
        self._in_force = in_force
        self._due = Due(ports.clock)
        self._mine = ""
        self._has_looked = False

    @property
    def is_the_same(self) -> bool:
        """Everywhere, as far as was seen: then something new may be asked for by policy."""
        return self._has_looked and not self.problem

    def look(self, nodes: Nodes, configuration: Configuration) -> None:
        """Without a policy nothing is read. Raises FlagsUnavailable, FlagNotWritten."""
        mine = self._in_force.word
        if mine != self._mine:
            self._mine = mine
            self._due.again("look")
        if not mine or not configuration.resources:
            self.problem, self._has_looked = "", False
            return
        if self._due.soon("look", _SOON if self.problem else _EVERY):
            self._look(mine, nodes, configuration)

    def _look(self, mine: str, nodes: Nodes, configuration: Configuration) -> None:
        said = self._ports.notes.read(ATTRIBUTE)
        if said.get(self._me) != mine:
            self._ports.notes.write(self._me, ATTRIBUTE, mine)
        self._due.now("look", 0.0)
        self.problem = differs(self._me, mine, said, controllers(nodes, configuration))
        self._has_looked = True
