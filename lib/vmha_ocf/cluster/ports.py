"""The door to Pacemaker's configuration."""

from __future__ import annotations

from typing import Protocol

from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.ports import Cluster


class ConfiguredCluster(Cluster, Protocol):
    def configuration(self) -> Configuration:
        """What people have configured: resources, fencing levels, the nodes' permanent attributes.

        The parameters of resources hold secrets: nothing of them is shown or logged. It is the whole
        CIB: for now and again, not for each round. Raises ClusterUnavailable."""
