"""The Cluster contract on a real Pacemaker of one node."""

from __future__ import annotations

import time

import pytest

from tests.contract.cluster import ClusterContract
from tests.contract.one_node import NODE, OneNode, Tools
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.model import NodeName

pytestmark = pytest.mark.real


class RealStage(Tools):
    def __init__(self, node: OneNode) -> None:
        super().__init__(node)
        self.cluster = PacemakerCluster(Cib(self.run), self.run)

    def now(self) -> float:
        return time.time()

    def wait(self) -> None:
        time.sleep(1.1)

    def confirm(self, node: NodeName) -> None:
        before = self._fenced_at(node)
        # Pacemaker notes whole seconds: of two in one second, the later could not be seen.
        time.sleep(max(0.0, (before or 0.0) + 1.0 - time.time()))
        result = self.node.run(["stonith_admin", "--confirm", node], timeout=10)
        assert result.rc == 0, result
        deadline = time.monotonic() + 10
        while self._fenced_at(node) == before:
            assert time.monotonic() < deadline, f"Pacemaker did not take {node} for fenced"
            time.sleep(0.1)

    def attribute(self, node: NodeName, name: str, value: str) -> None:
        Cib(self.node.run).set_node_attribute(node, name, value)

    def lose_cluster(self) -> None:
        self.lost = True

    def _fenced_at(self, node: NodeName) -> float | None:
        state = self.cluster.nodes().get(node)
        return state.fenced_at if state and state.fenced else None


@pytest.fixture
def stage(one_node: OneNode) -> RealStage:
    return RealStage(one_node)


class TestRealCluster(ClusterContract):
    pass


def test_it_knows_its_own_name_and_whether_it_has_quorum(stage: RealStage) -> None:
    assert stage.cluster.local_node() == NODE
    assert stage.cluster.quorate()
