"""What is asked about the whole cloud: once for all hosts, however many have failed."""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.errors import VmhaError
from vmha_ocf.model import ComputeService, ServerGroup
from vmha_ocf.ports import WorkerPorts


class Cloud:
    """Its answers about services are those of one round; ``new_round`` forgets them."""

    def __init__(self, ports: WorkerPorts) -> None:
        self._ports = ports
        self._services: Sequence[ComputeService] | None = None
        self._groups: Sequence[ServerGroup] | None = None

    def new_round(self) -> None:
        self._services = None

    def services(self) -> Sequence[ComputeService]:
        """Raises NovaUnavailable, NovaDenied."""
        if self._services is None:
            self._services = self._ports.nova.services()
        return self._services

    def groups(self) -> Sequence[ServerGroup]:
        """Asked once. Without them nothing is unsafe: members that collide are retried."""
        if self._groups is None:
            try:
                self._groups = self._ports.nova.server_groups()
            except VmhaError as error:
                self._groups = ()
                self._ports.say(f"goes on without server groups: {error}")
        return self._groups
