"""docs/start.rst, command by command, to the end: a host is killed and its instances come back.

The nodes of the lab have a clean Debian 12 each, with the packages and what docs/deploy.rst says has to
be there; systemd boots the compute hosts. The tests go on from one another, as an operator's days do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lab.layout import Role, lab_from_environment
from tests.lab.machines.image import NO_CHORES, SYSTEMD
from tests.lab.promises import Expected
from tests.lab.recovery import await_recovery
from tests.lab.wait import wait_until
from tests.lab.workers import workers
from tests.packages.clean_root import CleanRoot
from tests.packages.conftest import NewRoot
from tests.packages.deployment import Deployment, on_clean_machines
from tests.packages.documented import typed

pytestmark = [pytest.mark.packages, pytest.mark.lab]
LAB = lab_from_environment(3, 2)
HOSTS = [node.name for node in LAB.computes]
# More of them where a lab is up: to collect the tests must not fail over that.
FIRST, SECOND = HOSTS[:2]
UNSYNCHRONIZED = "this controller's clock is not synchronized"
ONE, *_ = CONTROLLERS = [node.name for node in LAB.controllers]


@pytest.fixture(scope="module")
def roots(
    new_root: NewRoot, controller: CleanRoot, compute_host: CleanRoot
) -> Mapping[Role, CleanRoot]:
    """With the page's packages, and the rest of what has to be there for the page."""
    cluster, host = new_root(controller), new_root(compute_host)
    cluster.install("corosync", "fence-agents", "ipmitool", "openssh-client", "pcs")
    host.install(*SYSTEMD, "openssh-server")
    host.must("sh", "-c", NO_CHORES)
    return {Role.CONTROLLER: cluster, Role.COMPUTE: host}


@pytest.fixture(scope="module")
def deployment(
    roots: Mapping[Role, CleanRoot], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """The page, up to a host that is about to be killed, with web-1 on it."""
    layers = {role: root.lowerdir for role, root in roots.items()}
    with on_clean_machines(LAB, layers, tmp_path_factory.mktemp("site")) as deployed:
        client = deployed.stage.cloud.client()
        client.boot("web-1", host=FIRST)
        client.boot("scratch-1", host=FIRST)
        deployed.type([ONE], "Hosts", "scp")
        deployed.type(HOSTS, "Hosts", "systemctl")
        deployed.write(CONTROLLERS, "Secrets")
        deployed.type(CONTROLLERS, "Secrets")
        deployed.type([ONE], "Protect")
        for command in typed("Mark"):
            deployed.as_user(command)
        yield deployed


def uuids(deployed: Deployment, name: str) -> list[str]:
    return [row.uuid for row in deployed.stage.cloud.instances() if row.name == name]


def test_the_check_finds_it_ready(deployment: Deployment) -> None:
    """But for what is true of the machine that this runs on."""
    (command,) = typed("Check")

    def ready() -> bool:
        said = deployment.tell(ONE, f"{command} --json")
        found = {one["what"] for one in json.loads(said.output)["findings"]}
        return said.code in (0, 1) and found <= {UNSYNCHRONIZED}

    wait_until("vmha check to find nothing", ready, 120.0, 2.0)


def test_systemds_gate_opens_where_nothing_is_flagged(deployment: Deployment) -> None:
    """With what Debian lets a remote node have: no crm_node."""
    for host in HOSTS:
        gate = f"timeout 60 /usr/lib/vmha-ocf/nova-compute-gate --host={host}"
        assert deployment.tell(host, gate).code == 0


def test_the_host_that_the_page_kills_is_replaced(deployment: Deployment) -> None:
    began = time.time()
    told = {command: deployment.tell(ONE, command) for command in typed("Kill a host")}
    assert "web-1" in told[f"vmha plan {FIRST}"].output
    assert told[f"pcs stonith fence {FIRST}"].code == 0
    left = uuids(deployment, "scratch-1")
    await_recovery(deployment.stage, Expected({FIRST}, uuids(deployment, "web-1"), left), began)

    def well() -> bool:
        said = deployment.tell(ONE, "vmha status")
        return (said.code, said.output.count("\n")) == (0, 1)

    wait_until("vmha status to be one line", well, 120.0, 2.0)
    assert FIRST in deployment.tell(ONE, f"vmha history {FIRST}").output


def test_a_removal_leaves_the_cluster_alone(deployment: Deployment) -> None:
    """On the controllers where nothing of ours runs: what runs needs its files."""
    before = deployment.undisturbed()
    (busy,) = workers(LAB)
    for name in set(CONTROLLERS) - {busy}:
        deployment.purge(name)
    assert deployment.undisturbed() == before


def test_an_upgrade_leaves_the_cluster_alone(deployment: Deployment, newer: Path) -> None:
    """Where it was removed it is installed again."""
    before = deployment.undisturbed()
    deployment.install_newer(newer)
    assert deployment.undisturbed() == before


def test_a_power_cut_after_all_that(deployment: Deployment) -> None:
    """That the host is back, too, was seen before, and takes more than a minute."""
    cloud = deployment.stage.cloud
    marked = cloud.client().boot("db-1", host=SECOND, tags=["automatic-recovery"])
    began = time.time()
    deployment.stage.cluster.kill(SECOND)
    await_recovery(deployment.stage, Expected({SECOND}, marked, in_service=False), began)
