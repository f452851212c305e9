from __future__ import annotations

from vmha_ocf.cluster.configuration import REMOTE, Configuration, Resource
from vmha_ocf.cluster.controllers import controllers
from vmha_ocf.model import NodeName, NodeState


def nodes(*names: str, away: str = "") -> dict[NodeName, NodeState]:
    return {
        NodeName(name): NodeState(NodeName(name), online=name != away, fenced=False)
        for name in names
    }


def test_they_are_the_nodes_that_are_no_compute_hosts() -> None:
    configuration = Configuration(
        resources=[Resource("compute-1", REMOTE)],
        attributes={NodeName("compute-2"): {"osprole": "compute"}, NodeName("ctl1"): {"x": "y"}},
    )
    found = controllers(nodes("ctl1", "ctl2", "compute-1", "compute-2"), configuration)
    assert found == {"ctl1", "ctl2"}


def test_who_is_away_does_not_count() -> None:
    assert controllers(nodes("ctl1", "ctl2", away="ctl2"), Configuration()) == {"ctl1"}


def test_a_role_of_its_own_makes_one_of_them() -> None:
    roles = {
        NodeName("ctl2"): {"osprole": "controller"},
        NodeName("ctl3"): {"osprole": "controller"},
    }
    found = controllers(nodes("ctl1", "ctl3", away="ctl3"), Configuration(attributes=roles))
    assert found == {"ctl1", "ctl2"}
