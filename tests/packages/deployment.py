"""A lab whose nodes have Debian 12, our packages and nothing else, and who types the commands of
docs/start.rst on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import power
from tests.lab.cloud.identity import VMHA_PASSWORD
from tests.lab.cloud.site import PORTS
from tests.lab.cloud.venv import VENV, put_python
from tests.lab.command import Result
from tests.lab.configuration import Plan
from tests.lab.layout import BMC_PASSWORD, BMC_USER, Lab, Role
from tests.lab.machines import cgroups
from tests.lab.machines.units import on
from tests.lab.processes import inside
from tests.lab.stage import TIMING, Stage, on_stage
from tests.packages.documented import files, typed

_AT_BOOT = "etc/systemd/system/multi-user.target.wants"
UPGRADE = """set -e
cd {folder}
for package in {only}; do files="$files ./${{package}}_0"*.deb; done
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y install $files
"""


@dataclass(frozen=True)
class Deployment:
    stage: Stage

    @property
    def replaced(self) -> Mapping[str, str]:
        """What cannot be as it stands in the page: its examples of addresses and secrets."""
        lab = self.stage.lab
        first, second = lab.computes
        return {
            "192.0.2.11": first.address,
            "192.0.2.12": second.address,
            "198.51.100.11": first.bmc_address,
            "198.51.100.12": second.bmc_address,
            "https://keystone.example.com:5000/v3": f"http://cloud:{PORTS['keystone']}/v3",
            "password: swordfish": f"password: {VMHA_PASSWORD}",
            "username = fencing": f"username = {BMC_USER}",
            # These BMCs have no newer cipher suite.
            "password = swordfish": f"password = {BMC_PASSWORD}\ncipher = 3",
        }

    def here(self, text: str) -> str:
        for example, ours in self.replaced.items():
            text = text.replace(example, ours)
        return text

    def type(self, nodes: Sequence[str], chapter: str, *programs: str) -> None:
        """The commands of a chapter, or those of these programs, in one shell on each of the nodes."""
        lines = [line for line in typed(chapter) if not programs or line.split()[0] in programs]
        assert lines, f"docs/start.rst does not type {programs} in {chapter}"
        for node in nodes:
            script = "set -e\n" + self.here("\n".join(lines))
            self.stage.cluster.must(node, ["bash", "-c", script], timeout=300)

    def write(self, nodes: Sequence[str], chapter: str) -> None:
        """The files of a chapter."""
        for path, text in files(chapter).items():
            for node in nodes:
                self.stage.cluster.must(node, ["tee", path], text=self.here(text))

    def tell(self, node: str, command: str) -> Result:
        """One command, whatever its exit code; what it said is in the test's output."""
        said = self.stage.cluster.run(node, ["bash", "-c", self.here(command)], timeout=180)
        print(f"{node}# {command}\n{said.output}{said.errors}exit code {said.code}")
        return said

    def undisturbed(self) -> Mapping[str, object]:
        """What must not change while nobody touches the cluster: its configuration, and which processes
        of Pacemaker, nova-compute and ours run."""
        cluster, lab = self.stage.cluster, self.stage.lab
        configuration = cluster.must(
            cluster.controller(), ["cibadmin", "--query", "--scope=configuration"]
        )
        running = {
            node.name: {
                str(process)
                for process in inside(init)
                if process.name().startswith(("pacemaker", "corosync"))
                or "vmha_ocf.worker" in process.words()
                or "tests.lab.cloud.inside.compute" in process.words()
            }
            for node in lab.nodes
            if (init := power.init_of(lab, node.name))
        }
        return {"configuration": configuration, **running}

    def install_newer(self, folder: Path) -> None:
        """On all nodes what each of them has already."""
        seen = self.stage.lab.state / "newer"
        shutil.copytree(folder, seen)
        for node in self.stage.lab.nodes:
            only = "vmha-ocf-compute python3-vmha-ocf" if node.role is Role.COMPUTE else ""
            script = UPGRADE.format(
                folder=seen, only=only or "vmha-ocf vmha-ocf-compute python3-vmha-ocf"
            )
            self.stage.cluster.must(node.name, ["bash", "-c", script], timeout=300)

    def purge(self, node: str) -> None:
        (command,) = typed("Take it out")[-1:]
        said = command.replace("apt-get", "apt-get -q -y")
        self.stage.cluster.must(node, ["bash", "-c", said], timeout=300)

    def as_user(self, command: str) -> None:
        """Of the cloud, on any machine."""
        environment = os.environ | {
            "PATH": f"{VENV}/bin:{os.environ['PATH']}",
            "OS_CLOUD": "admin",
            "OS_COMPUTE_API_VERSION": "2.90",
            "OS_CLIENT_CONFIG_FILE": str(self.stage.cloud.clouds_yaml),
        }
        subprocess.run(["bash", "-c", command], env=environment, check=True)


@contextmanager
def on_clean_machines(lab: Lab, layers: Mapping[Role, str], folder: Path) -> Iterator[Deployment]:
    """Controllers with Pacemaker, compute hosts with nova-compute, a cloud, and nothing of ours configured.

    ``layers`` are the lower directories of each role's root; ``folder`` is for more of them."""
    cgroups.require()
    put_there = site(folder)
    roots = {role: f"{put_there[role]}:{below}" for role, below in layers.items()}
    systemd = frozenset({Role.COMPUTE})
    plan = Plan(TIMING, fence_computes=False, connected=False, roots=roots, systemd=systemd)
    with on_stage(lab, print, plan=plan, configured=False) as stage:
        start_hosts(stage)
        stage.wait_up(timeout=300)
        yield Deployment(stage)


def site(folder: Path) -> Mapping[Role, Path]:
    """What the administrators of the machines have put on them: each other's keys, and nova-compute,
    which starts at boot."""
    controllers, hosts = folder / "controllers", folder / "hosts"
    ssh = controllers / "root" / ".ssh"
    for path in (ssh, hosts / "root" / ".ssh"):
        path.mkdir(parents=True, mode=0o700)
    (ssh / "config").write_text("StrictHostKeyChecking accept-new\n")
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh / "id_ed25519")]
    subprocess.run(make, check=True)
    key = (ssh / "id_ed25519.pub").read_text()
    (hosts / "root" / ".ssh" / "authorized_keys").write_text(key)
    wanted = hosts / _AT_BOOT
    wanted.mkdir(parents=True)
    (wanted / "nova-compute.service").symlink_to("/etc/systemd/system/nova-compute.service")
    put_python(hosts)
    return {Role.CONTROLLER: controllers, Role.COMPUTE: hosts}


def start_hosts(stage: Stage) -> None:
    """systemd gave up what needs a cloud, as there was none yet when they booted."""
    for host in stage.hosts:
        on(stage.cluster, host, "systemctl reset-failed; systemctl start nova-compute")
