"""``vmha`` as it is installed: on a real Pacemaker of one node, with pcs, in a shell."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest

from tests.contract.bmc_processes import PASSWORD, USER, IpmiSim
from tests.contract.one_node import NODE, OneNode
from tests.executables.deployer import Deployer
from tests.executables.installed import Installed
from vmha_ocf.backends.desk.machine import Controller
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.command import Result
from vmha_ocf.cluster.configuration import Resource
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.hold import ATTRIBUTE
from vmha_ocf.model import NovaHost

pytestmark = pytest.mark.real

VMHA = ["/usr/bin/python3", "-m", "vmha_ocf"]
HOSTS = """
bmc: {username: admin, password: sword-fish}
hosts:
  - {name: compute-1, bmc: {address: 192.0.2.7}}
  - {name: compute-2, bmc: {address: 192.0.2.8}}
"""


class Operator:
    """At the controller of a real Pacemaker, whose Nova does not answer."""

    def __init__(self, node: OneNode) -> None:
        self.node = node
        self.flags = FlagStore(Attrd(node.run), Cib(node.run), SystemClock())

    def run(self, *words: str, input: str = "") -> Result:
        env = {"SUDO_USER": "alice"}
        return self.node.run([*VMHA, *words], timeout=60, input=input, env=env)

    def data(self, *words: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.run(*words, "--json").stdout)
        return found

    def must(self, *argv: str) -> None:
        answer = self.node.run(argv, timeout=60)
        assert answer.rc == 0, answer

    def wait_for_worker(self, says: str) -> None:
        """Until the living worker's pulse has these words."""
        pulse = "/run/resource-agents/NovaEvacuate-nova-evacuate"
        deadline = time.monotonic() + 60
        while says not in (told := self.node.run(["cat", pulse], timeout=5).stdout):
            assert time.monotonic() < deadline, told
            time.sleep(0.2)


@pytest.fixture(scope="module")
def operator(installed_node: OneNode) -> Iterator[Operator]:
    operator = Operator(installed_node)
    # Without a device Pacemaker would start nothing; what is tested here fences nobody.
    operator.must("pcs", "property", "set", "stonith-enabled=false")
    parameters = ["auth_url=http://127.0.0.1:9/v3", "username=vmha", "password=sword-fish"]
    operator.must(
        *("pcs", "resource", "create", "nova-evacuate", "ocf:openstack:NovaEvacuate"),
        *(*parameters, "project_name=service", "op", "monitor", "interval=2s"),
    )
    operator.wait_for_worker("nothing is flagged")
    yield operator
    operator.must("pcs", "resource", "delete", "nova-evacuate")


def test_status_reads_the_real_cluster(operator: Operator) -> None:
    told = operator.data("status", "--all")
    assert told["evacuator_on"] == NODE
    assert [one["node"] for one in told["hosts"]] == ["compute-1", "compute-2"]
    assert {one["nova"] for one in told["hosts"]} == {"no answer"}
    shown = operator.run("status")
    # The worker does not reach Nova either: nothing would be evacuated, and that needs a person.
    assert shown.rc == 2
    assert shown.stdout.startswith("ERROR  nova-evacuate: Keystone at "), shown
    assert shown.stdout.count("Keystone at ") == 1


def test_a_hold_reaches_the_worker_and_a_release_ends_it(operator: Operator) -> None:
    held = operator.run("hold", "--reason", "rack 7 moves")
    assert (held.rc, held.stderr) == (0, "")
    assert held.stdout.startswith("OK  evacuation is held, by alice@ctl1\n")
    attributes = Cib(operator.node.run).node_attributes(ATTRIBUTE)
    assert re.fullmatch(r"by=alice@ctl1 at=\d+ why=rack 7 moves", attributes[NODE])  # type: ignore[index]
    operator.wait_for_worker("evacuation is held by alice@ctl1 (rack 7 moves)")
    assert any("rack 7 moves" in note for note in _told(operator.data("status")))
    operator.must("pcs", "node", "attribute", NODE, "evacuation-hold=by=bob@ctl1 at=0 why=disks")
    assert "held by bob@ctl1 (disks)" in operator.run("status").stdout
    operator.must("pcs", "node", "attribute", NODE, "evacuation-hold=")
    assert operator.run("release").stdout == "OK  nothing is held\n"
    assert operator.run("hold").rc == 0
    released = operator.run("release")
    assert released.stdout == "OK  released: the hold of alice@ctl1\n"
    assert Cib(operator.node.run).node_attributes(ATTRIBUTE) == {}
    assert operator.run("release").stdout == "OK  nothing is held\n"


