"""Every example as a deployer runs it, with pcs on a CIB in a file; Pacemaker judges the result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.executables.deployer import COMPUTES, EXAMPLES, GIVEN, NOT_PCS, Deployer
from tests.executables.installed import Installed
from tests.lab.layout import REPOSITORY
from vmha_ocf.backends import command

pytestmark = pytest.mark.real
RECORD = "host=compute-1 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC 192.0.2.7 answered off"


@pytest.fixture
def deployer(installed: Installed, tmp_path: Path) -> Deployer:
    return Deployer(installed, tmp_path)


def test_every_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.sh")} == set(GIVEN) | NOT_PCS


@pytest.mark.conformance("crm_verify -VVV, crm_simulate: every example")
@pytest.mark.parametrize("name", GIVEN)
def test_each_works_alone(deployer: Deployer, name: str) -> None:
    deployer.example(name, **GIVEN[name])
    deployer.verify()
    deployer.simulate()


def test_compute_works_with_a_unit_too(deployer: Deployer) -> None:
    deployer.example("compute.sh", EXTRA_COMPUTE="unit=nova-compute.service")
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
    deployer.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
    plan = deployer.simulate()
    assert set(re.findall(r"Start +nova-compute\S* +\( +(\S+) ", plan)) == {"compute-2"}, plan


PLAIN = "recipe-inventory.sh"


@pytest.mark.parametrize("recipe", [name for name in GIVEN if name.startswith("recipe-")])
def test_a_removal_leaves_nothing_of_a_recipe_but_the_nodes(
    deployer: Deployer, recipe: str
) -> None:
    deployer.example("hosts.sh", HOSTS="compute-1 compute-2")
    before = deployer.configured()
    deployer.example(recipe)
    assert deployer.configured() > before
    deployer.example("remove.sh")
    deployer.verify()
    rest = {name for name in deployer.configured() - before if "power-" not in name}
    assert rest == set()


def test_a_removal_refuses_while_a_host_is_evacuated(deployer: Deployer) -> None:
    deployer.example(PLAIN)
    deployer.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
    refused = deployer.attempt("remove.sh")
    assert refused.rc == 1
    assert "these hosts are being evacuated: compute-1" in refused.stderr
    assert deployer.attempt("remove.sh", FORCE="1").rc == 0


@pytest.mark.conformance("shellcheck")
def test_shellcheck_accepts_every_shell_script() -> None:
    places = (EXAMPLES, REPOSITORY / ".ci", REPOSITORY / "tests", REPOSITORY / "fence")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    scripts = [str(path) for path in files if re.match(rb"#!/bin/(ba)?sh", path.read_bytes()[:11])]
    assert len(scripts) >= 8
    checked = command.run(["shellcheck", *scripts], timeout=60)
    assert checked.rc == 0, checked.stdout
