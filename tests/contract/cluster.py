"""What every Cluster does: one suite, run on the simulator and on a real Pacemaker.

A subclass gives the fixture ``stage``: a cluster with the node ctl1, on which we are, and the compute
nodes compute-1 and compute-2. Fencing over a BMC, and a host that returns, are for the lab.
"""

from __future__ import annotations

from typing import Protocol

import pytest

from vmha_ocf.cluster.configuration import REMOTE
from vmha_ocf.cluster.ports import ConfiguredCluster
from vmha_ocf.errors import ClusterUnavailable
from vmha_ocf.model import NodeName

US = NodeName("ctl1")
NEIGHBOR = NodeName("compute-1")
NODE = NodeName("compute-2")
A_SECOND = 1.0
"""As exact as Pacemaker remembers when a node was fenced."""


class ClusterStage(Protocol):
    cluster: ConfiguredCluster

    def now(self) -> float:
        """Seconds since the epoch."""

    def wait(self) -> None:
        """Longer than what A_SECOND cannot tell apart."""

    def confirm(self, node: NodeName) -> None:
        """Somebody tells Pacemaker that the node is off. It has heard that on return."""

    def attribute(self, node: NodeName, name: str, value: str) -> None:
        """A permanent attribute of a node is set. It is there on return."""

    def lose_cluster(self) -> None:
        """Nothing of the cluster answers on this node any more."""


class ClusterContract:
    def test_we_are_online_and_not_fenced(self, stage: ClusterStage) -> None:
        us = stage.cluster.nodes()[US]
        assert (us.name, us.online, us.fenced) == (US, True, False)

    def test_a_fencing_that_a_person_confirms_tells_when_and_by_whom(
        self, stage: ClusterStage
    ) -> None:
        before = stage.now()
        stage.confirm(NODE)
        state = stage.cluster.nodes()[NODE]
        assert (state.name, state.online, state.fenced) == (NODE, False, True)
        assert state.fenced_by == "a human"
        assert state.fenced_at is not None
        assert before - A_SECOND <= state.fenced_at <= stage.now() + A_SECOND

    def test_a_second_fencing_is_the_later_one(self, stage: ClusterStage) -> None:
        stage.confirm(NODE)
        stage.wait()
        between = stage.now()
        stage.wait()
        stage.confirm(NODE)
        state = stage.cluster.nodes()[NODE]
        assert state.fenced
        assert state.fenced_at is not None
        assert state.fenced_at > between

    def test_it_is_the_fencing_of_that_node_alone(self, stage: ClusterStage) -> None:
        stage.confirm(NODE)
        nodes = stage.cluster.nodes()
        assert not any(state.fenced for name, state in nodes.items() if name != NODE)
        assert nodes[US].fenced_at is None
        neighbor = nodes.get(NEIGHBOR)
        assert neighbor is None or neighbor.fenced_at is None

    def test_nobody_has_started_novaevacuate_who_is_not_pacemaker(
        self, stage: ClusterStage
    ) -> None:
        """Of the one-node cluster that has no such resource; the lab has one."""
        assert set(stage.cluster.evacuators()) <= {US}

    def test_we_have_quorum(self, stage: ClusterStage) -> None:
        assert stage.cluster.quorate()

    def test_the_configuration_has_the_remote_nodes_and_their_permanent_attributes(
        self, stage: ClusterStage
    ) -> None:
        stage.attribute(NODE, "rack", "a=b; 'c'")
        configuration = stage.cluster.configuration()
        remotes = {one.name for one in configuration.of_kind(REMOTE)}
        assert {NEIGHBOR, NODE} <= remotes
        assert configuration.attributes[NODE]["rack"] == "a=b; 'c'"
        assert "rack" not in configuration.attributes.get(NEIGHBOR, {})

    def test_nothing_of_a_parameter_is_in_what_could_be_logged(self, stage: ClusterStage) -> None:
        configuration = stage.cluster.configuration()
        values = {v for one in configuration.resources for v in one.parameters.values()}
        told = "".join(map(repr, configuration.resources))
        assert not [value for value in values if f"{value!r}" in told and len(value) > 3]

    @pytest.mark.parametrize("question", ["nodes", "configuration", "evacuators", "quorate"])
    def test_without_a_cluster_nothing_is_known(self, stage: ClusterStage, question: str) -> None:
        stage.lose_cluster()
        with pytest.raises(ClusterUnavailable) as raised:
            getattr(stage.cluster, question)()
        assert raised.value.hint