def _told(data: Mapping[str, Any]) -> Sequence[str]:
    return [data["headline"], *data["notes"]]


def test_a_policy_is_read_anew_told_to_the_others_and_its_slips_are_said(
    operator: Operator, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[[exclude]]\nwhy = 'canaries'\nnames = 'canary-*'\n", encoding="utf-8")
    operator.must("pcs", "resource", "update", "nova-evacuate", f"policy={path}")
    told = operator.run("policy")
    assert told.rc == 0, told
    digest = operator.data("policy")["policy"]
    assert told.stdout.startswith(f"OK  {path} ({digest}) is the policy of all controllers\n")
    assert Cib(operator.node.run).node_attributes("vmha-policy") == {NODE: digest}
    operator.wait_for_worker("nothing is flagged")
    path.write_text("[[exclude]]\nwhy = 'canaries'\nnmes = 'canary-*'\n", encoding="utf-8")
    operator.wait_for_worker("line 3, exclude[1].nmes: it is not known (did you mean names?)")
    assert "nmes: it is not known" in operator.run("check").stdout.replace("\n", " ")
    assert operator.run("policy").rc == 2
    assert Cib(operator.node.run).node_attributes("vmha-policy") == {NODE: "not-understood"}
    operator.must("pcs", "resource", "update", "nova-evacuate", "policy=")
    operator.wait_for_worker("nothing is flagged")
    assert operator.run("policy").stdout.startswith("OK  no policy is set")
    assert Cib(operator.node.run).node_attributes("vmha-policy") == {}


def test_a_flag_by_hand_is_in_both_records_with_the_person(operator: Operator) -> None:
    refused = operator.run("flag", "compute-1", "--fenced-by-hand")
    assert (refused.rc, operator.flags.read()) == (2, {})
    assert "Nova was not asked" in refused.stdout
    flagged = operator.run("flag", "compute-1", "--fenced-by-hand", input="compute-1\n")
    assert flagged.rc == 0, flagged
    found = operator.flags.read()[NovaHost("compute-1")]
    assert found.pending
    assert found.evidence is not None
    assert found.evidence.by == "alice@ctl1"
    operator.wait_for_worker("compute-1 is waiting")
    status = operator.data("status")
    host = next(one for one in status["hosts"] if one["node"] == "compute-1")
    assert host["flag"] in ("needed", "claimed")
    assert host["evidence"]["proof"] == "fenced by hand, on the word of alice@ctl1"


def test_nothing_of_it_runs_without_a_cluster_and_it_says_so(installed: Installed) -> None:
    for command in ("status", "check", "hold", "release"):
        told = installed.run([*VMHA, command])
        assert told.rc == 3, told
        assert told.stderr.startswith(f"vmha {command}: ")
        assert "Traceback" not in told.stderr


def test_help_of_every_command_and_a_wrong_one(installed: Installed) -> None:
    shown = installed.run([*VMHA, "--help"])
    assert shown.rc == 0
    commands = re.findall(r"^    (\w+) ", shown.stdout, re.MULTILINE)
    assert {"generate", "check", "plan", "status", "hold", "release", "flag"} <= set(commands)
    for command in commands:
        assert "--json" in installed.run([*VMHA, command, "--help"]).stdout
    assert installed.run([*VMHA, "evacuate-all"]).rc == 64


def test_the_shell_completes(installed: Installed) -> None:
    """As argcomplete's shell function asks: the words come on descriptor 8."""
    script = f"{installed.root}/usr/bin/vmha"
    env = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": " ",
        "COMP_LINE": "vmha sta",
        "COMP_POINT": "8",
    }
    told = installed.run(["sh", "-c", f"{script} 8>&1 9>/dev/null"], env=env)
    assert told.stdout.strip() == "status", told


