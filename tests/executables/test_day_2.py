"""The recipes on a cluster that has them, with pcs on a CIB in a file; Pacemaker judges the result."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from tests.contract.one_node import OneNode
from tests.executables.deployer import EXAMPLES, GIVEN, PASSWORD, Deployer
from tests.executables.installed import Installed
from vmha_ocf.backends.process.command import Result

pytestmark = pytest.mark.real
THIRD = "compute-3=192.0.2.13"
BMCS = "compute-1=198.51.100.11 compute-2=198.51.100.12"
EMPTY = '{"command": "plan", "level": "ok", "flagged": false, "instances": []}'
FULL = '{"command": "plan", "level": "ok", "flagged": false, "instances": [{"id": "7"}]}'


class Running:
    """A cluster that has a recipe."""

    def __init__(self, deployer: Deployer, folder: Path) -> None:
        self.deployer = deployer
        self.before = folder / "before.xml"
        self.vmha = folder / "vmha"
        self.says(EMPTY)
        self.keep()

    def keep(self) -> None:
        self.before.write_bytes(self.deployer.cib.read_bytes())

    def changed(self) -> str:
        """What crm_diff sees between what was kept and what is; "" is nothing."""
        files = [f"--original={self.before}", f"--new={self.deployer.cib}"]
        answer = self.deployer.installed.run(["crm_diff", "--no-version", *files])
        assert answer.rc in (0, 1), answer
        return answer.stdout if answer.rc else ""

    def says(self, plan: str, code: int = 0) -> None:
        self.vmha.write_text(f"#!/bin/sh\necho '{plan}'\nexit {code}\n")
        self.vmha.chmod(0o755)

    def remove(self, host: str, **more: str) -> Result:
        given = {"PCS": f"pcs -f {self.deployer.cib}", "VMHA": str(self.vmha), "WAIT": "", **more}
        return self.deployer.installed.run(
            [str(EXAMPLES / "remove-host.sh"), host], timeout=300, env=given
        )

    def value(self, resource: str, name: str) -> str:
        found = self._pair(resource, name)
        assert found is not None
        return str(found.get("value"))

    def has(self, resource: str, name: str) -> bool:
        return self._pair(resource, name) is not None

    def _pair(self, resource: str, name: str) -> etree._Element | None:
        path = f".//primitive[@id='{resource}']/instance_attributes/nvpair[@name='{name}']"
        return etree.parse(self.deployer.cib).find(path)


@pytest.fixture
def running(
    installed: Installed, tmp_path: Path, cib_of: Callable[[str], str]
) -> Callable[[str], Running]:
    def made(recipe: str) -> Running:
        return Running(Deployer(installed, tmp_path, cib_of(recipe)), tmp_path)

    return made


@pytest.mark.parametrize("recipe", ["recipe-inventory.sh", "recipe-behind-other.sh"])
def test_again_changes_nothing_one_more_is_added_and_one_leaves(
    running: Callable[[str], Running], recipe: str
) -> None:
    """Although the new one alone is named; and nothing that runs is restarted. The other recipes'
    steps of their own are below: pcs takes its time."""
    cluster = running(recipe)
    deployer = cluster.deployer
    deployer.example(recipe)
    assert cluster.changed() == ""

    deployer.settle()
    deployer.example(recipe, HOSTS=THIRD, BMCS="compute-3=198.51.100.13")
    deployer.verify()
    plan = deployer.simulate()
    assert re.search(r"Start +compute-3 ", plan), plan
    assert not re.search(r"(Restart|Stop|Move|Fence)\b.*(compute-[12]|nova)", plan), plan
    PROTECTED[recipe](cluster)

    removed = cluster.remove("compute-2")
    assert removed.rc == 0, removed
    assert "openstack compute service delete ID" in removed.stdout
    configuration = etree.parse(deployer.cib).find("configuration")
    assert configuration is not None
    # Whether its <node> goes is the live cluster's to say.
    for tag in ("resources", "constraints", "fencing-topology"):
        part = configuration.find(tag)
        assert part is None or b"compute-2" not in etree.tostring(part)
    plan = deployer.simulate()
    assert not re.search(r"Fence\b|(Restart|Stop|Move)\b.* compute-1 ", plan), plan


def by_list(cluster: Running) -> None:
    assert cluster.value("fence-computes", "pcmk_host_list") == "compute-1 compute-2 compute-3"


def by_level(cluster: Running) -> None:
    pairs = ";".join(f"compute-{n}:compute-{n}" for n in (1, 2, 3))
    assert cluster.value("record-computes", "pcmk_host_map") == pairs
    text = cluster.deployer.cib.read_text()
    assert 'devices="power-compute-3,record-computes"' in text
    assert text.count('devices="power-compute-1,record-computes"') == 1


PROTECTED = {"recipe-inventory.sh": by_list, "recipe-behind-other.sh": by_level}


def test_a_host_more_gets_a_device_of_its_own(running: Callable[[str], Running]) -> None:
    cluster = running("recipe-per-host.sh")
    cluster.deployer.example("fence-per-host.sh", **PASSWORD, BMCS=BMCS)
    assert cluster.changed() == ""
    cluster.deployer.example("fence-per-host.sh", **PASSWORD, BMCS="compute-3=198.51.100.13")
    for n in (1, 2, 3):
        assert cluster.value(f"fence-compute-{n}", "ip") == f"198.51.100.1{n}"


def test_containers_started_by_the_same_words_are_not_restarted(
    running: Callable[[str], Running],
) -> None:
    cluster = running("recipe-containers.sh")
    unit = cluster.value("nova-compute", "unit")
    conf = cluster.value("nova-compute", "nova_conf")
    cluster.deployer.example("compute.sh", EXTRA_COMPUTE=f"unit={unit} nova_conf={conf} ")
    assert cluster.changed() == ""
    cluster.deployer.example("compute.sh", **GIVEN["compute.sh"])
    assert cluster.value("nova-compute", "start_command") == GIVEN["compute.sh"]["START_COMMAND"]
    assert not cluster.has("nova-compute", "unit")


def test_a_bmc_that_was_replaced_gets_its_new_address(running: Callable[[str], Running]) -> None:
    cluster = running("recipe-per-host.sh")
    given = {"BMCS": BMCS.replace(".11", ".77"), "BMC_USER": "fencing"}
    cluster.deployer.example("fence-per-host.sh", **PASSWORD, **given)
    assert cluster.value("fence-compute-1", "ip") == "198.51.100.77"
    assert cluster.value("fence-compute-1", "username") == "fencing"
    cluster.deployer.verify()


def test_of_a_device_that_is_there_what_is_not_told_stays(
    running: Callable[[str], Running],
) -> None:
    """Not a word of the first time is replaced by a default when a BMC alone gets another address, or a
    host is added."""
    cluster = running("recipe-per-host.sh")
    first = {
        "BMC_USER": "fencing",
        "BMC_PASSWORD_SCRIPT": "/etc/site/password",
        "NOVA_DOMAIN": ".example.com",
        "EXTRA_FENCE": "protocol=redfish ssl_ca_file=/etc/vmha/bmc-ca.pem",
    }
    cluster.deployer.example("fence-per-host.sh", BMCS=BMCS, **first)
    cluster.keep()
    cluster.deployer.example("fence-per-host.sh", BMCS="compute-1=198.51.100.77")
    assert cluster.value("fence-compute-1", "ip") == "198.51.100.77"
    cluster.deployer.example("fence-per-host.sh", BMCS="compute-1=198.51.100.11")
    assert cluster.changed() == ""


def test_what_all_recipes_share_keeps_what_it_is_not_told(
    running: Callable[[str], Running],
) -> None:
    cluster = running("recipe-behind-other.sh")
    site = {"CLOUDS_FILE": "/etc/site/clouds.yaml", "CLOUD": "north"}
    cluster.deployer.example("evacuate.sh", **site)
    hosts = "compute-1 compute-2"
    cluster.deployer.example("fence-behind-other.sh", HOSTS=hosts, NOVA_DOMAIN=".example.com")
    cluster.deployer.example("fence-inventory.sh", HOSTS=hosts, INVENTORY="/etc/site/bmcs.ini")
    cluster.keep()
    for name in ("evacuate.sh", "fence-behind-other.sh", "fence-inventory.sh"):
        cluster.deployer.example(name, HOSTS="compute-1")
    assert cluster.changed() == ""


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("recipe-*.sh")), ids=lambda path: path.name)
def test_a_recipe_that_is_told_no_host_changes_nothing(
    running: Callable[[str], Running], path: Path
) -> None:
    """An example of the documentation is nobody's host."""
    cluster = running("recipe-inventory.sh")
    refused = cluster.deployer.attempt(path.name)
    assert refused.rc == 2
    assert 'for example HOSTS="compute-1=192.0.2.11' in refused.stderr
    assert cluster.changed() == ""


