"""Where one cloud lives: its files, its address, its ports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

CACHE = Path("/var/cache/vmha-lab")
STATE = Path("/var/lib/vmha-lab")
PORTS = {
    "rabbitmq": 25673,
    "mariadb": 23306,
    "keystone": 15000,
    "nova-api": 18774,
    "placement": 18778,
    "glance": 19292,
    "neutron": 19696,
}
# Short enough for tests, long enough for heartbeats to be late on two busy cores.
SERVICE_DOWN_TIME = 30


@dataclass(frozen=True)
class Site:
    """One cloud's place. Without a network namespace it serves the current one."""

    state: Path = STATE
    address: str = "127.0.0.1"
    netns: str | None = None
    virt_type: str = ""
    """How libvirt runs guests, "qemu" or "kvm"; empty where processes stand in for them."""

    @property
    def home(self) -> Path:
        return self.state / "cloud"

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def epmd_port(self) -> int:
        """Erlang also looks at 127.0.0.1, so each address needs ports of its own."""
        return 24000 + int(ip_address(self.address)) % 997

    @property
    def erlang_port(self) -> int:
        return self.epmd_port + 1000

    @property
    def database(self) -> Path:
        return self.home / "mysql"

    @property
    def socket(self) -> Path:
        return self.home / "mysql.sock"

    @property
    def run(self) -> Path:
        """Gone at a reboot, as each node has a /run of its own; without nodes it is shared."""
        return Path("/run/vmha-lab") / str(self.state).strip("/").replace("/", "-")

    @property
    def nodes(self) -> Path:
        return self.state / "nodes"

    def disk(self, host: str) -> Path:
        """What survives a reboot of the host."""
        return self.nodes / host / "disk"

    def knobs(self, host: str) -> Path:
        return self.nodes / host / "knobs"

    @property
    def instances(self) -> Path:
        """The disks of real guests, on storage that every host sees."""
        return self.state / "shared" / "instances"

    def node_address(self, host: str) -> str:
        """The compute host's own, by the lab's plan (layout.py)."""
        net = self.address.rsplit(".", 2)[0]
        return f"{net}.1.{host.rpartition('-')[2]}"

    def url(self, service: str, path: str = "") -> str:
        return f"http://{self.address}:{PORTS[service]}{path}"

    def write(self) -> None:
        """Leave the parameters for processes that are only told the state directory."""
        self.home.mkdir(parents=True, exist_ok=True)
        facts = {"address": self.address, "netns": self.netns, "virt_type": self.virt_type}
        (self.home / "site.json").write_text(json.dumps(facts))


def read_site(state: Path) -> Site:
    facts = json.loads((state / "cloud" / "site.json").read_text())
    return Site(state, facts["address"], facts["netns"], facts["virt_type"])
