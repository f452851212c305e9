"""What a machine needs for real guests; asked before anything is built."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cloud.libvirt import BINDING
from tests.lab.errors import LabError
from tests.lab.guests.accelerator import EMULATOR, accelerator
from tests.lab.guests.image import GuestImage, ensure_image

_DEBIAN_PYTHON = Path("/usr/lib/python3/dist-packages")
_DRIVER = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"
_PROGRAMS = {
    EMULATOR: "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "libvirtd": "libvirt-daemon",
    _DRIVER: "libvirt-daemon-driver-qemu",
    "virsh": "libvirt-clients",
    str(_DEBIAN_PYTHON / "libvirt.py"): "python3-libvirt",
}


@dataclass(frozen=True)
class Hypervisor:
    """How each host of the lab runs its guests. ``locks``: QEMU's own, on the disks."""

    virt_type: str
    image: GuestImage
    locks: bool = True


def ready(*, locks: bool = True) -> tuple[Hypervisor, str]:
    """With a sentence on how guests are run here. Raises LabError with what to install."""
    if platform.machine() != "x86_64":
        raise LabError(f"real guests are x86_64; this machine is {platform.machine()}")
    missing = {package for program, package in _PROGRAMS.items() if not _is_there(program)}
    if missing:
        names = " ".join(sorted(missing))
        raise LabError(
            f"real guests need what is not installed: {names}",
            f"apt-get install --no-install-recommends {names}",
        )
    image = ensure_image()
    _link_binding()
    found = accelerator(image)
    return Hypervisor(found.virt_type, image, locks), found.why


def _is_there(program: str) -> bool:
    return Path(program).exists() if "/" in program else shutil.which(program) is not None


def _link_binding() -> None:
    BINDING.mkdir(parents=True, exist_ok=True)
    for file in [*_DEBIAN_PYTHON.glob("libvirt*.py"), *_DEBIAN_PYTHON.glob("libvirtmod*.so")]:
        link = BINDING / file.name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(file)
