"""The door to the traces of what we change on compute services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.service import trace


class Traces(Protocol):
    """What we change on compute services, kept where only we write. Raises FlagsUnavailable; writes
    also FlagNotWritten, and are read back before they return."""

    def read(self) -> trace.Traces: ...

    def write(self, trace: trace.Trace, nodes: Sequence[NodeName]) -> None:
        """In the place of the host's former one, if there is one: else on the first of these nodes that
        Pacemaker knows. Raises ParameterError where it knows none, or cannot keep it."""

    def remove(self, host: NovaHost) -> None: ...


class ServicePorts(Ports, Protocol):
    @property
    def traces(self) -> Traces: ...
