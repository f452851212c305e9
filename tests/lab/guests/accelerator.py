"""Whether KVM works here: not whether there is a device for it, but whether a guest boots with it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.lab.cloud.site import CACHE
from tests.lab.errors import LabError
from tests.lab.guests.image import COMMAND_LINE, GuestImage
from tests.lab.wait import wait_until

EMULATOR = "/usr/bin/qemu-system-x86_64"
DEADLINE = 12.0
"""Seconds. With KVM a guest is up within one; under TCG on a busy machine it takes three to six."""
_DEVICE = Path("/dev/kvm")
_UP = b"guest: up"


@dataclass(frozen=True)
class Accelerator:
    """``virt_type`` as libvirt and Nova name it; ``why`` for people."""

    virt_type: str
    why: str


def accelerator(image: GuestImage) -> Accelerator:
    """Asked once per boot of this machine, as a dead KVM costs the deadline each time."""
    if not _DEVICE.exists():
        return Accelerator("qemu", "there is no /dev/kvm: guests run under TCG")
    verdict = CACHE / f"kvm-{_this_boot()}.json"
    if verdict.exists():
        return Accelerator(**json.loads(verdict.read_text()))
    found = (
        Accelerator("kvm", "a guest boots with KVM")
        if boots(image, ["-accel", "kvm"], DEADLINE)
        else Accelerator(
            "qemu", f"/dev/kvm is here, and no guest boots with it in {DEADLINE:g} s: TCG it is"
        )
    )
    for old in CACHE.glob("kvm-*.json"):
        old.unlink()
    # Whole or not at all: who interrupts this would keep every later run from its start.
    fresh = CACHE / f"kvm-{os.getpid()}.new"
    fresh.write_text(json.dumps({"virt_type": found.virt_type, "why": found.why}))
    fresh.replace(verdict)
    return found


def boots(image: GuestImage, how: Sequence[str], deadline: float) -> bool:
    """Whether a guest says that it is up."""
    with tempfile.TemporaryFile() as console, qemu(image, how, console) as process:

        def decided() -> bool:
            return _UP in _all(console.fileno()) or process.poll() is not None

        try:
            wait_until("a guest", decided, deadline, 0.05)
        except LabError:
            return False
        return _UP in _all(console.fileno())


@contextmanager
def qemu(
    image: GuestImage, how: Sequence[str], console: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """A guest without a host, for the length of a block. It is ended in any case, and nothing waits for
    one that the kernel does not let go."""
    command = [
        EMULATOR, *how, "-M", "pc", "-m", "128", "-nodefaults", "-no-user-config", "-display",
        "none", "-serial", "stdio", "-no-reboot", "-kernel", str(image.kernel),
        "-initrd", str(image.ramdisk), "-append", COMMAND_LINE,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        _reap(process)


def _all(descriptor: int) -> bytes:
    return Path(f"/proc/self/fd/{descriptor}").read_bytes()


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        return


def _this_boot() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    stat = Path(EMULATOR).stat()
    return hashlib.sha256(f"{boot} {stat.st_size} {stat.st_mtime}".encode()).hexdigest()[:16]
