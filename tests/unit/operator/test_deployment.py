"""``vmha generate``: inventories, and what becomes of them."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.operator_site import Desk, Outcome
from vmha_ocf.backends.desk.deployment_file import read_yaml, write_secret
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.operator.commands import generate
from vmha_ocf.operator.deployment import DeployedHost, read_deployment
from vmha_ocf.operator.script import Choices, format_inventory, format_script
from vmha_ocf.sim import World

OURS = """
domain: example.com
bmc: {username: fencing, password: sword-fish}
hosts:
  - name: compute-1
    address: 192.0.2.101
    bmc: {address: 192.0.2.7}
  - name: compute-2
    host: two.example.org
    bmc: {address: 192.0.2.8, port: 6230, username: admin, cipher: 17}
"""
INSTACKENV = {
    "nodes": [
        {
            "name": "ctl-0",
            "pm_type": "ipmi",
            "pm_addr": "192.0.2.1",
            "capabilities": "profile:control,boot_option:local",
        },
        {
            "name": "compute-0",
            "pm_type": "pxe_ipmitool",
            "pm_addr": "192.0.2.7",
            "pm_user": "admin",
            "pm_password": "sword-fish",
            "pm_port": "6230",
            "mac": ["52:54:00:00:00:01"],
            "capabilities": "boot_option:local, profile:compute",
        },
    ]
}
BAREMETAL = {
    "nodes": [
        {
            "name": "compute-0",
            "driver": "ipmi",
            "driver_info": {
                "ipmi_address": "192.0.2.7",
                "ipmi_username": "admin",
                "ipmi_password": "sword-fish",
                "ipmi_priv_level": "OPERATOR",
                "ipmi_cipher_suite": 3,
                "ipmi_port": 6230,
                "ipmi_hex_kg_key": "00ff",
            },
            "properties": {"capabilities": {"profile": "compute"}},
        },
        {"name": "swift-0", "properties": {"capabilities": "profile:swift"}},
    ]
}


def ours() -> Any:
    return yaml.safe_load(OURS)


def test_ours_with_what_is_common_to_all() -> None:
    assert read_deployment(ours(), "hosts.yaml").hosts == [
        DeployedHost(
            NodeName("compute-1"),
            "192.0.2.101",
            NovaHost("compute-1.example.com"),
            BmcAccess("192.0.2.7", username="fencing", password="sword-fish"),
            {"ip": "192.0.2.7", "username": "fencing", "password": "sword-fish"},
        ),
        DeployedHost(
            NodeName("compute-2"),
            "compute-2",
            NovaHost("two.example.org"),
            BmcAccess("192.0.2.8", 6230, "admin", "sword-fish", 17),
            {
                "ip": "192.0.2.8",
                "ipport": "6230",
                "username": "admin",
                "password": "sword-fish",
                "cipher": "17",
            },
        ),
    ]


def test_ours_without_a_domain() -> None:
    content = {"hosts": [{"name": "compute-1", "bmc": {"address": "192.0.2.7"}}]}
    assert read_deployment(content, "hosts.yaml").hosts[0].host == "compute-1"


def test_tripleos_and_ironics_take_the_compute_nodes() -> None:
    options = {
        "ip": "192.0.2.7",
        "ipport": "6230",
        "username": "admin",
        "password": "sword-fish",
    }
    host = DeployedHost(
        NodeName("compute-0"),
        "compute-0",
        NovaHost("compute-0"),
        BmcAccess("192.0.2.7", 6230, "admin", "sword-fish"),
        options,
    )
    assert read_deployment(INSTACKENV, "instackenv.json").hosts == [host]
    more = {"cipher": "3", "privlvl": "operator", "hexadecimal_kg": "00ff"}
    bmc = replace(host.bmc, suite=3, privilege=3, kg="00ff")
    assert read_deployment(BAREMETAL, "nodes.json").hosts == [
        replace(host, bmc=bmc, options={**options, **more})
    ]


@pytest.mark.parametrize(
    ("about", "taken"),
    [
        ({}, True),
        ({"capabilities": "boot_option:local"}, True),
        ({"capabilities": {"profile": "compute"}}, True),
        ({"capabilities": {"boot_option": "local"}}, True),
        ({"capabilities": {"profile": "control"}}, False),
        ({"properties": {"capabilities": "profile:control"}}, False),
        ({"properties": {"cpus": 8}}, True),
    ],
)
def test_a_node_of_another_profile_is_no_compute_host(about: dict[str, Any], taken: bool) -> None:
    compute, other = ({"name": name, "pm_addr": name} for name in ("compute-0", "other-0"))
    found = read_deployment({"nodes": [compute, {**other, **about}]}, "instackenv.json").hosts
    assert [one.node for one in found] == ["compute-0", *(["other-0"] if taken else [])]


def without(path: str) -> Any:
    """OURS with a place left out or changed: ``hosts/0/bmc/address`` or ``... = value``."""
    content = ours()
    where, _, value = path.partition("=")
    *folders, last = where.strip().split("/")
    place = content
    for name in folders:
        place = place[int(name) if name.isdecimal() else name]
    if value:
        place[int(last) if last.isdecimal() else last] = yaml.safe_load(value)
    else:
        del place[last]
    return content


FORM = "vmha.rst"


@pytest.mark.parametrize(
    ("path", "says", "hint"),
    [
        ("hosts", "no list of hosts", "name, address, bmc"),
        ("hosts = []", "no compute host", FORM),
        ("bmc = 7", "bmc is not a mapping", FORM),
        ("hosts/1/name", "host 2 has no name that Pacemaker could take", "letters"),
        ("hosts/0/name = 'a b'", "a b has no name that Pacemaker could take", "letters"),
        ("hosts/0/name = compute-2", "the same node", FORM),
        ("hosts/0/address = 'x;reboot'", "no name and no address", FORM),
        ("hosts/0/host = 'x y.z'", "no name and no address", FORM),
        ("hosts/0/host = two.example.org", "the same host", FORM),
        ("hosts/0/bmc/address", "no address of its BMC", FORM),
        ("hosts/0/bmc = {address: 192.0.2.8, port: 6230}", "the same bmc", FORM),
        ("hosts/0/bmc/colour = red", "unknown name colour", "address, cipher, hexadecimal_kg, "),
        ("hosts/0/rack = 7", "compute-1 has the unknown name rack", "address, bmc, host, name"),
        ("hosts/1 = compute-2", "host 2 is not a mapping", FORM),
        ("hosts/0/bmc = 7", "bmc of compute-1 is not a mapping", FORM),
        ("hosts/0/bmc/cipher = 9", "cipher=9 is not possible", "allowed are 3 and 17"),
        ("hosts/0/bmc/password = 'sword-fish '", "ends with a blank", "password_script"),
        ('hosts/0/bmc/password = "sword-fish\\n[x]"', "several lines", "password_script"),
        ("rack = 7", "the file has the unknown name rack", "bmc, domain, hosts"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(path: str, says: str, hint: str) -> None:
    with pytest.raises(LocalParameterError, match="^hosts.yaml: ") as caught:
        read_deployment(without(path), "hosts.yaml")
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert "sword-fish" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says", "hint"),
    [
        (None, "the file is not a mapping", FORM),
        ([], "the file is not a mapping", FORM),
        ({"nodes": {}}, "nodes is not a list", FORM),
        ({"nodes": [{}, 7]}, "node 2 is not a mapping", FORM),
        ({"nodes": [{"pm_addr": "192.0.2.7"}]}, "node 1 has no name", "letters"),
        (
            {"nodes": [{"name": "c", "driver": "redfish"}]},
            "c is driven by redfish",
            "fence-behind",
        ),
        ({"nodes": [{"pm_type": "ilo"}]}, "node 1 is driven by ilo", "fence-behind"),
        ({"nodes": [{"name": "c", "driver_info": 7}]}, "driver_info of c is not a mapping", FORM),
    ],
)
def test_files_that_are_none(content: object, says: str, hint: str) -> None:
    with pytest.raises(LocalParameterError, match="^hosts.yaml: ") as caught:
        read_deployment(content, "hosts.yaml")
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_no_secret_is_in_what_python_shows() -> None:
    assert "sword-fish" not in repr(read_deployment(ours(), "hosts.yaml"))


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,15}", fullmatch=True)
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(st.lists(st.tuples(NAMES, SECRETS), min_size=1, max_size=5, unique_by=lambda one: one[0]))
def test_the_inventory_is_read_by_fence_compute_as_it_was_meant(
    hosts: list[tuple[str, str]],
) -> None:
    content = {
        "hosts": [
            {"name": name, "bmc": {"address": f"192.0.2.{number}", "password": secret}}
            for number, (name, secret) in enumerate(hosts)
        ]
    }
    deployment = read_deployment(content, "hosts.yaml")
    read = parse_inventory(format_inventory(deployment), "inventory.ini", "")
    assert [(one.node, one.host, one.access) for one in read.targets] == [
        (one.node, one.host, one.bmc) for one in deployment.hosts
    ]
    script = format_script(deployment, Choices("x"))
    other = {"name": "a", "bmc": {"address": "192.0.2.1", "password": "x"}}
    without = format_script(read_deployment({"hosts": [other]}, "hosts.yaml"), Choices("x"))
    # Part of a word that each script has, such as NovaEvacuate, is no secret.
    secrets = [secret for _, secret in hosts if len(secret) > 8 and secret not in without]
    assert not any(secret in script for secret in secrets)


class TestCommand:
    def run(self, tmp_path: Path, content: str, *argv: str) -> Outcome:
        hosts = tmp_path / "hosts.yaml"
        hosts.write_text(content)
        command = generate.command(read_yaml, write_secret)
        where = ["--secrets", str(tmp_path / "inventory.ini")]
        return Desk(World()).run(command, str(hosts), *where, *argv)

    def test_the_script_is_printed_and_the_secrets_are_written(self, tmp_path: Path) -> None:
        os.umask(0)
        told = self.run(tmp_path, OURS)
        assert told.code == 0
        assert told.out.startswith("#!/bin/sh\n")
        assert "sword-fish" not in told.out + told.err
        secrets = tmp_path / "inventory.ini"
        assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
        assert "password = sword-fish" in secrets.read_text()
        assert told.err.startswith("OK  2 compute hosts")

    def test_json_is_yaml_too(self, tmp_path: Path) -> None:
        told = self.run(tmp_path, json.dumps(INSTACKENV), "--json")
        data = json.loads(told.out)
        assert data["hosts"] == ["compute-0"]
        assert "node add-remote compute-0" in data["script"]

    def test_hosts_that_are_remotes_already(self, tmp_path: Path) -> None:
        assert "add-remote" not in self.run(tmp_path, OURS, "--without-remotes").out

    def test_more_parameters_of_the_agents_are_quoted(self, tmp_path: Path) -> None:
        start = "start_command=podman start nova_compute"
        told = self.run(tmp_path, OURS, "--compute", start, "--evacuate", "storm_limit=3")
        assert f"NovaCompute \\\n    '{start}' \\\n    op start" in told.out
        assert "clouds.yaml \\\n    storm_limit=3 \\\n    op start" in told.out

    def test_a_parameter_has_a_name_and_a_value(self, tmp_path: Path) -> None:
        told = self.run(tmp_path, OURS, "--compute", "podman start nova_compute")
        assert (told.code, told.out) == (64, "")

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "inventory.ini").write_text("mine")
        told = self.run(tmp_path, OURS)
        assert (told.code, told.out) == (64, "")
        assert (tmp_path / "inventory.ini").read_text() == "mine"

    def test_names_that_cross_are_refused_before_anything_is_written(self, tmp_path: Path) -> None:
        content = (
            "bmc: {username: u, password: swordfish}\nhosts:\n"
            "  - {name: compute-0, host: compute-1, bmc: {address: 192.0.2.1}}\n"
            "  - {name: compute-1, host: compute-2, bmc: {address: 192.0.2.2}}\n"
        )
        told = self.run(tmp_path, content)
        assert told.code == 64
        assert "the host compute-1 of [compute-0] is called like the node [compute-1]" in told.err
        assert "swordfish" not in told.err + told.out
        assert not (tmp_path / "inventory.ini").exists()

    def test_no_link_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "inventory.ini").symlink_to(tmp_path / "elsewhere")
        assert self.run(tmp_path, OURS).code == 64
        assert not (tmp_path / "elsewhere").exists()

    @pytest.mark.parametrize("content", ["a: [", "\tx", "!!python/object:os.system {}"])
    def test_a_broken_file_is_not_quoted(self, tmp_path: Path, content: str) -> None:
        told = self.run(tmp_path, f"password: sword-fish\n{content}")
        assert told.code == 64
        assert "neither YAML nor JSON" in told.err
        assert "sword-fish" not in told.err

    def test_a_file_that_is_not_there(self) -> None:
        told = Desk(World()).run(generate.command(read_yaml, write_secret), "/nowhere.yaml")
        assert told.code == 64
        assert "/nowhere.yaml cannot be read" in told.err
