"""docs/start.rst, command by command, to the end: a host is killed and its instances come back.

The nodes of the lab have a clean Debian 12 each, with the packages and what docs/deploy.rst says has to
be there. The tests go on from one another, as an operator's days do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lab.layout import Role, lab_from_environment
from tests.lab.promises import Expected
from tests.lab.recovery import await_recovery
from tests.lab.wait import wait_until
from tests.lab.workers import workers
from tests.packages.clean_root import CleanRoot
from tests.packages.conftest import NewRoot, install
from tests.packages.deployment import Deployment, on_clean_machines
from tests.packages.documented import typed

pytestmark = [pytest.mark.packages, pytest.mark.lab]
LAB = lab_from_environment(3, 2)
FIRST, SECOND = HOSTS = [node.name for node in LAB.computes]
UNSYNCHRONIZED = "this controller's clock is not synchronized"
ONE, *_ = CONTROLLERS = [node.name for node in LAB.controllers]


@pytest.fixture(scope="module")
def roots(new_root: NewRoot, packages: Path) -> Mapping[Role, CleanRoot]:
    """With the page's packages, and what has to be there before."""
    controller = new_root(shared=f"{packages}:/packages")
    controller.install(
        "corosync", "fence-agents", "ipmitool", "openssh-client", "pacemaker", "pcs"
    )
    install(controller, "./vmha-ocf_")
    host = new_root(shared=f"{packages}:/packages")
    host.install("openssh-server")
    install(host, "install ./vmha-ocf-compute")
    return {Role.CONTROLLER: controller, Role.COMPUTE: host}


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


def recovered(deployed: Deployment, host: str, began: float, back: bool) -> None:
    """web-1 runs elsewhere, what is not marked was left alone, and no promise was broken.

    ``back``: the host is in service again, too, for which Pacemaker takes more than a minute."""
    expected = Expected({host}, uuids(deployed, "web-1"), uuids(deployed, "scratch-1"), back)
    await_recovery(deployed.stage, expected, began)


def test_the_check_finds_it_ready(deployment: Deployment) -> None:
    """But for what is true of the machine that this runs on."""
    (command,) = typed("Check")

    def ready() -> bool:
        said = deployment.tell(ONE, f"{command} --json")
        found = {one["what"] for one in json.loads(said.output)["findings"]}
        return said.code in (0, 1) and found <= {UNSYNCHRONIZED}

    wait_until("vmha check to find nothing", ready, 120.0, 2.0)


def test_the_host_that_the_page_kills_is_replaced(deployment: Deployment) -> None:
    began = time.time()
    told = {command: deployment.tell(ONE, command) for command in typed("Kill a host")}
    assert "web-1" in told[f"vmha plan {FIRST}"].output
    assert told[f"pcs stonith fence {FIRST}"].code == 0
    recovered(deployment, FIRST, began, back=True)

    def well() -> bool:
        said = deployment.tell(ONE, "vmha status")
        return (said.code, said.output.count("\n")) == (0, 1)

    wait_until("vmha status to be one line", well, 120.0, 2.0)
    assert FIRST in deployment.tell(ONE, f"vmha history {FIRST}").output


def test_an_upgrade_leaves_the_cluster_alone(deployment: Deployment, newer: Path) -> None:
    before = deployment.undisturbed()
    deployment.install_newer(newer)
    assert deployment.undisturbed() == before


def test_a_power_cut_after_it(deployment: Deployment) -> None:
    (host,) = {row.host for row in deployment.stage.cloud.instances() if row.name == "web-1"}
    began = time.time()
    deployment.stage.cluster.kill(str(host))
    recovered(deployment, str(host), began, back=False)


def test_a_removal_leaves_the_cluster_alone(deployment: Deployment) -> None:
    """On the controllers where nothing of ours runs: what runs needs its files."""
    before = deployment.undisturbed()
    (busy,) = workers(LAB)
    for name in set(CONTROLLERS) - {busy}:
        deployment.purge(name)
    assert deployment.undisturbed() == before
