"""fence_compute as a program: its documents, its conventions, what it exposes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from lxml import etree

from tests.contract import one_node
from tests.contract.bmc_processes import PASSWORD, USER, BmcProcess, IpmiSim, free_port
from tests.executables.fence_stage import (
    FenceStage,
    descendants,
    fence,
    start,
    stdin_of,
)
from tests.process_promises import exposed, shown_secrets

GOLDEN = Path(__file__).with_name("fence_compute.xml")
SCHEMA = Path("/usr/share/cluster/relaxng/metadata.rng")
BMC = {"ip": "127.0.0.1", "username": USER, "password": PASSWORD, "plug": "compute-1"}


class TestDocuments:
    @pytest.mark.conformance("fence-agents: metadata.rng")
    @pytest.mark.parametrize("action", ["metadata", "meta-data", "manpage"])
    def test_they_are_valid_by_the_fence_agents_schema(self, action: str) -> None:
        answer = fence({"action": action})
        assert answer.rc == 0
        etree.RelaxNG(etree.parse(SCHEMA)).assertValid(etree.fromstring(answer.stdout.encode()))

    @pytest.mark.conformance("fence-agents: golden metadata (done here as there)")
    def test_metadata_is_as_reviewed(self) -> None:
        """After a wanted change: fence/fence_compute -o metadata > this file."""
        assert fence({}, "-o", "metadata").stdout == GOLDEN.read_text()

    def test_every_parameter_of_upstream_is_known(self) -> None:
        upstream = (
            "auth_url username password password_script tenant_name user_domain project_domain "
            "region_name endpoint_type insecure domain compute_domain plug record_only "
            "instance_filtering no_shared_storage login passwd passwd_script port"
        )
        root = etree.fromstring(GOLDEN.read_bytes())
        names = {str(parameter.get("name")) for parameter in root.iter("parameter")}
        assert set(upstream.split()) <= names

    def test_help_tells_every_option(self) -> None:
        answer = fence({}, "--help")
        assert answer.rc == 0
        assert "--inventory" in answer.stdout
        assert "--record-only" in answer.stdout


class TestRefusals:
    def test_no_bmc_is_a_sentence(self) -> None:
        answer = fence({"action": "off", "plug": "compute-1"})
        assert answer.rc == 1
        assert "no BMC to ask: neither ip nor inventory is set (set ip" in answer.stderr

    def test_an_unknown_action_is_refused(self) -> None:
        assert fence({**BMC, "action": "cycle"}).rc == 1

    def test_an_unknown_parameter_is_told_without_its_value(self) -> None:
        answer = fence({**BMC, "action": "validate-all", "pasword": "swordfish"})
        assert answer.rc == 0
        assert "unknown option pasword" in answer.stderr
        assert "swordfish" not in answer.stderr

    def test_validate_all_needs_no_host(self, tmp_path: Path) -> None:
        inventory = tmp_path / "inventory"
        inventory.write_text("[compute-1]\nip = 192.0.2.7\n")
        inventory.chmod(0o600)
        assert fence({"action": "validate-all", "inventory": inventory}).rc == 0
        inventory.chmod(0o644)
        answer = fence({"action": "validate-all", "inventory": inventory})
        assert answer.rc == 1
        assert f"{inventory} can be read by every user of this node" in answer.stderr
        inventory.chmod(0o666)
        answer = fence({"action": "validate-all", "inventory": inventory})
        assert answer.rc == 1
        assert "can be written by others" in answer.stderr


def test_it_imports_nothing_of_openstack_and_no_pyghmi() -> None:
    """pyghmi is its child's: nothing of it may run, or hang, in the agent itself."""
    answer = fence(
        {**BMC, "action": "off", "ipport": free_port(), "login_timeout": 1},
        python=("-X", "importtime"),
    )
    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert "fencing" in imported
    foreign = re.compile(r"(novaclient|keystone|openstack|oslo|glance|pyghmi)")
    assert not [name for name in imported if foreign.match(name)]


@pytest.mark.conformance("fence-agents: delay check (done here as there)")
def test_the_delay_is_kept_whatever_else_is_wrong() -> None:
    """fence-agents' own delay-check: the default action, and nothing that exists."""
    fake = {"delay": 10, "login": "test", "passwd": "test", "ipaddr": "test", "port": "1"}
    before = time.monotonic()
    answer = fence({**fake, "managed": 1, "devices": "test", "session_url": "http://test"})
    assert time.monotonic() - before >= 10
    assert answer.rc == 1
    assert "test does not resolve" in answer.stderr


