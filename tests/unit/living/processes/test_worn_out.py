"""What Pacemaker has given up on a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from vmha_ocf.cluster.configuration import (
    COMPUTE,
    EVACUATOR,
    INFINITY,
    LIBVIRT,
    Configuration,
    Resource,
    Result,
)
from vmha_ocf.living.processes.worn_out import told, without_nova_compute
from vmha_ocf.model import NodeName, NodeState
from vmha_ocf.proof.presence import Nodes

NODE = NodeName("compute-1")
THERE = {NODE: NodeState(NODE, online=True, fenced=False)}


def configuration(count: int, name: str = "nova-compute", **meta: str) -> Configuration:
    resources = [
        Resource("nova-compute", COMPUTE, meta=meta),
        Resource("libvirt", LIBVIRT, meta=meta),
        Resource("nova-evacuate", EVACUATOR, meta=meta),
    ]
    return Configuration(resources, failures={(name, NODE): count})


def sentences(found: Configuration, nodes: Nodes = THERE) -> list[str]:
    return [one.sentence for one in told(found, nodes)]


THREE: Mapping[str, str] = {"migration-threshold": "3"}


def test_it_has_failed_so_often() -> None:
    timed = {**THREE, "failure-timeout": "60s"}
    assert sentences(configuration(4, **timed)) == [
        "nova-compute has failed 4 times on compute-1, and Pacemaker does not try again for 60s: "
        "pcs resource cleanup nova-compute node=compute-1"
    ]


@pytest.mark.parametrize("never", ["0", "0s", "PT0S", ""])
def test_without_an_end_it_is_not_tried_again(never: str) -> None:
    [sentence] = sentences(configuration(4, **THREE, **{"failure-timeout": never}))
    assert "does not try again before a person says so: " in sentence


@pytest.mark.parametrize(("code", "words"), [(1, "does not end"), (0, "does not start")])
def test_a_stop_that_failed_is_no_start_that_did(code: int, words: str) -> None:
    """After a start that failed there is a stop, too."""
    last = {"nova-compute": [Result(NODE, "stop", code), Result(NodeName("compute-2"), "stop", 1)]}
    [sentence] = sentences(replace(configuration(INFINITY), results=last))
    assert sentence.startswith(f"nova-compute {words} on compute-1, and Pacemaker")
    assert sentence.endswith("pcs resource cleanup nova-compute node=compute-1")


def test_who_has_no_nova_compute_by_it() -> None:
    assert without_nova_compute(configuration(4, **THREE), THERE) == {NODE}
    assert not without_nova_compute(configuration(2, **THREE), THERE)
    assert not without_nova_compute(configuration(4, "libvirt", **THREE), THERE)


def test_a_start_that_failed_counts_without_a_threshold() -> None:
    [sentence] = sentences(configuration(1_000_000, "libvirt"))
    assert sentence.startswith("libvirt does not start on compute-1, and Pacemaker does not try")
    assert "before a person says so" in sentence


@pytest.mark.parametrize("meta", [{}, {"migration-threshold": "0"}, {"migration-threshold": "x"}])
def test_without_a_threshold_it_is_restarted_again_and_again(meta: dict[str, str]) -> None:
    assert not list(told(configuration(50, **meta), THERE))


def test_what_is_below_it_or_nothing_of_a_host() -> None:
    assert not list(told(configuration(2, **THREE), THERE))
    assert not list(told(configuration(9, "nova-evacuate", **THREE), THERE))


@pytest.mark.parametrize(
    "nodes",
    [
        {},
        {NODE: NodeState(NODE, online=False, fenced=False)},
        {NODE: NodeState(NODE, online=True, fenced=True)},
    ],
)
def test_a_host_that_is_away_is_no_living_one(nodes: Mapping[NodeName, NodeState]) -> None:
    assert not list(told(configuration(9, **THREE), nodes))
