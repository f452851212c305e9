"""Every example as a deployer runs it, with pcs on a CIB in a file; Pacemaker judges the result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.executables.installed import Installed
from tests.lab.layout import REPOSITORY
from vmha_ocf.backends import command
from vmha_ocf.backends.command import Result

pytestmark = pytest.mark.real
EXAMPLES = REPOSITORY / "pcs-examples"
CONTROLLERS = ("ctl1", "ctl2", "ctl3")
COMPUTES = ("compute-1", "compute-2")

# What each script needs to be told, as its comment says.
GIVEN: Mapping[str, Mapping[str, str]] = {
    "compute.sh": {
        "START_COMMAND": "podman start nova_compute",
        "STOP_COMMAND": "podman stop --time 20 nova_compute",
        "STATUS_COMMAND": "podman healthcheck run nova_compute",
    },
    "evacuate.sh": {"EXTRA": "storm_limit=3 untagged=none"},
    "fence-behind-other.sh": {"HOST": "compute-1", "OTHER": "redfish-compute-1"},
    "fence-inventory.sh": {"HOSTS": "compute-1 compute-2"},
    "fence-per-host.sh": {
        "HOST": "compute-1",
        "BMC": "192.0.2.7",
        "BMC_PASSWORD_SCRIPT": "/etc/vmha/bmc-password",
        "NOVA_HOST": "compute-1.example.com",
    },
}


def node(name: str, role: str, kind: str) -> str:
    return (
        f'<node id="{name}" uname="{name}" {kind}><instance_attributes id="{name}-attributes">'
        f'<nvpair id="{name}-osprole" name="osprole" value="{role}"/>'
        "</instance_attributes></node>"
    )


def remote(name: str) -> str:
    return (
        f'<primitive id="{name}" class="ocf" provider="pacemaker" type="remote"><operations>'
        f'<op id="{name}-monitor" name="monitor" interval="20s" timeout="30s"/>'
        "</operations></primitive>"
    )


def online(name: str) -> str:
    member = 'in_ccm="true" crmd="online" join="member" expected="member"'
    return f'<node_state id="{name}" uname="{name}" {member}/>'


def cib() -> str:
    """Controllers that are up, hosts that Pacemaker is to connect to, and a device of the site's."""
    nodes = [node(name, "controller", "") for name in CONTROLLERS]
    nodes += [node(name, "compute", 'type="remote"') for name in COMPUTES]
    other = '<primitive id="redfish-compute-1" class="stonith" type="fence_redfish"/>'
    resources = [*map(remote, COMPUTES), other]
    return (
        '<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" have-quorum="1" '
        'admin_epoch="0" epoch="1" num_updates="0"><configuration><crm_config/>'
        f"<nodes>{''.join(nodes)}</nodes><resources>{''.join(resources)}</resources>"
        "<constraints/></configuration>"
        f"<status>{''.join(map(online, CONTROLLERS))}</status></cib>"
    )


class Deployer:
    def __init__(self, installed: Installed, folder: Path) -> None:
        self._installed = installed
        self.cib = folder / "cib.xml"
        self.cib.write_text(cib())

    def run(self, *argv: str, **env: str) -> Result:
        answer = self._installed.run(argv, timeout=120, env=env)
        assert answer.rc == 0, answer
        return answer

    def example(self, name: str, **given: str) -> Result:
        return self.run(str(EXAMPLES / name), PCS=f"pcs -f {self.cib}", **given)

    def verify(self) -> None:
        """Without an error or a warning."""
        self.run("crm_verify", f"--xml-file={self.cib}", "-VVV")

    def simulate(self) -> str:
        """What Pacemaker would do."""
        return self.run("crm_simulate", f"--xml-file={self.cib}", "--simulate").stdout


@pytest.fixture
def deployer(installed: Installed, tmp_path: Path) -> Deployer:
    return Deployer(installed, tmp_path)


def test_every_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.sh")} == set(GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_each_works_alone(deployer: Deployer, name: str) -> None:
    deployer.example(name, **GIVEN[name])
    deployer.verify()
    deployer.simulate()


def test_compute_works_with_a_unit_too(deployer: Deployer) -> None:
    deployer.example("compute.sh", EXTRA="unit=nova-compute.service")
    deployer.verify()


def test_all_together_run_where_they_should(deployer: Deployer) -> None:
    for name in ("fence-inventory.sh", "evacuate.sh", "compute.sh"):
        deployer.example(name, **GIVEN[name])
    deployer.verify()
    plan = deployer.simulate()
    assert re.search(r"Start +nova-evacuate +\( +ctl\d ", plan), plan
    assert re.search(r"Start +fence-computes +\( +ctl\d ", plan), plan
    started = set(re.findall(r"Start +nova-compute:\d +\( +(\S+) ", plan))
    assert started == set(COMPUTES), plan


def test_a_flagged_host_gets_no_nova_compute(deployer: Deployer) -> None:
    for name in ("fence-inventory.sh", "compute.sh"):
        deployer.example(name, **GIVEN[name])
    record = "host=compute-1 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC 192.0.2.7 answered off"
    deployer.run(
        "pcs", "-f", str(deployer.cib), "node", "attribute", "compute-1", f"evacuation={record}"
    )
    plan = deployer.simulate()
    assert set(re.findall(r"Start +nova-compute\S* +\( +(\S+) ", plan)) == {"compute-2"}, plan


def test_shellcheck_accepts_every_shell_script() -> None:
    places = (EXAMPLES, REPOSITORY / ".ci", REPOSITORY / "tests", REPOSITORY / "fence")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    scripts = [str(path) for path in files if re.match(rb"#!/bin/(ba)?sh", path.read_bytes()[:11])]
    assert len(scripts) >= 8
    checked = command.run(["shellcheck", *scripts], timeout=60)
    assert checked.rc == 0, checked.stdout