def test_the_password_is_in_no_process_that_others_can_see() -> None:
    secret = "only-by-stdin"
    silent = {**BMC, "password": secret, "ipport": free_port(), "login_timeout": 1}
    seen: set[int] = set()
    with start() as process:
        assert process.stdin
        process.stdin.write(stdin_of({**silent, "action": "off"}))
        process.stdin.close()
        while process.poll() is None:
            with suppress(FileNotFoundError, ProcessLookupError):
                for pid in descendants(process.pid):
                    assert shown_secrets(secret, {"a process": exposed(pid)}) == []
                    seen.add(pid)
            time.sleep(0.02)
    assert len(seen) > 1, "its child was not seen"


@pytest.mark.real
class TestBmc:
    @pytest.fixture(scope="class")
    def bmc(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BmcProcess]:
        stage = IpmiSim(tmp_path_factory.mktemp("bmc"))
        yield stage
        stage.close()

    @pytest.mark.parametrize(("power", "rc", "word"), [("1", 0, "ON"), ("0", 2, "OFF")])
    def test_stdin_and_command_line_say_the_same(
        self, bmc: BmcProcess, power: str, rc: int, word: str
    ) -> None:
        bmc.power_file.write_text(f"{power}\n")
        on_stdin = fence({**BMC, "ipport": bmc.port, "action": "status"})
        options = ["-a", "127.0.0.1", "-u", str(bmc.port), "-l", USER, "-p", PASSWORD]
        short = fence({}, *options, "-n", "compute-1", "-o", "status")
        long = fence(
            {},
            *("--ip=127.0.0.1", f"--ipport={bmc.port}", f"--username={USER}"),
            *(f"--password={PASSWORD}", "--plug=compute-1", "--action=status"),
        )
        assert [answer.rc for answer in (on_stdin, short, long)] == [rc, rc, rc]
        for answer in (on_stdin, short, long):
            assert answer.stdout.startswith(f"Status: {word}\n")
        assert f"BMC: 127.0.0.1 port {bmc.port} answered {word.lower()}" in short.stdout

    @pytest.mark.parametrize("no", ["0", "false", "False", "no", "off"])
    def test_booleans_are_read_on_both_ways(self, bmc: BmcProcess, no: str) -> None:
        given = {**BMC, "ipport": bmc.port, "action": "monitor"}
        assert fence({**given, "record_only": no, "insecure": no, "lanplus": no}).rc == 0
        options = [f"--{name}={value}" for name, value in given.items()]
        assert fence({}, *options, f"--record-only={no}").rc == 0

    def test_a_password_script_is_run(self, bmc: BmcProcess, tmp_path: Path) -> None:
        script = tmp_path / "password"
        script.write_text(f"#!/bin/sh\necho {PASSWORD}\n")
        script.chmod(0o700)
        given = {"ip": "127.0.0.1", "username": USER, "password_script": script}
        assert fence({**given, "ipport": bmc.port, "action": "monitor"}).rc == 0

    @pytest.mark.parametrize("program", ["/nowhere/password", "true swordfish"])
    def test_a_password_script_that_prints_nothing_is_told(self, program: str) -> None:
        """The library would go on with an empty password, which a BMC may lock the account for."""
        given = {"ip": "127.0.0.1", "username": USER, "password_script": program}
        answer = fence({**given, "ipport": free_port(), "action": "monitor"})
        assert answer.rc == 1
        assert f"password_script {program.split()[0]} has printed no password" in answer.stderr
        assert "swordfish" not in answer.stderr

    def test_a_wrong_password_says_what_to_do(self, bmc: BmcProcess) -> None:
        answer = fence({**BMC, "ipport": bmc.port, "password": "x", "action": "status"})
        assert answer.rc == 1
        assert "different passwords for user admin (correct password" in answer.stderr

    def test_monitor_with_an_inventory_names_the_dead(
        self, bmc: BmcProcess, tmp_path: Path
    ) -> None:
        inventory = tmp_path / "inventory"
        inventory.write_text(
            f"[DEFAULT]\nusername={USER}\npassword={PASSWORD}\nip=127.0.0.1\n"
            f"[compute-1]\nipport={bmc.port}\n[compute-2]\nipport={free_port()}\n"
        )
        inventory.chmod(0o600)
        given = {"inventory": inventory, "login_timeout": 1}
        answer = fence({**given, "action": "monitor"})
        assert answer.rc == 1
        assert "1 of 2 BMCs failed: compute-2: BMC 127.0.0.1 port" in answer.stderr
        listed = fence({**given, "action": "list-status"}).stdout.splitlines()
        assert [line.rpartition(",")[2] in ("ON", "OFF", "UNKNOWN") for line in listed] == [
            True
        ] * 2
        assert listed[1] == "compute-2,compute-2,UNKNOWN"


