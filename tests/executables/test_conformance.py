"""What others check our agents with, unmodified, on what `make install` installs."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from tests.contract.one_node import OneNode
from tests.executables.deployer import EMPTY
from tests.executables.installed import AGENTS, Installed

pytestmark = pytest.mark.real
NEEDS_SYSTEMD = "Libvirtd"
"""Where nothing starts its unit, ocf-tester has nothing to start: make lab HOSTS=systemd has."""
NAMES = ("NovaEvacuate", "NovaCompute", "NovaInstances", "Libvirtd")
SCHEMAS = {
    "pcs: OCF 1.0 schema": "/usr/share/pcs/data/ocf-1.0.rng",
    "pcs: OCF 1.1 schema": "/usr/share/pcs/data/ocf-1.1.rng",
    "resource-agents: metadata.rng": "/usr/share/resource-agents/metadata.rng",
}
DTD = "/usr/share/resource-agents/ra-api-1.dtd"
NOBODY_ANSWERS = {
    "auth_url": "http://127.0.0.1:5999/v3",
    "username": "vmha",
    "password": "secret",
    "project_name": "service",
    "request_timeout": "2",
}


def commands(folder: Path) -> dict[str, str]:
    """Programs, because ocf-tester puts each value between quotes of its own."""
    scripts = {
        "start": f"sleep 600 >/dev/null 2>&1 & echo $! >{folder}/pid",
        "stop": f"kill -KILL $(cat {folder}/pid) && rm {folder}/pid",
        "status": f"kill -0 $(cat {folder}/pid)",
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {f"{name}_command": str(folder / name) for name in scripts}


def pairs(parameters: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in parameters.items()]


def options(parameters: dict[str, str], option: str = "-o") -> list[str]:
    return [word for name, value in parameters.items() for word in (option, f"{name}={value}")]


@pytest.mark.conformance("resource-agents: ocf-tester")
@pytest.mark.parametrize("name", [name for name in NAMES if name != NEEDS_SYSTEMD])
def test_ocf_tester_passes(installed_node: OneNode, tmp_path: Path, name: str) -> None:
    given = {
        "NovaEvacuate": lambda: NOBODY_ANSWERS,
        "NovaCompute": lambda: commands(tmp_path),
        "NovaInstances": lambda: {"uri": "test:///default"},
    }[name]()
    tested = ["ocf-tester", "-n", name.lower(), *options(given), f"{AGENTS}/{name}"]
    answer = installed_node.run(tested, timeout=120)
    assert answer.rc == 0, answer
    assert answer.stdout.endswith(f"{AGENTS}/{name} passed all tests\n")
    assert "* rc=" not in answer.stdout


class TestMetadata:
    @pytest.fixture(params=NAMES)
    def metadata(self, request: pytest.FixtureRequest, installed: Installed) -> etree._Element:
        answer = installed.run([f"{AGENTS}/{request.param}", "meta-data"])
        assert (answer.rc, answer.stderr) == (0, "")
        return etree.fromstring(answer.stdout.encode())

    @pytest.mark.parametrize(
        "schema",
        [
            pytest.param(path, marks=pytest.mark.conformance(name))
            for name, path in SCHEMAS.items()
        ],
    )
    def test_every_schema_accepts_it(self, metadata: etree._Element, schema: str) -> None:
        etree.RelaxNG(etree.parse(schema)).assertValid(metadata)

    @pytest.mark.conformance("resource-agents: ra-api-1.dtd")
    def test_so_does_the_dtd(self, metadata: etree._Element) -> None:
        etree.DTD(DTD).assertValid(metadata)

    @pytest.mark.conformance("resource-agents: units of times (done here as there)")
    def test_every_time_has_its_unit(self, metadata: etree._Element) -> None:
        for action in metadata.iterfind("actions/action"):
            times = [action.get("timeout"), action.get("interval")]
            assert all(time.endswith("s") for time in times if time)


class TestTools:
    @pytest.mark.conformance("pcs describe, crm_resource --show-metadata")
    @pytest.mark.parametrize("name", NAMES)
    def test_pcs_and_pacemaker_describe_the_resource_agents(
        self, installed: Installed, name: str
    ) -> None:
        described = installed.run(["pcs", "resource", "describe", f"ocf:openstack:{name}"])
        assert described.rc == 0, described
        assert described.stdout.startswith(f"ocf:openstack:{name} - ")
        shown = installed.run(["crm_resource", f"--show-metadata=ocf:openstack:{name}"])
        assert shown.rc == 0, shown
        assert f'<resource-agent name="{name}"' in shown.stdout

    @pytest.mark.conformance("pcs describe, stonith_admin --metadata")
    def test_pcs_and_pacemaker_describe_the_fence_agent(self, installed: Installed) -> None:
        described = installed.run(["pcs", "stonith", "describe", "fence_compute"])
        assert described.rc == 0, described
        assert described.stdout.startswith("fence_compute - ")
        assert "record_only" in described.stdout
        shown = installed.run(["stonith_admin", "--metadata", "--agent=fence_compute"])
        assert shown.rc == 0, shown
        assert '<resource-agent name="fence_compute"' in shown.stdout

    @pytest.mark.conformance("crm_resource --validate")
    def test_pacemaker_validates_the_resource_agents(
        self, installed: Installed, tmp_path: Path
    ) -> None:
        for name, good, bad in (
            ("NovaEvacuate", NOBODY_ANSWERS, {**NOBODY_ANSWERS, "storm_limit": "many"}),
            ("NovaCompute", commands(tmp_path), {"start_command": "alone"}),
        ):
            validate = ["crm_resource", "--validate", "--class=ocf", "--provider=openstack"]
            validate.append(f"--agent={name}")
            accepted = installed.run([*validate, *options(good, "--option")])
            assert accepted.rc == 0, accepted
            assert installed.run([*validate, *options(bad, "--option")]).rc == 6

    @pytest.mark.conformance("stonith_admin --validate")
    def test_pacemaker_validates_the_fence_agent(self, installed: Installed) -> None:
        validate = ["stonith_admin", "--validate", "--agent=fence_compute"]
        good = {"ip": "192.0.2.7", "username": "admin", "password": "x", "plug": "compute-1"}
        accepted = installed.run([*validate, *options(good, "--option")])
        assert accepted.rc == 0, accepted
        refused = installed.run([*validate, *options({**good, "ipport": "many"}, "--option")])
        assert refused.rc != 0

    @pytest.mark.conformance("pcs ... --agent-validation")
    def test_pcs_has_the_agents_validate(self, installed: Installed, tmp_path: Path) -> None:
        bmc = {"ip": "192.0.2.7", "username": "admin", "password": "swordfish"}
        for kind, agent, good, bad in (
            ("resource", "ocf:openstack:NovaEvacuate", NOBODY_ANSWERS, {"storm_limit": "many"}),
            ("resource", "ocf:openstack:NovaCompute", commands(tmp_path), {"unit": "--now"}),
            ("stonith", "fence_compute", bmc, {"privlvl": "god"}),
        ):
            cib = tmp_path / f"{agent}.xml"
            cib.write_text(EMPTY)
            create = ["pcs", "-f", str(cib), kind, "create", "one", agent, "--agent-validation"]
            refused = installed.run([*create, *pairs({**good, **bad})])
            assert refused.rc == 1, refused
            assert "Validation result from agent" in refused.stderr
            assert "swordfish" not in refused.stdout + refused.stderr
            assert "one" not in cib.read_text().split('"')
            accepted = installed.run([*create, *pairs(good)])
            assert accepted.rc == 0, accepted
            assert "one" in cib.read_text().split('"')

    def test_the_machine_itself_has_none_of_it(self, installed: Installed) -> None:
        assert installed.run(["test", "-x", f"{AGENTS}/NovaCompute"]).rc == 0
        assert not Path(AGENTS, "NovaCompute").exists()
