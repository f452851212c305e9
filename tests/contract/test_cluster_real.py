"""Cluster on a real Pacemaker of one node. Fencing over a BMC is for the lab."""

from __future__ import annotations

import time

import pytest

from tests.contract.one_node import NODE, OneNode
from vmha_ocf.backends.cib import Cib
from vmha_ocf.backends.pacemaker import PacemakerCluster
from vmha_ocf.model import NodeName

pytestmark = pytest.mark.real


@pytest.fixture
def cluster(one_node: OneNode) -> PacemakerCluster:
    return PacemakerCluster(Cib(one_node.run), one_node.run)


def test_it_knows_its_own_name_and_state(cluster: PacemakerCluster) -> None:
    assert cluster.local_node() == NODE
    assert cluster.quorate()
    state = cluster.nodes()[NodeName(NODE)]
    assert (state.online, state.fenced) == (True, False)


def test_a_fencing_that_a_person_confirms_is_seen(
    one_node: OneNode, cluster: PacemakerCluster
) -> None:
    before = time.time()
    result = one_node.run(["stonith_admin", "--confirm", "compute-2"], timeout=10)
    assert result.rc == 0, result
    deadline = time.monotonic() + 10
    while not (state := cluster.nodes().get(NodeName("compute-2"))) or not state.fenced:
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
    assert not state.online
    assert state.fenced_by == "a human"
    assert state.fenced_at is not None
    assert before - 1 <= state.fenced_at <= time.time() + 1
