"""What fencing by policy reaches the outside through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster.holding_ports import Failures
from vmha_ocf.cluster.ports import ConfiguredCluster
from vmha_ocf.ports import Ports


class FencingPorts(Ports, Protocol):
    @property
    def cluster(self) -> ConfiguredCluster: ...
    @property
    def failures(self) -> Failures: ...
    @property
    def read_room(self) -> Callable[[], Sequence[HostRoom]]:
        """What Placement says of each host. Raises NovaUnavailable, NovaDenied, NotInstalled."""
