"""What the guests boot: Debian's cloud kernel, a busybox that counts on its disk, and that disk.

Made once, in the lab's cache; nothing of it is installed on this machine.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cloud.site import CACHE
from tests.lab.cloud.template import IMAGE, plain_image
from tests.lab.cloud.venv import fingerprint
from tests.lab.command import must, run
from tests.lab.errors import LabError

SECTOR = 512
ORDERS = 16383
"""The sector in which a guest that obeys looks for what it is to do. Those before it are for four hours of
beats; beat 0 is never written."""
COMMAND_LINE = "console=ttyS0 quiet no_timer_check panic=1"
"""On a busy machine an emulated timer is late, which is no reason for the kernel to stop."""
_HERE = Path(__file__).resolve().parent
_KERNEL_ID = "c0ffee00-0000-4000-8000-0000000000a1"
_RAMDISK_ID = "c0ffee00-0000-4000-8000-0000000000a2"
OBEYS = "c0ffee00-0000-4000-8000-0000000000b1"
"""The image of guests that have an agent, and do what is ordered on their disks."""
CALM = "c0ffee00-0000-4000-8000-0000000000c1"
"""The image of guests that cost little: more of them than a machine carries else."""
_META = "linux-image-cloud-amd64"
_MODULES = (
    "virtio/virtio", "virtio/virtio_ring", "virtio/virtio_pci_modern_dev",
    "virtio/virtio_pci_legacy_dev", "virtio/virtio_pci", "block/virtio_blk",
    "char/virtio_console",
)  # fmt: skip


@dataclass(frozen=True)
class GuestImage:
    kernel: Path
    ramdisk: Path
    disk: Path

    def records(self) -> list[dict[str, object]]:
        """For Glance: the disk, which Nova boots directly, under an id for each kind."""
        kernel = _record(_KERNEL_ID, "kernel", "aki", self.kernel)
        ramdisk = _record(_RAMDISK_ID, "ramdisk", "ari", self.ramdisk)
        disk = _record(IMAGE, "beating", "raw", self.disk) | {
            "kernel_id": _KERNEL_ID,
            "ramdisk_id": _RAMDISK_ID,
            "os_command_line": COMMAND_LINE,
            "hw_disk_bus": "virtio",
        }
        obeys = _another(disk, OBEYS, "obeys") | {"hw_qemu_guest_agent": "yes"}
        return [kernel, ramdisk, disk, obeys, _another(disk, CALM, "calm")]

    def files(self) -> Mapping[str, Path]:
        kernel = {_KERNEL_ID: self.kernel, _RAMDISK_ID: self.ramdisk}
        return kernel | dict.fromkeys((IMAGE, OBEYS, CALM), self.disk)


def ensure_image() -> GuestImage:
    """Raises LabError with one sentence where Debian's packages cannot be had."""
    CACHE.mkdir(parents=True, exist_ok=True)
    place = CACHE / f"guest-{fingerprint(_HERE / 'beat', _HERE / 'image.py')}"
    with (CACHE / "guest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
                _make(Path(scratch)).rename(place)
    return GuestImage(place / "vmlinuz", place / "initrd.gz", place / "disk.raw")


def _make(scratch: Path) -> Path:
    made, unpacked = scratch / "made", scratch / "unpacked"
    made.mkdir()
    for package in (_kernel_package(), "busybox-static"):
        _unpack(package, scratch, unpacked)
    shutil.copy(next(unpacked.glob("boot/vmlinuz-*")), made / "vmlinuz")
    root = _root(unpacked, scratch / "root")
    listing = "\n".join(str(each.relative_to(root)) for each in sorted(root.rglob("*")))
    archive = ["sh", "-c", 'cd "$0" && ./bin/busybox cpio -o -H newc >../initrd', str(root)]
    must(archive, text=f"{listing}\n")
    (made / "initrd.gz").write_bytes(gzip.compress((scratch / "initrd").read_bytes()))
    with (made / "disk.raw").open("wb") as disk:
        disk.truncate(SECTOR * (ORDERS + 1))
    return made


def _kernel_package() -> str:
    """The one that the package without a version depends on."""
    told = must(["apt-cache", "depends", _META], 120.0).splitlines()
    named = [line.split()[-1] for line in told if line.strip().startswith("Depends: linux-image-")]
    if not named:
        raise LabError(f"apt knows no {_META}, which the guests boot", "apt-get update")
    return named[0]


def _unpack(package: str, scratch: Path, target: Path) -> None:
    loading = ["sh", "-c", f'cd "$0" && apt-get -q download {package}', str(scratch)]
    loaded = run(loading, 300.0)
    if loaded.code:
        said = [line for line in loaded.errors.splitlines() if line.startswith("E: ")]
        raise LabError(
            f"the guests boot Debian's {package}, which apt-get cannot download: {' '.join(said)}",
            "apt-get update; it has to reach a mirror of Debian",
        )
    must(["dpkg", "-x", str(next(scratch.glob(f"{package}_*.deb"))), str(target)], 120.0)


def _root(unpacked: Path, root: Path) -> Path:
    for folder in ("bin", "proc", "sys", "dev", "mod"):
        (root / folder).mkdir(parents=True)
    shutil.copy(unpacked / "bin/busybox", root / "bin/busybox")
    drivers = next(unpacked.glob("lib/modules/*/kernel/drivers"))
    for module in _MODULES:
        shutil.copy(drivers / f"{module}.ko", root / "mod")
    init = root / "init"
    shutil.copy(_HERE / "beat", init)
    init.chmod(0o755)
    return root


def _another(disk: Mapping[str, object], image_id: str, word: str) -> dict[str, object]:
    """The same disk for guests whose kernel is told a word more."""
    told = f"{COMMAND_LINE} vmha.{word}"
    file = f"/v2/images/{image_id}/file"
    return {**disk, "id": image_id, "name": word, "file": file, "os_command_line": told}


def _record(image_id: str, name: str, kind: str, file: Path) -> dict[str, object]:
    data = file.read_bytes()
    return plain_image(image_id, name) | {
        "container_format": "bare" if kind == "raw" else kind,
        "disk_format": kind,
        "size": len(data),
        "checksum": hashlib.md5(data).hexdigest(),
    }
