"""What keeps a node from being fenced by policy, whoever is on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cluster.configuration import COMPUTE, REMOTE, Configuration, Resource
from vmha_ocf.cluster.storm import Limits
from vmha_ocf.living.fencing import hindrance
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.sim import World

NODE, ONE, TWO = NodeName("compute-1"), NovaHost("compute-1"), NovaHost("compute-2")
FINE = World.with_hosts(NODE, "compute-2").configuration()


def why(configuration: Configuration = FINE, *never: str) -> str:
    return hindrance.of_node(NODE, [ONE], configuration, never)


def test_nothing() -> None:
    assert why() == ""
    assert why(FINE, "hci-*", "compute-2") == ""


@pytest.mark.parametrize("never", ["compute-1", "compute-*"])
def test_who_is_never_to_be(never: str) -> None:
    assert why(FINE, "x", never) == "never_fence names it"


def test_several_hosts_of_one_node() -> None:
    told = hindrance.of_node(NODE, [ONE, TWO], FINE, ())
    assert told == "several hosts of Nova are compute-1"


@pytest.mark.parametrize("said", [{"maintenance": "true"}, {"is-managed": "false"}])
@pytest.mark.parametrize(("kind", "name"), [(REMOTE, "compute-1"), (COMPUTE, "nova-compute")])
def test_resources_that_are_in_maintenance(said: dict[str, str], kind: str, name: str) -> None:
    more = Resource(name, kind, meta=said)
    told = why(replace(FINE, resources=[*FINE.resources, more]))
    assert told == "it is in maintenance"


def test_another_nodes_connection_says_nothing() -> None:
    more = Resource("compute-2", REMOTE, meta={"is-managed": "false"})
    assert why(replace(FINE, resources=[*FINE.resources, more])) == ""


def test_nodes_and_clusters_that_are_in_maintenance() -> None:
    assert why(replace(FINE, properties={"maintenance-mode": "true"})) == "it is in maintenance"
    node = replace(FINE, attributes={NODE: {"maintenance": "on"}})
    assert why(node) == "it is in maintenance"


def test_a_node_that_may_be_a_controller() -> None:
    others = [one for one in FINE.resources if (one.kind, one.name) != (REMOTE, "compute-1")]
    told = why(replace(FINE, resources=others))
    assert told == "it is no remote node: it may be a controller"


def test_where_pacemaker_fences_nobody() -> None:
    assert (
        why(replace(FINE, properties={"stonith-enabled": "false"}))
        == "Pacemaker fences nobody here"
    )
    assert why(replace(FINE, resources=[])) == "Pacemaker fences nobody here"


def test_a_level_that_switches_nothing() -> None:
    kdump = Resource("kdump", "stonith:fence_kdump")
    weak = {"target": "compute-1", "index": "9", "devices": "kdump"}
    configuration = replace(FINE, resources=[*FINE.resources, kdump], levels=[*FINE.levels, weak])
    assert why(configuration).endswith("could say so without switching it off")


def room(host: str, capacity: int, used: int) -> HostRoom:
    return HostRoom(NovaHost(host), {"VCPU": capacity}, {"VCPU": used})


@pytest.mark.parametrize(
    ("rooms", "told"),
    [
        ([room("compute-1", 8, 4), room("compute-2", 8, 4)], ""),
        ([room("compute-1.example", 8, 4), room("compute-2.example", 8, 4)], ""),
        (
            [room("compute-1", 8, 4), room("compute-2", 8, 5), room("compute-3", 99, 0)],
            "it needs 4 vCPUs, and 3 are free",
        ),
        ([room("compute-2", 8, 4)], "Placement does not say what compute-1 has"),
        (
            [room("compute-1.a", 8, 4), room("compute-1.b", 8, 4), room("compute-2", 8, 0)],
            "Placement does not say what compute-1 has",
        ),
        ([room("compute-1", 8, 4)], "it needs 4 vCPUs, and 0 are free"),
    ],
)
def test_room(rooms: list[HostRoom], told: str) -> None:
    assert hindrance.room(ONE, [TWO], rooms) == told


@pytest.mark.parametrize(
    ("failures", "more", "is_one"),
    [
        ({}, {}, False),
        ({"a": [900.0]}, {}, True),
        ({"a": [300.0]}, {}, False),
        ({"compute-1": [980.0]}, {}, False),
        ({"a": [900.0]}, {"limits": Limits(0, 600.0)}, False),
        ({"a": [2000.0]}, {}, True),
    ],
)
def test_storms(failures: Any, more: dict[str, Any], is_one: bool) -> None:
    given = {"limits": Limits(1, 600.0), "now": 1000.0, "hosts": 10, **more}
    limits = given.pop("limits")
    assert hindrance.storms(NODE, ONE, failures, limits, **given) is is_one
