"""Hosts that have left in peace and do not come back: which are told, and how."""

from __future__ import annotations

from typing import Any

import pytest

from vmha_ocf.cluster.configuration import REMOTE, Configuration, Resource
from vmha_ocf.fencing.names import Words, learn
from vmha_ocf.living.booting import away
from vmha_ocf.model import ComputeService, NodeName, NodeState, NovaHost
from vmha_ocf.proof import planned
from vmha_ocf.proof.presence import Nodes

ONE = NodeName("compute-1")
NODES = {ONE: NodeState(ONE, online=False, fenced=False)}


def configured(**about: Any) -> Configuration:
    return Configuration(**about)


def connection(role: str) -> Configuration:
    return configured(resources=(Resource("compute-1", REMOTE, meta={"target-role": role}),))


def test_who_has_left_and_is_not_fenced_is_away() -> None:
    assert away.left(NODES, configured()) == {ONE}


@pytest.mark.parametrize("state", [(True, False), (False, True), (True, True)])
def test_who_is_there_or_fenced_is_not(state: tuple[bool, bool]) -> None:
    nodes: Nodes = {ONE: NodeState(ONE, *state)}
    assert not away.left(nodes, configured())


@pytest.mark.parametrize(
    "configuration",
    [
        connection("Stopped"),
        configured(attributes={ONE: {"maintenance": "true"}}),
        configured(attributes={ONE: {"standby": "on"}}),
    ],
)
def test_what_people_keep_away_is_not_told(configuration: Configuration) -> None:
    assert not away.left(NODES, configuration)


@pytest.mark.parametrize(
    "configuration",
    [
        connection("Started"),
        configured(attributes={ONE: {"maintenance": "off", "standby": "perhaps"}}),
    ],
)
def test_what_nobody_keeps_away_is(configuration: Configuration) -> None:
    assert away.left(NODES, configuration) == {ONE}


def test_the_whole_cluster_may_be_in_maintenance() -> None:
    properties = configured(properties={"maintenance-mode": "true"})
    assert planned.is_in_maintenance(ONE, properties)
    assert not planned.is_in_maintenance(ONE, configured())


def test_only_what_nova_calls_down_and_nobody_has_flagged_waits() -> None:
    hosts = [NovaHost(f"compute-{number}") for number in (1, 2, 3)]
    names = learn(Words(nodes=frozenset(NodeName(one) for one in hosts), listed=frozenset(hosts)))
    services = [
        ComputeService(one, one, up=one == "compute-2", enabled=True, forced_down=False)
        for one in hosts
    ]
    nodes = [NodeName(one) for one in hosts]
    assert away.hosts_of(nodes, services, {NovaHost("compute-3")}, names) == {hosts[0]: nodes[0]}


def test_it_is_told_since_when_and_what_helps() -> None:
    assert away.problem(ONE, 1763695800.0, [NovaHost("compute-1")], 1) == (
        "compute-1 has been away since 03:30:00 UTC and is not fenced: 1 instance waits for it; "
        "if it does not come back: pcs stonith fence compute-1"
    )
    several = away.problem(ONE, 0.0, [NovaHost("a"), NovaHost("b")], 2)
    assert several.startswith("compute-1 (a, b) has been away since 00:00:00 UTC")
    assert "2 instances wait" in several
    assert away.told(NovaHost("a")) == "waits for a, which is away and not fenced"