def test_a_host_keeps_the_address_that_pacemaker_has(running: Callable[[str], Running]) -> None:
    """Another one would have its connection made anew, and nova-compute stopped for that."""
    cluster = running("recipe-inventory.sh")
    cluster.deployer.pcs("resource", "update", "compute-1", "server=192.0.2.99")
    cluster.keep()
    told = cluster.deployer.example("hosts.sh", HOSTS="compute-1=192.0.2.11")
    assert "Pacemaker has compute-1 at 192.0.2.99, and keeps that" in told.stderr
    assert cluster.changed() == ""


def test_what_somebody_has_disabled_stays_so(running: Callable[[str], Running]) -> None:
    cluster = running("recipe-inventory.sh")
    cluster.deployer.pcs("resource", "disable", "nova-compute-clone")
    cluster.keep()
    cluster.deployer.example("compute.sh", EXTRA_COMPUTE="nova_host=")
    assert cluster.changed() == ""


class TestWhatCannotBeMeant:
    """It is refused before anything is changed, and says which word of which list."""

    @pytest.mark.parametrize(
        ("hosts", "says"),
        [
            ("new-1=192.0.2.21,new-2=192.0.2.22", "several are separated by blanks"),
            ("new-1=192.0.2.21 new-2=192.0.2.21", "new-1 and new-2 have the same address"),
            ("new-1=192.0.2.21 NEW-1=192.0.2.22", "HOSTS: NEW-1 is there twice"),
            ("new-1=", "new-1= is not NAME=ADDRESS"),
        ],
    )
    def test_hosts(self, running: Callable[[str], Running], hosts: str, says: str) -> None:
        cluster = running("recipe-per-host.sh")
        told = cluster.deployer.attempt("hosts.sh", HOSTS=hosts)
        assert (told.rc, says in told.stderr, cluster.changed()) == (1, True, ""), told

    def test_an_address_of_another_remote_node(self, running: Callable[[str], Running]) -> None:
        cluster = running("recipe-per-host.sh")
        cluster.deployer.example("hosts.sh", HOSTS=THIRD)
        cluster.keep()
        told = cluster.deployer.attempt("hosts.sh", HOSTS="new-1=192.0.2.13")
        assert told.rc == 1
        assert "192.0.2.13, said for new-1, is another remote node's address" in told.stderr
        assert cluster.changed() == ""

    @pytest.mark.parametrize(
        ("bmcs", "says"),
        [
            ("compute-1=198.51.100.11 compute-2=198.51.100.11", "have the same address"),
            (
                "compute-2=198.51.100.11",
                "198.51.100.11, said for compute-2, is another host's BMC",
            ),
            ("compute-1", "BMCS: compute-1 has no address"),
            ("compute-1=198.51.100.11\n compute-9=198.51.100.19", "compute-3 is in HOSTS, and"),
        ],
    )
    def test_bmcs(self, running: Callable[[str], Running], bmcs: str, says: str) -> None:
        cluster = running("recipe-per-host.sh")
        hosts = "compute-1\ncompute-2 compute-3" if "compute-9" in bmcs else ""
        given = {**PASSWORD, "BMCS": bmcs, "HOSTS": hosts}
        told = cluster.deployer.attempt("fence-per-host.sh", **given)
        assert (told.rc, says in told.stderr, cluster.changed()) == (1, True, ""), told

    def test_two_hosts_to_remove_at_once(self, running: Callable[[str], Running]) -> None:
        cluster = running("recipe-inventory.sh")
        given = {"PCS": f"pcs -f {cluster.deployer.cib}"}
        script = [str(EXAMPLES / "remove-host.sh"), "compute-1", "compute-2"]
        told = cluster.deployer.installed.run(script, timeout=60, env=given)
        assert (told.rc, cluster.changed()) == (1, ""), told
        assert "one host at a time, and nothing was changed: compute-1 compute-2" in told.stderr


