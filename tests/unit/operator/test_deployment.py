"""``vmha generate``: inventories, and what becomes of them."""

from __future__ import annotations

import io
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.operator.inventories.reads import hosts_of
from tests.unit.operator_site import Desk, Outcome
from vmha_ocf.backends.desk.deployment_file import parse_yaml, read_text, write_secret
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.operator.commands import generate
from vmha_ocf.operator.inventories.deployment import Deployment
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
    deployment = Deployment(hosts_of(json.dumps(content)))
    read = parse_inventory(format_inventory(deployment), "inventory.ini", "")
    assert [(one.node, one.host, one.access) for one in read.targets] == [
        (one.node, one.host, one.bmc) for one in deployment.hosts
    ]
    script = format_script(deployment, Choices("x"))
    other = {"name": "a", "bmc": {"address": "192.0.2.1", "password": "x"}}
    without = format_script(Deployment(hosts_of(json.dumps({"hosts": [other]}))), Choices("x"))
    # Part of a word that each script has, such as NovaEvacuate, is no secret.
    secrets = [secret for _, secret in hosts if len(secret) > 8 and secret not in without]
    assert not any(secret in script for secret in secrets)


class TestCommand:
    def run(self, tmp_path: Path, content: str, *argv: str) -> Outcome:
        hosts = tmp_path / "hosts.yaml"
        hosts.write_text(content)
        command = generate.command(read_text, parse_yaml, write_secret)
        where = ["--secrets", str(tmp_path / "inventory.ini")]
        return Desk(World()).run(command, str(hosts), *where, *argv)

    def test_the_script_is_printed_and_the_secrets_are_written(self, tmp_path: Path) -> None:
        before = os.umask(0)
        told = self.run(tmp_path, OURS)
        os.umask(before)
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

    def test_who_watches_instances_is_there_if_wanted(self, tmp_path: Path) -> None:
        assert "NovaInstances" not in self.run(tmp_path, OURS).out
        (tmp_path / "inventory.ini").unlink()
        script = self.run(tmp_path, OURS, "--instances").out
        assert "op stop timeout=30s on-fail=block" in script
        assert script.endswith("# Then: vmha check\n")

    def test_more_parameters_of_the_agents_are_quoted(self, tmp_path: Path) -> None:
        start = "start_command=podman start nova_compute"
        told = self.run(tmp_path, OURS, "--compute", start, "--evacuate", "storm_limit=3")
        assert f"NovaCompute \\\n    '{start}' \\\n        op start" in told.out
        assert f"resource update nova-compute \\\n    '{start}'\n" in told.out
        assert "clouds.yaml \\\n    storm_limit=3 \\\n        op start" in told.out

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
        assert "cannot be read as YAML" in told.err
        assert "sword-fish" not in told.err

    def test_the_table_of_who_was_taken_goes_where_the_script_does_not(
        self, tmp_path: Path
    ) -> None:
        told = self.run(tmp_path, json.dumps(INSTACKENV))
        assert "profile control" in told.err
        assert "profile compute" in told.err
        assert "profile" not in told.out

    def test_what_a_file_has_beside_its_hosts_is_named(self, tmp_path: Path) -> None:
        told = self.run(tmp_path, "name,bmc,rack\ncompute-1,192.0.2.1,7\n")
        assert "its columns rack are not looked at" in told.err

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("--cloud", "a\nreboot"),
            ("--inventory-path", "/x\nreboot"),
            ("--clouds-file", "\x1b"),
            ("--cloud", ""),
        ],
    )
    def test_no_line_of_a_script_is_typed_into_a_name(
        self, tmp_path: Path, option: str, value: str
    ) -> None:
        told = self.run(tmp_path, OURS, option, value)
        assert (told.code, told.out) == (64, "")
        assert "cannot stand in a script" in told.err
        assert not (tmp_path / "inventory.ini").exists()

    @pytest.mark.parametrize(
        "argv",
        [
            ("--driver", "pxe_drac"),
            ("--driver", "pxe_drac=snmp"),
            ("--nova-names", "compute"),
            ("--nova-names", "compute-%x%"),
        ],
    )
    def test_an_option_that_says_nothing_is_refused(
        self, tmp_path: Path, argv: tuple[str, ...]
    ) -> None:
        assert self.run(tmp_path, OURS, *argv).code == 64

    def test_a_disk_that_is_full_leaves_no_half_of_a_file(self, tmp_path: Path) -> None:
        """Here: a file system that takes a name and no content."""
        full = Path("/dev/full")
        with pytest.raises(LocalParameterError, match="cannot be written"):
            write_secret(str(full), "x")
        assert full.exists()

    def test_standard_input_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OURS.encode())))
        assert read_text("-") == OURS

    def test_what_is_no_text_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"\xff\x00\xfe")
        for path, says in (
            (str(tmp_path / "x"), "not UTF-8"),
            (str(tmp_path), "Is a directory"),
            ("a\0b", "not the name of a file"),
        ):
            with pytest.raises(LocalParameterError, match=says):
                read_text(path)

    def test_a_file_without_an_end_is_refused(self) -> None:
        with pytest.raises(LocalParameterError, match="too long to be an inventory"):
            read_text("/dev/zero")

    def test_a_file_that_is_not_there(self) -> None:
        told = Desk(World()).run(
            generate.command(read_text, parse_yaml, write_secret), "/nowhere.yaml"
        )
        assert told.code == 64
        assert "/nowhere.yaml cannot be read" in told.err
