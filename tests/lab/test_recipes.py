"""Each recipe on the lab as a deployer runs it: a host dies, its instances come back, and the removal
leaves nothing of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.lab.cases.scene import TAG
from tests.lab.cluster import Cluster
from tests.lab.deployer import IPMILAN, Deployer
from tests.lab.layout import lab_from_environment
from tests.lab.promises import Expected, evacuations
from tests.lab.recovery import Broken, await_recovery
from tests.lab.release import on_release
from tests.lab.stage import PLAN, Stage, Tell, on_stage
from tests.lab.wait import wait_until
from tests.lab.workers import found_on_controllers

pytestmark = pytest.mark.lab
FENCING = [f"ipmi-{node.name}" for node in lab_from_environment(3, 2).controllers]
"""The lab's own: its controllers fence each other."""
PASSED_ON = "P10 a secret is on the command line of ipmitool"
"""fence_ipmilan does that, which is not ours."""


@pytest.fixture(scope="module")
def tell(pytestconfig: pytest.Config) -> Tell:
    """Progress, past the capture of what tests print."""
    reporter = pytestconfig.pluginmanager.getplugin("terminalreporter")
    assert reporter is not None
    began = time.monotonic()

    def told(sentence: str) -> None:
        reporter.ensure_newline()
        reporter.write_line(f"  {time.monotonic() - began:5.0f} s  {sentence}")

    return told


@pytest.fixture(scope="module")
def stage(tell: Tell) -> Iterator[Stage]:
    lab = lab_from_environment(3, 2)
    with on_stage(lab, tell, plan=on_release(PLAN, lab, tell), configured=False) as up:
        yield up


@pytest.fixture(autouse=True, name="_healthy")
def healthy() -> None:
    """Nothing is configured between the tests, so there is nothing to heal."""


@pytest.fixture
def deployer(stage: Stage, tell: Tell) -> Iterator[Deployer]:
    """What it deployed is removed after the test, with what the removal says of it."""
    made = Deployer.of(stage)
    yield made
    tell("it is removed")
    stage.cloud.knob(stage.hosts[1], "spawn_delay", None)
    client = stage.cloud.client()
    instances = [row.uuid for row in stage.cloud.instances()]
    client.delete(instances)
    client.wait_deleted(instances)
    made.remove()
    wait_until("the end of all that was deployed", lambda: not left(stage.cluster), 60.0)


def left(cluster: Cluster) -> list[str]:
    """What Pacemaker still has of ours, configured or running."""
    cib = cluster.cib()
    hosts = [node.name for node in cluster.lab.computes]
    resources = [one.get("id", "") for one in cib.iter("primitive")]
    ours = [name for name in resources if name not in hosts and name not in FENCING]
    tags = ("alert", "rsc_location", "rsc_order", "fencing-level")
    others = [one.get("id", "") for tag in tags for one in cib.iter(tag)]
    properties = [one.get("id", "") for one in cib.iter("cluster_property_set")]
    return [*ours, *others, *(name for name in properties if name.startswith("vmha"))]


def a_host_dies(
    stage: Stage, tell: Tell, host: str = "", meanwhile: Callable[[], None] | None = None
) -> None:
    """The first one, if none is named; and all promises are kept."""
    stage.wait_up(timeout=300)
    host = host or stage.hosts[0]
    began = time.time()
    uuids = stage.cloud.client().boot(f"web-{host}", 3, host=host, tags=[TAG])
    tell(f"3 instances run on {host}; its power is cut")
    stage.cluster.kill(host)
    if meanwhile is not None:
        wait_until(f"the flag of {host}", stage.records, 90.0, 0.2, stage.cluster.summary)
        meanwhile()
    recovered(stage, Expected([host], uuids), began)
    tell(f"they run elsewhere, and {host} is back in service")


