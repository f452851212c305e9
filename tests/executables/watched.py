"""NovaInstances on a real Pacemaker node, and there a libvirtd with QEMUs that do as they are told.

The guests are boot sectors: QEMU's BIOS runs them, no kernel is needed. Their names are not Nova's, as
their processes are seen by whoever looks for guests on this machine.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Protocol

from tests.contract.one_node import NODE, OneNode
from tests.executables.installed import AGENTS
from vmha_ocf.backends.pacemaker.own_attributes import OwnAttributes
from vmha_ocf.backends.process.command import Result, Run
from vmha_ocf.living.guests.question import ANSWER, ASKED
from vmha_ocf.living.guests.report import ATTRIBUTE, Report, parse_report
from vmha_ocf.model import InstanceId

RUNNING = 0
PULSE = "/run/resource-agents/NovaInstances-nova-instances"
LOG = "/run/instances.log"
STILL = "f4ebfd"
"""hlt, again and again."""
PANICS = f"ba0505b001ee{STILL}"
"""out 0x505, 1: QEMU's pvpanic, docs/specs: the guest has panicked."""
NO_WATCHDOG = f"ba4304b00eee{STILL}"
"""out 0x443: an ib700 that fires in two seconds."""
WRITES = (
    "31c08ed8be407cb280b80043cd138306487c08ebef".ljust(128, "0")
    + "10000800008000004000000000000000"
)
"""The BIOS's extended write, eight sectors after the other."""
_PREPARE = r"""set -e
for folder in /var/lib/libvirt /etc/libvirt /var/cache/libvirt /var/log/libvirt; do
    mkdir -p $folder; mount -t tmpfs tmpfs $folder; done
mkdir -p /run/full; mount -t tmpfs -o size=64k tmpfs /run/full
cp /etc/passwd /etc/group /run
grep -q ^libvirt-qemu: /run/passwd || echo libvirt-qemu:x:64055:64055::/nonexistent:/bin/false >>/run/passwd
grep -q ^libvirt-qemu: /run/group || echo libvirt-qemu:x:64055: >>/run/group
for file in passwd group; do mount --bind /run/$file /etc/$file; done
cat >/etc/libvirt/qemu.conf <<end
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
remember_owner = 0
end
cat >/etc/libvirt/libvirtd.conf <<end
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
host_uuid = "5d8a1f8e-8c10-4c5e-9d2f-111111111111"
end
libvirtd --daemon
"""
_DOMAIN = """<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>16</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><on_crash>preserve</on_crash>
<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'/></metadata>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw' error_policy='stop'/>
<source file='{disk}'/><target dev='hda' bus='ide'/></disk>{devices}</devices></domain>
"""


_WRITE = """import sys
with open(sys.argv[2], "wb") as disk:
    disk.write(bytes.fromhex(sys.argv[1]))
    disk.truncate(1 << 20)
"""


class Node(Protocol):
    @property
    def run(self) -> Run: ...


class Resource:
    """One NovaInstances on a node, run as Pacemaker's executor does. ``board``: where its attributes are
    looked at."""

    def __init__(self, node: Node, name: str = NODE, board: Run | None = None) -> None:
        self.node = node
        self.name = name
        self.board = OwnAttributes(name, board or node.run)

    def do(self, action: str, interval: str = "10000", level: str = "0", **given: str) -> Result:
        environment: Mapping[str, str] = {
            "HA_RSCTMP": "/run/resource-agents",
            "OCF_RESOURCE_INSTANCE": "nova-instances",
            "OCF_CHECK_LEVEL": level,
            "OCF_RESKEY_CRM_meta_interval": interval,
            "OCF_RESKEY_CRM_meta_timeout": "30000",
            "OCF_RESKEY_CRM_meta_on_node": self.name,
            **{f"OCF_RESKEY_{name}": value for name, value in given.items()},
        }
        return self.node.run([f"{AGENTS}/NovaInstances", action], timeout=60, env=environment)

    def start(self, **given: str) -> None:
        answer = self.do("start", **{"uri": "test:///default", "log_file": LOG, **given})
        assert answer.rc == RUNNING, answer

    def seen(self) -> Mapping[str, str]:
        return self.board.read((ATTRIBUTE, ASKED, ANSWER))

    def report(self) -> Report:
        return parse_report(self.seen()[ATTRIBUTE])

    def until(self, there: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < deadline, (self.seen(), self.log())
            time.sleep(0.1)

    def until_told(self, said: Callable[[Report], bool]) -> None:
        self.until(lambda: ATTRIBUTE in self.seen() and said(self.report()))

    def pid(self) -> str:
        return self.node.run(["head", "-1", PULSE], timeout=5).stdout.strip()

    def remembered(self) -> str:
        """What it keeps of this boot: a line for each instance that was seen to run, and how."""
        return self.node.run(["cat", f"{PULSE}.seen"], timeout=5).stdout

    def has_answered(self, uuid: InstanceId) -> bool:
        return f"{uuid} ra" in self.remembered()

    def log(self) -> str:
        return self.node.run(["cat", LOG], timeout=5).stdout


class Guests:
    """The node's libvirtd and its guests, by names of ours."""

    def __init__(self, node: OneNode) -> None:
        self._node = node
        self._must("sh", "-c", _PREPARE)

    def start(
        self, name: str, sector: str = STILL, devices: str = "", full: bool = False
    ) -> InstanceId:
        """``sector``: hexadecimal, up to 510 bytes of it; ``full``: its disk has no room to write to."""
        disk = f"/run/{'full/' if full else ''}{name}.raw"
        code = sector.ljust(1020, "0") + "55aa"
        self._must("python3", "-c", _WRITE, code, disk)
        made = uuid.uuid4()
        domain = _DOMAIN.format(name=name, uuid=made, disk=disk, devices=devices)
        self._must("tee", f"/run/{name}.xml", input=domain)
        self._must("virsh", "define", f"/run/{name}.xml")
        self._must("virsh", "start", name)
        return InstanceId(str(made))

    def again(self, name: str) -> None:
        self._must("virsh", "start", name)

    def signal(self, name: str, signal: str) -> None:
        """To its QEMU."""
        self._must("pkill", f"-{signal}", "-f", f"guest={name},")

    def signal_libvirtd(self, signal: str) -> None:
        self._must("pkill", f"-{signal}", "-x", "libvirtd")

    def start_libvirtd(self) -> None:
        self._must("libvirtd", "--daemon")

    def virsh(self, *words: str) -> str:
        return self._must("virsh", *words).stdout

    def _must(self, *argv: str, input: str | None = None) -> Result:
        done = self._node.run(argv, timeout=60, input=input)
        assert done.rc == 0, done
        return done
