"""The Cluster contract on the simulator."""

from __future__ import annotations

import pytest

from tests.contract.cluster import ClusterContract
from vmha_ocf.model import NodeName
from vmha_ocf.sim import World


class SimStage:
    def __init__(self) -> None:
        self.world = World.with_hosts("compute-1", "compute-2")
        self.cluster = self.world.cluster()

    def now(self) -> float:
        return self.world.clock().now()

    def wait(self) -> None:
        self.world.run(2)

    def confirm(self, node: NodeName) -> None:
        self.world.fence(node, by="a human", flag=False)

    def attribute(self, node: NodeName, name: str, value: str) -> None:
        self.world.cib.put(node, name, value)

    def lose_cluster(self) -> None:
        self.world.stop_cluster()


class TestSimCluster(ClusterContract):
    @pytest.fixture
    def stage(self) -> SimStage:
        return SimStage()
