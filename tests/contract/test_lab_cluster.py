"""The lab keeps its word: a host that loses its power is fenced over its BMC and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.lab import prerequisites
from tests.lab.cluster import Cluster
from tests.lab.configuration import QUICK, Plan
from tests.lab.errors import LabError
from tests.lab.layout import Lab
from tests.lab.lifecycle import running
from tests.lab.network import namespaces
from tests.lab.processes import marked
from tests.lab.release import on_release

pytestmark = pytest.mark.lab

# Beside the lab that somebody may have up for other work.
LAB = Lab("vt", Path("/var/lib/vmha-lab-contract"), "10.97", compute_count=1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        prerequisites.check()
    except LabError as error:
        pytest.skip(str(error))
    with running(LAB, on_release(Plan(timing=QUICK), LAB, print)) as cluster:
        yield cluster
    assert not LAB.state.exists()
    assert not namespaces(LAB)
    assert not marked(str(LAB.state))


def test_a_dead_host_is_fenced_and_comes_back(cluster: Cluster) -> None:
    disk = str(cluster.lab.disk("compute-1"))
    cluster.must("compute-1", ["touch", f"{disk}/instance", "/run/in-memory"])
    killed = time.time()
    cluster.kill("compute-1")
    fencing = cluster.wait_fenced("compute-1", after=killed)
    cluster.wait_online("compute-1")

    assert fencing.action == "reboot"
    # Pacemaker asks the other nodes' BMCs meanwhile.
    mine = [event for event in cluster.events() if event.node == "compute-1"]
    told = [kind for kind, _ in groupby(event.kind for event in mine if event.at >= killed)]
    assert told[:3] == ["power-off", "power-read off", "power-on"]
    assert cluster.must("compute-1", ["ls", disk]).split() == ["instance"]
    assert cluster.run("compute-1", ["ls", "/run/in-memory"]).code != 0


def test_the_configuration_survives_a_full_stop(cluster: Cluster) -> None:
    with cluster.pcs_batch() as pcs:
        pcs("resource", "create", "something", "ocf:pacemaker:Dummy")
        pcs("constraint", "location", "something", "prefers", "ctl2")
    cluster.stop_all()
    with pytest.raises(LabError, match="runs on no controller"):
        cluster.pcs("status")
    cluster.start_all()

    assert "something" in cluster.pcs("resource", "config")