@pytest.mark.real
class TestFlagged:
    """From the wire to the cluster's memory."""

    @pytest.fixture(scope="class")
    def stage(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FenceStage]:
        if lack := one_node.missing():
            pytest.fail(lack)
        stage = FenceStage(tmp_path_factory.mktemp("stage"))
        yield stage
        stage.stop()

    @pytest.mark.parametrize("way", [(), ("--action=off",)])
    @pytest.mark.parametrize("power", ["1", "0"])
    def test_off_is_verified_and_recorded_twice(
        self, stage: FenceStage, way: tuple[str, ...], power: str
    ) -> None:
        stage.set_power(power)
        answer = stage.fence(*way, action="off", nodename="compute-1", plug="c1.example.com")
        assert answer.rc == 0, answer
        assert stage.power.read_text() == "0\n"
        assert 'host="nova:c1.example.com" value="yes"' in stage.attributes()
        assert re.search(r"host=c1\.example\.com at=\S+ by=ctl1 proof=BMC 127", stage.records())

    def test_reboot_and_on(self, stage: FenceStage) -> None:
        stage.set_power("1")
        answer = stage.fence(action="reboot")
        assert (answer.rc, stage.power.read_text()) == (0, "1\n"), answer
        assert 'host="nova:compute-1" value="yes"' in stage.attributes()
        stage.set_power("0")
        assert stage.fence(action="on").rc == 0
        assert stage.power.read_text() == "1\n"

    def test_upstream_s_device_records(self, stage: FenceStage) -> None:
        upstream = {"auth_url": "http://keystone.invalid:5000/v3", "tenant_name": "service"}
        given = {"ip": "", "username": "nova", "plug": "compute-2", "domain": "example.org"}
        alone = stage.fence(action="off", nodename="compute-2", **{**given, **upstream})
        assert alone.rc == 1
        assert "nothing switches compute-2 off" in alone.stderr
        stage.add_level("compute-2", "ipmi,record")
        stage.add_device("record", "fence_compute", **upstream)
        stage.add_device("ipmi", "fence_kdump")
        behind = stage.fence(action="off", nodename="compute-2", **{**given, **upstream})
        assert behind.rc == 1
        assert "ipmi is fence_kdump" in behind.stderr
        stage.add_device("ipmi", "fence_ipmilan")
        mended = stage.fence(action="off", nodename="compute-2", **{**given, **upstream})
        assert mended.rc == 1
        assert "compute-2 is not recorded yet" in mended.stderr
        forget = [
            "attrd_updater",
            "-p",
            "-n",
            "evacuate-refused",
            "-N",
            "nova:compute-2",
            "-U",
            "",
        ]
        assert stage.cluster.run(forget, timeout=10).rc == 0
        answer = stage.fence(action="off", nodename="compute-2", **{**given, **upstream})
        assert answer.rc == 0, answer
        assert 'host="nova:compute-2.example.org" value="yes"' in stage.attributes()

    def test_status_by_hand_tells_the_flag(self, stage: FenceStage) -> None:
        stage.fence(action="off")
        answer = stage.fence("--action=status")
        assert answer.rc == 2
        assert "flag: evacuation needed; recorded by ctl1" in answer.stdout

    def test_without_quorum_the_fencing_fails_and_says_why(self, stage: FenceStage) -> None:
        stage.cluster.set_quorum(False)
        try:
            answer = stage.fence(action="off")
        finally:
            stage.cluster.set_quorum(True)
        assert answer.rc == 1
        assert "compute-1 is off, but its flag was not written" in answer.stderr
