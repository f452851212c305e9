"""What starts nova-compute past its gate, by what a real systemd says of units as people have them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.user_systemd import UserSystemd
from vmha_ocf.backends.compute.past_gate import PastGate
from vmha_ocf.backends.process.command import run
from vmha_ocf.living.past_gate.judge import Found

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemctl is not installed"),
]
KOLLA = "kolla-nova_compute-container.service"
COMMAND = "docker start nova_compute"

# A container is a process, and its engine knows the one.
_DOCKER = """#!/bin/sh
cd {folder} || exit
case $1 in
start) echo $$ >pid; exec sleep 600 ;;
stop) kill "$(cat pid)" ;;
esac
"""
# As kolla-ansible writes it since 2023.1; the pauses are shorter.
_UNIT = """
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart={docker} start -a nova_compute
ExecStop={docker} stop nova_compute -t 60
Restart=always
RestartSec=0.1
SuccessExitStatus=143
[Install]
WantedBy=default.target
"""


class Host:
    def __init__(self, folder: Path) -> None:
        self.pid = folder / "pid"
        self.docker = folder / "docker"
        self.docker.write_text(_DOCKER.format(folder=folder))
        self.docker.chmod(0o755)
        self.systemd = UserSystemd(folder)
        self.systemd.has(KOLLA, _UNIT.format(docker=self.docker))
        self.told: list[str] = []

    def look(self, start_command: str = "", unit: str = "") -> list[Found]:
        systemctl = str(self.systemd.systemctl)
        past = PastGate(10.0, self.told.append, systemctl=systemctl)
        return list(past.look(start_command, unit))

    def runs(self) -> str:
        """The id of the process; "" is none."""
        found = self.pid.read_text().strip() if self.pid.exists() else ""
        return found if found and Path(f"/proc/{found}").exists() else ""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    made.systemd.begin()
    yield made
    made.systemd.end()


def test_kollas_unit_brings_a_container_back_that_was_stopped_by_docker(host: Host) -> None:
    systemctl = host.systemd.run
    assert host.look(COMMAND) == []
    systemctl("start", KOLLA)
    host.systemd.until(host.runs)
    before = host.runs()
    assert run([str(host.docker), "stop", "nova_compute"], timeout=10).rc == 0
    host.systemd.until(lambda: host.runs() not in ("", before))
    assert host.look(COMMAND) == [Found("owner", KOLLA)]
    # A stop of the unit is final, so that it is no harm where NovaCompute has it.
    assert host.look(unit=KOLLA) == []
    systemctl("stop", KOLLA)
    assert not host.runs()
    assert host.look(COMMAND) == []
    systemctl("enable", KOLLA)
    assert host.look(COMMAND) == host.look(unit=KOLLA) == [Found("enabled", KOLLA)]
    systemctl("disable", KOLLA)
    assert host.look(unit=KOLLA) == []


def test_what_starts_a_unit_that_is_not_enabled_is_found(host: Host) -> None:
    host.systemd.has("night.timer", f"[Timer]\nOnCalendar=daily\nUnit={KOLLA}\n")
    host.systemd.has("site.target", f"[Unit]\nWants={KOLLA}\n")
    host.systemd.run("daemon-reload")
    host.systemd.run("start", "night.timer")
    assert host.look(unit=KOLLA) == [Found("trigger", "night.timer", KOLLA)]
    host.systemd.run("stop", "night.timer")
    assert host.look(unit=KOLLA) == []
    host.systemd.run("start", "site.target")
    host.systemd.until(host.runs)
    assert host.look(unit=KOLLA) == [Found("wanted", KOLLA, "site.target")]


def test_a_package_beside_the_container_is_a_second_one(host: Host) -> None:
    program = host.systemd.folder / "nova-compute"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    host.systemd.has("nova-compute.service", f"[Service]\nExecStart={program}\n")
    host.systemd.run("daemon-reload")
    assert host.look(unit=KOLLA) == []
    host.systemd.run("start", "nova-compute.service")
    assert host.look(unit=KOLLA) == [Found("second", "nova-compute.service")]
    assert host.look() == []


def test_the_gate_before_a_unit_is_enough(host: Host) -> None:
    host.systemd.run("enable", KOLLA)
    folder = host.systemd.folder / f"conf/systemd/user/{KOLLA}.d"
    folder.mkdir()
    (folder / "vmha-gate.conf").write_text("[Service]\nExecStartPre=/x/nova-compute-gate\n")
    host.systemd.run("daemon-reload")
    assert host.look(unit=KOLLA) == []
