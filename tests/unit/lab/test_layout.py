"""The lab's names, addresses and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.errors import LabError
from tests.lab.layout import Lab, lab_from_environment


def test_no_two_ends_of_a_wire_share_an_address() -> None:
    lab = Lab(controller_count=3, compute_count=20)
    addresses = [address for node in lab.nodes for address in (node.address, node.bmc_address)]
    addresses += [lab.switch_address, lab.cloud_address, lab.host_address]
    assert len(set(addresses)) == len(addresses)


def test_names_are_those_that_nova_and_pacemaker_share() -> None:
    assert [node.name for node in Lab(compute_count=2).nodes] == [
        *("ctl1", "ctl2", "ctl3", "compute-1", "compute-2"),
    ]


@pytest.mark.parametrize("path", ["/run/lab", "/tmp/lab", "/dev/shm/lab"])
def test_a_state_directory_that_nodes_cannot_see_is_refused(path: str) -> None:
    with pytest.raises(LabError, match="hidden from the nodes"):
        Lab(state=Path(path))


@pytest.mark.parametrize("prefix", ["", "a-b", "Vl", "1a", "toolongname"])
def test_a_prefix_that_could_be_confused_is_refused(prefix: str) -> None:
    with pytest.raises(LabError, match="VMHA_LAB_PREFIX"):
        Lab(prefix=prefix)


def test_the_environment_names_another_lab() -> None:
    names = {"PREFIX": "x", "NET": "10.1", "STATE": "/nonexistent/lab"}
    environment = {f"VMHA_LAB_{name}": value for name, value in names.items()}
    lab = lab_from_environment(environment=environment)
    assert (lab.prefix, lab.net, lab.compute_count) == ("x", "10.1", 2)


def test_an_unknown_node_is_told_with_the_known_ones() -> None:
    with pytest.raises(LabError, match="ctl1, compute-1"):
        Lab(controller_count=1, compute_count=1).node("compute-7")