class TestRemoval:
    def test_it_may_be_run_again(self, running: Callable[[str], Running]) -> None:
        cluster = running("recipe-inventory.sh")
        cluster.deployer.pcs("resource", "delete", "compute-2")
        assert cluster.remove("compute-2").rc == 0
        assert cluster.value("fence-computes", "pcmk_host_list") == "compute-1"

    @pytest.mark.parametrize(
        ("plan", "code", "why"),
        [
            (FULL, 0, "compute-2 has instances, also such as are off"),
            (FULL, 1, "compute-2 has instances, also such as are off"),
            (EMPTY, 3, "nobody can say whether compute-2 has instances"),
            ("", 2, "nobody can say whether compute-2 has instances"),
            (EMPTY.replace("false", "true"), 0, "compute-2 is flagged"),
        ],
    )
    def test_it_is_refused_and_nothing_is_changed(
        self, running: Callable[[str], Running], plan: str, code: int, why: str
    ) -> None:
        cluster = running("recipe-inventory.sh")
        cluster.says(plan, code)
        refused = cluster.remove("compute-2")
        assert refused.rc == 1
        assert why in refused.stderr
        assert cluster.changed() == ""

    def test_a_flagged_host_is_refused_by_force_too(
        self, running: Callable[[str], Running]
    ) -> None:
        cluster = running("recipe-inventory.sh")
        record = "evacuation=host=compute-2 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC answered off"
        cluster.deployer.pcs("node", "attribute", "compute-2", record)
        cluster.keep()
        refused = cluster.remove("compute-2", FORCE="1")
        assert "compute-2 is flagged: its instances are being evacuated" in refused.stderr
        assert cluster.changed() == ""

    @pytest.mark.parametrize(
        ("host", "why"),
        [("compute-9", "does not know compute-9"), ("nova-evacuate", "is no remote node")],
    )
    def test_what_is_no_compute_host_is_refused(
        self, running: Callable[[str], Running], host: str, why: str
    ) -> None:
        cluster = running("recipe-inventory.sh")
        assert why in cluster.remove(host).stderr
        assert cluster.changed() == ""


def test_pacemaker_itself_forgets_a_node_that_has_left(
    installed_node: OneNode, tmp_path: Path
) -> None:
    """Where it runs: what a configuration in a file cannot show."""
    query = ["cibadmin", "--query"]
    vmha = tmp_path / "vmha"
    vmha.write_text(f"#!/bin/sh\necho '{EMPTY}'\n")
    vmha.chmod(0o755)
    for words in (
        "property set stonith-enabled=false",
        "resource create leaving ocf:pacemaker:remote server=192.0.2.12 --disabled",
        "node attribute leaving osprole=compute",
    ):
        told = installed_node.run(["pcs", *words.split(), "--force"], timeout=60)
        assert told.rc == 0, told
    assert '<node type="remote" id="leaving"' in installed_node.run(query, timeout=20).stdout
    script = ["env", f"VMHA={vmha}", str(EXAMPLES / "remove-host.sh"), "leaving"]
    removed = installed_node.run(script, timeout=120)
    assert removed.rc == 0, removed
    left = installed_node.run(query, timeout=20)
    assert (left.rc, '"leaving"' in left.stdout, "<node " in left.stdout) == (0, False, True), left
