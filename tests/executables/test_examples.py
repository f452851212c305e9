"""Every example as a deployer runs it, with pcs on a CIB in a file; Pacemaker judges the result."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from tests.executables.deployer import COMPUTES, EXAMPLES, GIVEN, NOT_PCS, Deployer
from tests.executables.installed import Installed
from tests.lab.layout import REPOSITORY
from vmha_ocf.backends.process import command

pytestmark = pytest.mark.real
RECORD = "host=compute-1 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC 192.0.2.7 answered off"


@pytest.fixture
def deployer(installed: Installed, tmp_path: Path) -> Deployer:
    return Deployer(installed, tmp_path)


def test_every_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.sh")} == set(GIVEN) | NOT_PCS


@pytest.mark.conformance("crm_verify -VVV, crm_simulate: every example")
@pytest.mark.parametrize("name", GIVEN)
def test_each_works_alone(
    installed: Installed, tmp_path: Path, cib_of: Callable[[str], str], name: str
) -> None:
    deployer = Deployer(installed, tmp_path, cib_of(name))
    deployer.verify()
    deployer.simulate()
    deployer.validate("nova-compute", "NovaCompute")
    deployer.validate("nova-instances", "NovaInstances")
    deployer.validate("libvirt", "Libvirtd")


@pytest.mark.parametrize(
    ("agent", "more"),
    [
        ("fence_redfish", "ssl_insecure=1 systems_uri=/redfish/v1/Systems/1"),
        ("fence_ipmilan", "lanplus=1 method=onoff cipher=17"),
    ],
)
def test_what_powers_off_knows_each_of_its_parameters(
    deployer: Deployer, agent: str, more: str
) -> None:
    """And Pacemaker asks it for all that it has to know."""
    deployer.example("recipe-behind-other.sh", AGENT=agent, EXTRA_POWER=more)
    deployer.verify()
    cib = etree.parse(deployer.cib)
    pairs = cib.iterfind(".//primitive[@id='power-compute-1']/instance_attributes/nvpair")
    given = {str(pair.get("name")) for pair in pairs}
    known = etree.fromstring(deployer.run(f"/usr/sbin/{agent}", "-o", "metadata").stdout.encode())
    parameters = {str(one.get("name")): one for one in known.iter("parameter")}
    assert {name for name in given if not name.startswith("pcmk_")} <= set(parameters)
    required = {
        name
        for name, one in parameters.items()
        if one.get("required") == "1" and one.get("deprecated") != "1"
    }
    # Pacemaker itself says which action, and which host.
    assert required - {"action", "port", "plug"} <= given


def test_compute_works_with_a_unit_too(deployer: Deployer) -> None:
    deployer.example("compute.sh", EXTRA_COMPUTE="unit=nova-compute.service")
    deployer.verify()


def test_a_container_is_started_by_its_unit_or_by_its_engine(
    installed: Installed, tmp_path: Path
) -> None:
    """Both at once would be one past the other."""
    for more, given, absent in (
        ({}, 'value="kolla-nova_compute-container.service"', "start_command"),
        ({"UNIT": "", "ENGINE": "docker"}, 'value="docker start nova_compute"', 'name="unit"'),
    ):
        deployer = Deployer(installed, tmp_path)
        deployer.example("recipe-containers.sh", **more)
        deployer.verify()
        deployer.validate("nova-compute", "NovaCompute")
        assert given in deployer.cib.read_text()
        assert absent not in deployer.cib.read_text()


def test_all_together_run_where_they_should(deployer: Deployer) -> None:
    for name in ("fence-inventory.sh", "evacuate.sh", "compute.sh"):
        deployer.example(name, **GIVEN[name])
    deployer.verify()
    plan = deployer.simulate()
    assert re.search(r"Start +nova-evacuate +\( +ctl\d ", plan), plan
    assert re.search(r"Start +fence-computes +\( +ctl\d ", plan), plan
    started = set(re.findall(r"Start +nova-compute:\d +\( +(\S+) ", plan))
    assert started == set(COMPUTES), plan


_STEP_BY_STEP = """#!/bin/sh
pcs -f {cib} "$@" || exit
cp {cib} {folder}/step-$(ls {folder} | wc -l).xml
"""


@pytest.mark.parametrize("name", ["evacuate.sh", "compute.sh"])
def test_on_a_cluster_that_runs_no_step_of_one_starts_it_in_the_wrong_place(
    deployer: Deployer, tmp_path: Path, name: str
) -> None:
    """Pacemaker acts on each of them at once, where they are not put into force together."""
    steps, pcs = tmp_path / "steps", tmp_path / "pcs"
    steps.mkdir()
    pcs.write_text(_STEP_BY_STEP.format(cib=deployer.cib, folder=steps))
    pcs.chmod(0o755)
    deployer.run(str(EXAMPLES / name), PCS=str(pcs), **GIVEN[name])
    right = "ctl" if name == "evacuate.sh" else "compute-"
    planned = []
    for step in sorted(steps.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        deployer.cib.write_text(step.read_text())
        planned += re.findall(r"Start +nova-\S+ +\( +(\S+) ", deployer.simulate())
    assert planned
    assert [node for node in planned if not node.startswith(right)] == []


def test_a_flagged_host_gets_no_nova_compute(deployer: Deployer) -> None:
    for name in ("fence-inventory.sh", "compute.sh"):
        deployer.example(name, **GIVEN[name])
    deployer.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
    plan = deployer.simulate()
    assert set(re.findall(r"Start +nova-compute\S* +\( +(\S+) ", plan)) == {"compute-2"}, plan


class TestLibvirt:
    """Libvirtd before nova-compute and NovaInstances."""

    @pytest.fixture
    def there(self, deployer: Deployer) -> Deployer:
        for name in ("fence-inventory.sh", "compute.sh", "instances.sh", "libvirt.sh"):
            deployer.example(name, **GIVEN[name])
        return deployer

    def test_a_second_run_changes_nothing(self, there: Deployer) -> None:
        before = there.cib.read_text()
        there.example("libvirt.sh")
        assert there.cib.read_text() == before

    def test_it_runs_on_compute_hosts_alone_and_first(self, there: Deployer) -> None:
        plan = there.simulate()
        assert set(re.findall(r"Start +libvirt:\d +\( +(\S+) ", plan)) == set(COMPUTES), plan
        orders = etree.parse(there.cib).iterfind(".//rsc_order[@first='libvirt-clone']")
        assert {str(one.get("then")) for one in orders} == {
            "nova-compute-clone",
            "nova-instances-clone",
        }

    def test_it_is_kept_from_a_flagged_host(self, there: Deployer) -> None:
        there.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
        plan = there.simulate()
        assert set(re.findall(r"Start +libvirt\S* +\( +(\S+) ", plan)) == {"compute-2"}, plan

    def test_a_stop_that_fails_fences_nobody(self, there: Deployer) -> None:
        stops = etree.parse(there.cib).findall(".//primitive/operations/op[@name='stop']")
        ours = [one for one in stops if one.get("on-fail") == "block"]
        assert len(ours) == len(["libvirt", "nova-compute", "nova-instances"])


class TestInstances:
    """NovaInstances beside nova-compute."""

    @pytest.fixture
    def watched(self, deployer: Deployer) -> Deployer:
        for name in ("fence-inventory.sh", "compute.sh", "instances.sh"):
            deployer.example(name, **GIVEN[name])
        return deployer

    def test_it_runs_on_compute_hosts_alone(self, watched: Deployer) -> None:
        plan = watched.simulate()
        started = set(re.findall(r"Start +nova-instances:\d +\( +(\S+) ", plan))
        assert started == set(COMPUTES), plan

    def test_a_second_run_changes_nothing(self, watched: Deployer) -> None:
        before = watched.cib.read_text()
        watched.example("instances.sh")
        assert watched.cib.read_text() == before

    def test_a_stop_that_fails_fences_nobody(self, watched: Deployer) -> None:
        stop = etree.parse(watched.cib).find(
            ".//primitive[@id='nova-instances']//op[@name='stop']"
        )
        assert stop is not None
        assert stop.get("on-fail") == "block"

    def test_it_goes_on_where_nova_compute_is_kept_away(self, watched: Deployer) -> None:
        watched.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
        plan = watched.simulate()
        assert set(re.findall(r"Start +nova-compute\S* +\( +(\S+) ", plan)) == {"compute-2"}
        started = set(re.findall(r"Start +nova-instances\S* +\( +(\S+) ", plan))
        assert started == set(COMPUTES), plan

    def test_where_pacemaker_starts_libvirt_it_comes_first(self, deployer: Deployer) -> None:
        deployer.pcs(
            "resource", "create", "libvirt", "ocf:pacemaker:Dummy", "clone", "interleave=true"
        )
        deployer.example("compute.sh", LIBVIRT="libvirt-clone")
        deployer.example("instances.sh", LIBVIRT="libvirt-clone")
        deployer.verify()
        orders = etree.parse(deployer.cib).iterfind(".//rsc_order")
        assert {(one.get("first"), one.get("then"), one.get("kind")) for one in orders} == {
            ("libvirt-clone", "nova-compute-clone", "Optional"),
            ("nova-compute-clone", "nova-instances-clone", "Optional"),
        }

    def test_a_removal_takes_it_along(self, watched: Deployer) -> None:
        watched.example("remove.sh")
        assert not [name for name in watched.configured() if "nova-" in name]


PLAIN = "recipe-inventory.sh"


@pytest.mark.parametrize("recipe", ["recipe-behind-other.sh", "recipe-per-host.sh"])
def test_a_removal_leaves_nothing_of_a_recipe_but_the_nodes(
    deployer: Deployer, recipe: str
) -> None:
    deployer.example("hosts.sh", HOSTS="compute-1 compute-2")
    before = deployer.configured()
    deployer.example(recipe)
    assert deployer.configured() > before
    deployer.example("remove.sh")
    deployer.verify()
    # What powers off is the site's, and stays in its level.
    rest = {
        name for name in deployer.configured() - before if not name.startswith(("power-", "fl-"))
    }
    assert rest == set()
    assert "record-computes" not in deployer.cib.read_text()


def test_a_removal_refuses_while_a_host_is_evacuated(deployer: Deployer) -> None:
    deployer.example(PLAIN)
    deployer.pcs("node", "attribute", "compute-1", f"evacuation={RECORD}")
    refused = deployer.attempt("remove.sh")
    assert refused.rc == 1
    assert "these hosts are being evacuated: compute-1" in refused.stderr
    assert deployer.attempt("remove.sh", FORCE="1").rc == 0


class TestUpgrade:
    """Of what TripleO configured: a wait before a unit, and a trigger for unfencing."""

    @pytest.fixture
    def upgraded(self, installed: Installed, tmp_path: Path, upgraded_cib: str) -> Deployer:
        return Deployer(installed, tmp_path, upgraded_cib)

    def test_pacemaker_has_nothing_to_say_to_it(self, upgraded: Deployer) -> None:
        upgraded.verify()

    def test_no_password_is_left(self, upgraded: Deployer) -> None:
        assert "swordfish" not in upgraded.cib.read_text()

    def test_what_waited_for_each_other_is_gone(self, upgraded: Deployer) -> None:
        names = upgraded.configured()
        assert not {"compute-unfence-trigger", "nova-compute-checkevacuate"} & names
        assert not [name for name in names if "order" in name]
        assert "unfencing" not in upgraded.cib.read_text()

    def test_the_level_is_as_it_was(self, upgraded: Deployer) -> None:
        text = upgraded.cib.read_text()
        assert 'devices="redfish-compute-1,fence-nova"' in text
        assert 'name="domain" value="example.com"' in text

    def test_nova_compute_stays_away_from_a_flagged_host(self, upgraded: Deployer) -> None:
        text = upgraded.cib.read_text()
        assert text.count('operation="defined" attribute="evacuation"') == 1 or (
            text.count('attribute="evacuation" operation="defined"') == 1
        )
        assert 'type="NovaCompute"' in text


@pytest.mark.conformance("shellcheck")
def test_shellcheck_accepts_every_shell_script() -> None:
    places = (EXAMPLES, REPOSITORY / ".ci", REPOSITORY / "tests", REPOSITORY / "fence")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    scripts = [str(path) for path in files if re.match(rb"#!/bin/(ba)?sh", path.read_bytes()[:11])]
    assert len(scripts) >= 8
    checked = command.run(["shellcheck", *scripts], timeout=60)
    assert checked.rc == 0, checked.stdout
