"""Each recipe on the lab as a deployer runs it: a host dies, its instances come back, and the removal
leaves nothing of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lab.cases.scene import TAG
from tests.lab.deployer import IPMILAN, Deployer
from tests.lab.layout import lab_from_environment
from tests.lab.promises import Expected
from tests.lab.recovery import Broken, await_recovery
from tests.lab.stage import Stage, on_stage
from tests.lab.wait import wait_until

pytestmark = pytest.mark.lab
FENCING = [f"ipmi-{node.name}" for node in lab_from_environment(3, 2).controllers]
"""The lab's own: its controllers fence each other."""
PASSED_ON = "P10 a secret is on the command line of ipmitool"
"""fence_ipmilan does that, which is not ours."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with on_stage(lab_from_environment(3, 2), print, configured=False) as up:
        yield up


@pytest.fixture(autouse=True)
def _healthy() -> None:
    """Nothing is configured between the tests, so there is nothing to heal."""


@pytest.fixture
def deployer(stage: Stage) -> Iterator[Deployer]:
    """What it deployed is removed after the test, with what the removal says of it."""
    made = Deployer.of(stage)
    yield made
    client = stage.cloud.client()
    instances = [row.uuid for row in stage.cloud.instances()]
    client.delete(instances)
    client.wait_deleted(instances)
    made.remove()
    wait_until("the end of all that was deployed", lambda: not left(stage), 60.0)


def left(stage: Stage) -> list[str]:
    """What Pacemaker still has of ours, configured or running."""
    cib = stage.cluster.cib()
    resources = [one.get("id", "") for one in cib.iter("primitive")]
    ours = [name for name in resources if name not in stage.hosts and name not in FENCING]
    return [*ours, *(one.get("id", "") for one in cib.iter("alert"))]


def a_host_dies(stage: Stage) -> None:
    """And all promises are kept."""
    stage.wait_up(timeout=300)
    host = stage.hosts[0]
    began = time.time()
    uuids = stage.cloud.client().boot(f"web-{host}", 3, host=host, tags=[TAG])
    stage.cluster.kill(host)
    try:
        await_recovery(stage, Expected([host], uuids), began)
    except Broken as broken:
        if serious := [one for one in broken.problems if not one.startswith(PASSED_ON)]:
            raise Broken(serious) from None


def test_one_device_per_host(stage: Stage, deployer: Deployer) -> None:
    deployer.run("recipe-per-host.sh")
    a_host_dies(stage)


def test_one_device_and_an_inventory(stage: Stage, deployer: Deployer) -> None:
    deployer.run("recipe-inventory.sh")
    a_host_dies(stage)


def test_behind_another_device(stage: Stage, deployer: Deployer) -> None:
    deployer.run("recipe-behind-other.sh", AGENT="fence_ipmilan", EXTRA_POWER=IPMILAN)
    a_host_dies(stage)


def test_nova_compute_in_containers(stage: Stage, deployer: Deployer) -> None:
    """Commands start it, as in all of this lab; what they start is none of Pacemaker's business."""
    deployer.run("recipe-containers.sh", EXTRA_COMPUTE="", NOVA_CONF="/etc/nova/nova.conf")
    a_host_dies(stage)


def test_hosts_where_systemd_starts_nova_compute(stage: Stage, deployer: Deployer) -> None:
    deployer.run("recipe-untouched-hosts.sh")
    deployer.start_under_systemd()
    a_host_dies(stage)


def test_an_upgrade_from_the_older_agents(stage: Stage, deployer: Deployer) -> None:
    deployer.older_agents()
    deployer.run("upgrade.sh", CLOUD="vmha")
    configured = stage.cluster.pcs("config")
    assert "password=" not in configured
    assert "passwd" not in configured
    assert "unfencing" not in configured
    a_host_dies(stage)
