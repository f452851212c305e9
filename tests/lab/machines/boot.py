"""Process 1 of a node becomes systemd, as in a container (systemd.io/CONTAINER_INTERFACE).

What the lab has given the node stays: its wire, its clocks since boot, its boot id, its disk. A power cut
is the end of process 1, with which the kernel ends all others of its process namespace at once.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

from tests.lab.layout import MARK, REPOSITORY, Lab

_MARKER = "systemd"
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_KVM = "kvm"
_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "fd/0",
    "stdout": "fd/1",
    "stderr": "fd/2",
}
_PTS = "newinstance,ptmxmode=0666,mode=620,gid=5"
_BECOME = (
    "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /lib/systemd/systemd --log-target=journal "
    "--show-status=no"
)
_UNITS = Path("etc/systemd/system")
_NOVA_COMPUTE = """\
# Like Debian's. The guests of the lab's driver are processes that nova-compute starts; a stop of it leaves
# them, as it leaves QEMU's.
[Unit]
Description=OpenStack Nova Compute
After=network.target libvirtd.service

[Service]
ExecStart=/usr/bin/python3 {repository}/tests/lab/nova-compute run here {state}
KillMode=process
Restart=always
TimeoutStopSec=65

[Install]
WantedBy=multi-user.target
"""
_JOURNAL = """\
# The journal, where the lab looks for what daemons have written, also of a host that is off.
[Service]
ExecStart=/usr/bin/journalctl --follow --no-tail --output=short-iso-precise
StandardOutput=append:{log}/journal.log

[Install]
WantedBy=multi-user.target
"""


def give(home: Path, state: Path) -> None:
    """systemd boots the node of this home. What no package brings is put on its disk."""
    name = home.name
    (home / _MARKER).touch()
    etc, units = home / "own" / "etc", home / "own" / _UNITS
    wanted = units / "multi-user.target.wants"
    wanted.mkdir(parents=True)
    # Without one it were its first boot, at which Debian enables each unit that is there.
    (etc / "machine-id").write_text(f"{uuid.uuid5(uuid.NAMESPACE_DNS, name).hex}\n")
    (etc / "hostname").write_text(f"{name}\n")
    nova = _NOVA_COMPUTE.format(repository=REPOSITORY, state=state)
    (units / "nova-compute.service").write_text(nova)
    (units / "lab-journal.service").write_text(_JOURNAL.format(log=home / "log"))
    (wanted / "lab-journal.service").symlink_to(f"/{_UNITS}/lab-journal.service")


def has(lab: Lab, name: str) -> bool:
    return (lab.home(name) / _MARKER).exists()


def give_kernel(root: Path) -> None:
    """Devices and /sys of its own: it must not reach this machine's. A /sys that cannot be written tells
    systemd that the devices are not its business."""
    _mount("-t", "sysfs", "-o", "ro", "sysfs", f"{root}/sys")
    dev = root / "dev"
    _mount("-t", "tmpfs", "-o", "mode=755", "none", str(dev))
    for name in (*_DEVICES, *((_KVM,) if Path("/dev", _KVM).exists() else ())):
        (dev / name).touch()
        _mount("--bind", f"/dev/{name}", str(dev / name))
    for name, target in _LINKS.items():
        (dev / name).symlink_to(target)
    for name in ("pts", "shm"):
        (dev / name).mkdir()
    _mount("-t", "devpts", "-o", _PTS, "devpts", str(dev / "pts"))


def become_systemd(lab: Lab) -> None:
    """Never returns. The control group namespace begins where the node is now (``cgroups.join``)."""
    environment = {
        "container": "vmha-lab",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        MARK: str(lab.state),
    }
    argv = ["unshare", "--cgroup", "sh", "-c", _BECOME]
    os.execvpe(argv[0], argv, environment)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