class TestGenerated:
    """The script that ``vmha generate`` makes, as a deployer runs it."""

    @pytest.fixture
    def script(self, installed: Installed, tmp_path: Path) -> Path:
        hosts, script = tmp_path / "hosts.yaml", tmp_path / "protect.sh"
        hosts.write_text(HOSTS)
        where = ["--secrets", str(tmp_path / "inventory.ini"), "--without-remotes"]
        made = installed.run([*VMHA, "generate", str(hosts), *where, "--instances"])
        assert made.rc == 0, made
        script.write_text(made.stdout)
        script.chmod(0o755)
        return script

    def test_it_leads_where_the_recipe_leads(
        self, installed: Installed, script: Path, tmp_path: Path
    ) -> None:
        deployer = Deployer(installed, tmp_path)
        deployer.run(str(script), PCS=f"pcs -f {deployer.cib}")
        deployer.verify()
        (tmp_path / "recipe").mkdir()
        recipe = Deployer(installed, tmp_path / "recipe")
        recipe.example("recipe-inventory.sh")
        recipe.example("instances.sh")
        assert _without_ids(deployer.cib) == _without_ids(recipe.cib)

    def test_it_may_be_run_again_and_drops_nobody(
        self, installed: Installed, script: Path, tmp_path: Path, cib_of: Callable[[str], str]
    ) -> None:
        deployer = Deployer(installed, tmp_path, cib_of("recipe-inventory.sh"))
        deployer.pcs("stonith", "update", "fence-computes", "pcmk_host_list=older compute-1")
        deployer.pcs("resource", "disable", "nova-compute-clone")
        # Where the whole script finds its cluster: it makes its copy of that, and puts it into force.
        cluster = {"CIB_file": str(deployer.cib)}
        deployer.run(str(script), **cluster)
        once = deployer.cib.read_text()
        assert '"older compute-1 compute-2"' in once
        assert 'name="target-role" value="Stopped"' in once
        assert "it is so already" in deployer.run(str(script), **cluster).stderr
        assert deployer.cib.read_text() == once

    @pytest.mark.conformance("shellcheck")
    def test_shellcheck_accepts_it(self, installed: Installed, script: Path) -> None:
        checked = installed.run(["shellcheck", str(script)])
        assert checked.rc == 0, checked.stdout

    def test_with_remotes_pcs_understands_every_word(
        self, installed_node: OneNode, installed: Installed, tmp_path: Path
    ) -> None:
        """pcs reads its options before it looks for pcsd, which does not run there."""
        hosts = tmp_path / "hosts.yaml"
        hosts.write_text(HOSTS.replace("compute-", "another-"))
        where = ["--secrets", str(tmp_path / "inventory.ini")]
        made = installed.run([*VMHA, "generate", str(hosts), *where])
        lines = made.stdout.replace("\\\n", " ").splitlines()
        adds = [line for line in lines if "add-remote" in line]
        assert len(adds) == 2
        for line in adds:
            told = installed_node.run(shlex.split(line), timeout=60)
            assert "are not known to pcs" in told.stderr, told


def _without_ids(cib: Path) -> object:
    return _plain(parse(cib).getroot().find("configuration"))


def _plain(element: Element | None) -> object:
    assert element is not None
    return (
        element.tag,
        sorted((k, v) for k, v in element.items() if k != "id"),
        sorted((_plain(child) for child in element), key=repr),
    )


class TestDevices:
    """``vmha check`` asks a fencing device by its own agent, here a BMC that speaks IPMI."""

    @pytest.fixture
    def bmc(self, tmp_path: Path) -> Iterator[IpmiSim]:
        bmc = IpmiSim(tmp_path)
        yield bmc
        bmc.close()

    def complaint(self, installed: Installed, bmc: IpmiSim, kind: str, password: str) -> str:
        access = {"ip": "127.0.0.1", "ipport": str(bmc.port), "username": USER}
        more = {"lanplus": "1", "cipher": "3"} if kind == "fence_ipmilan" else {}
        device = Resource("x", f"stonith:{kind}", {**access, **more, "password": password})
        cluster = PacemakerCluster(Cib(installed.run), installed.run)
        return Controller(cluster, installed.run).try_device(device)

    @pytest.mark.parametrize("kind", ["fence_compute", "fence_ipmilan"])
    def test_a_bmc_that_takes_the_password(
        self, installed: Installed, bmc: IpmiSim, kind: str
    ) -> None:
        assert self.complaint(installed, bmc, kind, PASSWORD) == ""

    @pytest.mark.parametrize("kind", ["fence_compute", "fence_ipmilan"])
    def test_a_bmc_that_does_not(self, installed: Installed, bmc: IpmiSim, kind: str) -> None:
        told = self.complaint(installed, bmc, kind, "not-this-one")
        assert told
        assert "not-this-one" not in told