def recovered(stage: Stage, expected: Expected, began: float) -> None:
    try:
        await_recovery(stage, expected, began)
    except Broken as broken:
        if serious := [one for one in broken.problems if not one.startswith(PASSED_ON)]:
            raise Broken(serious) from None


def test_one_device_per_host(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    deployer.run("recipe-per-host.sh")
    a_host_dies(stage, tell)


def test_one_device_and_an_inventory(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    """And it cannot be removed while the host is being evacuated."""
    deployer.run("recipe-inventory.sh")
    deployed = left(stage.cluster)
    stage.cloud.knob(stage.hosts[1], "spawn_delay", "10")

    def try_to_remove() -> None:
        refused = deployer.attempt("remove.sh")
        assert refused.code == 1
        assert f"these hosts are being evacuated: {stage.hosts[0]}\n" in refused.errors
        assert set(deployed) <= set(left(stage.cluster))

    a_host_dies(stage, tell, meanwhile=try_to_remove)


@pytest.mark.skipif("VMHA_LAB_DAY_2" not in os.environ, reason="100 s: with VMHA_LAB_DAY_2=1")
def test_a_host_leaves_and_comes_again(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    """On a cluster that runs; what is there is neither restarted nor fenced by it."""
    deployer.run("recipe-inventory.sh")
    stage.wait_up(timeout=300)
    staying, leaving = stage.hosts
    again = deployer.attempt("recipe-inventory.sh")
    assert (again.code, "it is so already" in again.errors) == (0, True), again
    fenced = stage.cluster.ask(["stonith_admin", "--history", "*"])
    resident = stage.cloud.client().boot("resident", 1, host=leaving)

    refused = deployer.attempt("remove-host.sh", HOST=leaving)
    assert (refused.code, f"{leaving} has instances" in refused.errors) == (1, True), refused
    assert leaving in primitives(stage.cluster)
    tell(f"{leaving} is not removed with an instance on it")

    client = stage.cloud.client()
    client.update_service(leaving, status="disabled", disabled_reason="leaves").expect(200)
    client.delete(resident)
    client.wait_deleted(resident)
    removed = deployer.attempt("remove-host.sh", HOST=leaving)
    assert removed.code == 0, removed
    configuration = stage.cluster.cib().find("configuration")
    assert configuration is not None
    texts = [str(value) for one in configuration.iter() for value in one.attrib.values()]
    assert not [text for text in texts if leaving in text.split() or f"{leaving}-" in text]
    assert staying in primitives(stage.cluster)
    tell(f"{leaving} has left")

    address = next(one.address for one in stage.lab.computes if one.name == leaving)
    deployer.run("recipe-inventory.sh", HOSTS=f"{leaving}={address}")
    stage.cluster.wait_online(leaving)
    client.update_service(leaving, status="enabled").expect(200)
    stage.wait_in_service(leaving)
    assert stage.cluster.ask(["stonith_admin", "--history", "*"]) == fenced
    tell(f"{leaving} is there again, and nothing was fenced")
    a_host_dies(stage, tell)


def primitives(cluster: Cluster) -> set[str]:
    return {one.get("id", "") for one in cluster.cib().iter("primitive")}


def test_behind_another_device(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    deployer.run("recipe-behind-other.sh", AGENT="fence_ipmilan", EXTRA_POWER=IPMILAN)
    a_host_dies(stage, tell)


@pytest.mark.skipif("VMHA_LAB_DAY_2" not in os.environ, reason="a minute: with VMHA_LAB_DAY_2=1")
def test_nova_compute_in_containers(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    """By the commands for podman that the recipe has by itself; podman is stood for."""
    deployer.run_with_containers("recipe-containers.sh")
    a_host_dies(stage, tell)


def test_what_vmha_generates(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    deployer.generate()
    # Its patience with a silent host is a real cloud's.
    deployer.run("hosts.sh")
    a_host_dies(stage, tell)


def test_an_upgrade_from_the_older_agents(stage: Stage, deployer: Deployer, tell: Tell) -> None:
    """While a host is being evacuated by them: it is taken over, and nothing is evacuated twice."""
    older = deployer.older_agents()
    stage.wait_up(timeout=300)
    host, other = stage.hosts
    began = time.time()
    uuids = stage.cloud.client().boot(f"web-{host}", 3, host=host, tags=[TAG])
    tell(f"the older agents run; 3 instances run on {host}; its power is cut")
    interrupt_the_older_evacuation(stage, host, other, began)
    tell("the older NovaEvacuate was killed in the middle; the upgrade begins")
    cluster = stage.cluster
    cluster.pcs("resource", "disable", "nova-evacuate", "--wait=300", timeout=330)
    cluster.pcs("resource", "disable", "compute-unfence-trigger-clone")
    cluster.pcs("resource", "disable", "nova-compute-clone")
    older.upgrade()
    upgraded = deployer.attempt("upgrade.sh", CLOUD="vmha")
    assert upgraded.code == 0, upgraded
    assert f"out of service in Nova: {host}" in upgraded.errors
    tell("upgrade.sh has run")
    recovered(stage, Expected([host], uuids, in_service=False), began)
    # Not before: Pacemaker connects anew then, and with that drops the flag that an older one wrote.
    deployer.run("hosts.sh")
    stage.cluster.wait_online(host)
    # A request that found no host, as all nova-computes were stopped for the upgrade, moved nothing.
    moved = [row.instance_uuid for row in evacuations(stage, began) if row.status != "error"]
    assert sorted(moved) == sorted(uuids)
    back_by_hand(stage, host, uuids)
    tell(f"the instances run elsewhere, each evacuated once; {host} is back in service")
    assert not credentials(cluster)
    assert "unfencing" not in {pair.get("value") for pair in cluster.cib().iter("nvpair")}
    stage.cloud.knob(other, "spawn_delay", None)
    a_host_dies(stage, tell)


def interrupt_the_older_evacuation(stage: Stage, host: str, other: str, began: float) -> None:
    """Between its first request and its last one, as Pacemaker does at the timeout of a monitor."""
    stage.cloud.knob(other, "spawn_delay", "8")
    stage.cloud.delay("nova-api", before=3, only="POST")
    stage.cluster.kill(host)

    def asked() -> Sequence[object]:
        return evacuations(stage, began)

    wait_until("its first request", asked, 120.0, 0.1, stage.cluster.summary)
    for name in ("NovaEvacuate", "fence_evacuate"):
        while found := found_on_controllers(stage.lab, name):
            for process in found.values():
                process.end()
    stage.cloud.delay("nova-api")
    assert 1 <= len(asked()) < 3
    assert "@" in stage.flags()


def credentials(cluster: Cluster) -> list[str]:
    """Where there still are any, but for those of the lab's own fencing devices."""
    return [
        str(pair.get("id"))
        for one in cluster.cib().iter("primitive")
        if one.get("id") not in FENCING
        for pair in one.iter("nvpair")
        if pair.get("name") in ("password", "passwd", "username", "login", "auth_url")
        and one.get("type") != "fence_ipmilan"
    ]


def back_by_hand(stage: Stage, host: str, uuids: Sequence[str]) -> None:
    """What upgrade.sh told the operator to do: the older fence_compute's changes are not ours to undo."""

    def completed() -> bool:
        records = [row for row in stage.cloud.migrations() if row.instance_uuid in uuids]
        return all(row.status in ("completed", "error") for row in records)

    wait_until(f"nova-compute on {host}", completed, 120.0, 0.5, stage.cluster.summary)
    client = stage.cloud.client()
    assert client.services()[host]["forced_down"]
    client.unforce(host)
    # Nova tells Placement of an enabled host only through a nova-compute that is up.
    stage.wait_up(host)
    client.update_service(host, status="enabled").expect(200)
    stage.wait_in_service(host)
