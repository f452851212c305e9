"""Names, addresses and paths of the lab, as values.

The address plan, for the default network 10.99 (a /16):

    10.99.0.N      controller ctlN        10.99.3.N    its BMC
    10.99.1.N      compute host compute-N 10.99.2.N    its BMC
    10.99.254.1    the cloud: Nova, Keystone and what they need
    10.99.255.254  the switch, where the BMCs answer
    10.99.255.1    this machine, so that tests reach all of it
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.lab.errors import LabError

REPOSITORY = Path(__file__).resolve().parents[2]
BMC_PORT = 623
BMC_USER = "admin"
BMC_PASSWORD = "labpw"
MARK = "VMHA_LAB_MARK"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# A node gets its own /run and /dev/shm; a state directory below them would vanish from its view.
_OWN_TO_A_NODE = (Path("/run"), Path("/var/run"), Path("/tmp"), Path("/dev/shm"))


class Role(Enum):
    CONTROLLER = "controller"
    COMPUTE = "compute"


@dataclass(frozen=True)
class Node:
    """One machine of the lab: its name is the same for Pacemaker and for Nova."""

    name: str
    role: Role
    number: int
    address: str
    bmc_address: str


@dataclass(frozen=True)
class Lab:
    """One lab; two with different prefix, state and network can live side by side."""

    prefix: str = "vl"
    state: Path = Path("/var/lib/vmha-lab")
    net: str = "10.99"
    controller_count: int = 3
    compute_count: int = 2

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]{0,7}", self.prefix):
            raise LabError(
                f"bad lab prefix {self.prefix!r}",
                "VMHA_LAB_PREFIX is 1 to 8 lower-case letters and digits, a letter first",
            )
        if not re.fullmatch(r"\d{1,3}\.\d{1,3}", self.net):
            raise LabError(f"bad lab network {self.net!r}", "VMHA_LAB_NET is like 10.99")
        if any(self.state.is_relative_to(path) for path in _OWN_TO_A_NODE):
            raise LabError(
                f"the state directory {self.state} would be hidden from the nodes",
                "set VMHA_LAB_STATE to a path outside of /run, /tmp and /dev/shm",
            )

    @property
    def controllers(self) -> tuple[Node, ...]:
        return tuple(
            Node(f"ctl{n}", Role.CONTROLLER, n, f"{self.net}.0.{n}", f"{self.net}.3.{n}")
            for n in range(1, self.controller_count + 1)
        )

    @property
    def computes(self) -> tuple[Node, ...]:
        return tuple(
            Node(f"compute-{n}", Role.COMPUTE, n, f"{self.net}.1.{n}", f"{self.net}.2.{n}")
            for n in range(1, self.compute_count + 1)
        )

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.controllers + self.computes

    def node(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes)
        raise LabError(f"there is no node {name!r} in this lab", f"its nodes are: {known}")

    @property
    def switch_address(self) -> str:
        return f"{self.net}.255.254"

    @property
    def host_address(self) -> str:
        return f"{self.net}.255.1"

    @property
    def cloud_address(self) -> str:
        return f"{self.net}.254.1"

    @property
    def host_link(self) -> str:
        """The interface of this machine that leads into the lab."""
        return f"{self.prefix}-host"

    def netns(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    @property
    def switch_netns(self) -> str:
        return self.netns("switch")

    @property
    def cloud_netns(self) -> str:
        return self.netns("cloud")

    @property
    def root(self) -> Path:
        """What `make install DESTDIR=... PREFIX=/usr` fills and the nodes see as installed."""
        return self.state / "root"

    @property
    def events(self) -> Path:
        return self.state / "events.jsonl"

    @property
    def alerts(self) -> Path:
        """Writable for hacluster, which Pacemaker runs alert agents as."""
        return self.state / "alerts"

    @property
    def boot_hooks(self) -> Path:
        """Executables run in a node, with its name, at each boot before Pacemaker starts."""
        return self.state / "boot.d"

    def home(self, name: str) -> Path:
        """All that a node keeps over a power-off."""
        return self.state / "nodes" / name

    def disk(self, name: str) -> Path:
        return self.home(name) / "disk"

    def node_environment(self) -> dict[str, str]:
        """As a service manager gives it to a daemon: nothing of the shell that called for us."""
        return {
            "PATH": _PATH,
            "LANG": "C.UTF-8",
            "HOME": "/root",
            "VMHA_LAB_STATE": str(self.state),
        }

    def environment(self) -> dict[str, str]:
        """What makes a program of the lab find this lab, and `down` find the program."""
        return {
            "VMHA_LAB_PREFIX": self.prefix,
            "VMHA_LAB_STATE": str(self.state),
            "VMHA_LAB_NET": self.net,
            "PYTHONPATH": str(REPOSITORY),
            "PATH": _PATH,
            "LANG": "C.UTF-8",
            MARK: str(self.state),
        }

    def save(self) -> None:
        counts = {"controllers": self.controller_count, "computes": self.compute_count}
        (self.state / "lab.json").write_text(json.dumps(counts) + "\n")


def lab_from_environment(
    controllers: int = 3, computes: int = 2, environment: Mapping[str, str] = os.environ
) -> Lab:
    """A lab as the environment names it; where it is up, with the size it has."""
    lab = Lab(
        prefix=environment.get("VMHA_LAB_PREFIX", "vl"),
        state=Path(environment.get("VMHA_LAB_STATE", "/var/lib/vmha-lab")),
        net=environment.get("VMHA_LAB_NET", "10.99"),
        controller_count=controllers,
        compute_count=computes,
    )
    saved = lab.state / "lab.json"
    if not saved.exists():
        return lab
    counts = json.loads(saved.read_text())
    return Lab(lab.prefix, lab.state, lab.net, counts["controllers"], counts["computes"])
