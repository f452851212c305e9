"""crmsh, the other shell of Pacemaker: it shows our agents and takes configurations with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.executables.deployer import EMPTY
from tests.executables.installed import Installed
from vmha_ocf.backends.process.command import Result

pytestmark = [pytest.mark.real, pytest.mark.conformance("crmsh: ra info, primitive, verify")]
FENCE = (
    "primitive fence-computes stonith:fence_compute params inventory=/etc/vmha/inventory.ini "
    "pcmk_host_list=compute-1 op monitor interval=60s timeout=60s"
)
EVACUATE = (
    "primitive nova-evacuate ocf:openstack:NovaEvacuate params cloud=vmha "
    "op start timeout=30s interval=0 op stop timeout=30s interval=0 op monitor interval=10s timeout=20s"
)
COMPUTE = (
    "primitive nova-compute ocf:openstack:NovaCompute params unit=nova-compute.service "
    "op start timeout=120s interval=0 op stop timeout=60s interval=0"
)
CLONE = "clone nova-compute-clone nova-compute meta interleave=true"


class Crm:
    def __init__(self, installed: Installed, folder: Path) -> None:
        self._installed = installed
        self._env = {
            "CIB_file": str(folder / "cib.xml"),
            "HOME": str(folder),
            "TERM": "dumb",
            "XDG_CACHE_HOME": str(folder),
        }
        (folder / "cib.xml").write_text(EMPTY)

    def __call__(self, words: str) -> Result:
        return self._installed.run(["crm", *words.split()], timeout=60, env=self._env)


@pytest.fixture
def crm(installed: Installed, tmp_path: Path) -> Crm:
    return Crm(installed, tmp_path)


@pytest.mark.parametrize(
    ("agent", "parameter"),
    [
        (
            "ocf:openstack:NovaEvacuate",
            "storm_limit (integer, [5]): Most hosts that may fail within storm_window",
        ),
        ("ocf:openstack:NovaCompute", "unit (string): systemd unit of nova-compute"),
        ("stonith:fence_compute", "record_only (string): 1: only record"),
    ],
)
def test_it_describes_each_agent(crm: Crm, agent: str, parameter: str) -> None:
    described = crm(f"ra info {agent}")
    assert (described.rc, described.stderr) == (0, "")
    assert parameter in described.stdout


def test_it_accepts_a_configuration_with_all_of_them(crm: Crm) -> None:
    for resource in (FENCE, EVACUATE, COMPUTE, CLONE):
        added = crm(f"configure {resource}")
        assert (added.rc, added.stdout, added.stderr) == (0, "", "")
    verified = crm("configure verify")
    assert (verified.rc, verified.stdout, verified.stderr) == (0, "", "")
    shown = crm("configure show").stdout
    assert "primitive nova-evacuate ocf:openstack:NovaEvacuate" in shown
    assert "clone nova-compute-clone nova-compute" in shown


@pytest.mark.parametrize("resource", [FENCE, EVACUATE, COMPUTE])
def test_it_refuses_a_parameter_that_the_agent_does_not_have(crm: Crm, resource: str) -> None:
    refused = crm("configure " + resource.replace(" params ", " params storm_limits=5 "))
    assert refused.rc == 1
    assert '"storm_limits" is not known' in refused.stderr


def test_it_warns_of_a_timeout_below_what_the_agent_advises(crm: Crm) -> None:
    crm(f"configure {FENCE}")
    told = crm("configure " + EVACUATE.replace("op stop timeout=30s", "op stop timeout=5s"))
    assert "5s for stop is smaller than the advised 30s" in told.stdout + told.stderr
