"""The judge is put to the test: two copies of one guest on one disk, without QEMU's locks."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.guests import disk
from tests.lab.guests.accelerator import qemu
from tests.lab.guests.image import GuestImage
from tests.lab.wait import wait_until

_LIMIT = 90.0


def two_copies_are_seen(image: GuestImage) -> float:
    """Gives the seconds that it took. Raises LabError where the disk tells of one writer only."""
    began = time.monotonic()
    with ExitStack() as both:
        place = Path(both.enter_context(tempfile.TemporaryDirectory(prefix="vmha-two-")))
        shared = place / "disk"
        shutil.copy(image.disk, shared)
        for name in ("one", "other"):
            console = both.enter_context((place / name).open("wb"))
            both.enter_context(qemu(image, _unlocked(shared, name), console))
        wait_until(
            "the disk to tell of two copies",
            lambda: list(disk.faults(disk.read(shared, 1))),
            _LIMIT,
            0.2,
            lambda: (place / "other").read_text(errors="replace")[-500:],
        )
    return time.monotonic() - began


def one_copy_is_not_two(image: GuestImage, beats: int = 3) -> None:
    """Raises LabError where the disk of a guest that is alone tells of another, or of nothing."""
    with ExitStack() as alone:
        place = Path(alone.enter_context(tempfile.TemporaryDirectory(prefix="vmha-one-")))
        own = place / "disk"
        shutil.copy(image.disk, own)
        console = alone.enter_context((place / "one").open("wb"))
        alone.enter_context(qemu(image, _unlocked(own, "one"), console))
        wait_until("beats", lambda: len(list(disk.read(own, 1))) >= beats, _LIMIT, 0.2)
        if found := list(disk.faults(disk.read(own, 1))):
            raise LabError(f"the disk of one guest tells of another: {found[0]}")


def _unlocked(shared: Path, host: str) -> list[str]:
    file = {
        "driver": "file",
        "locking": "off",
        "filename": str(shared),
        "node-name": "file",
        "cache": {"direct": True},
    }
    raw = {"driver": "raw", "file": "file", "node-name": "disk", "cache": {"direct": True}}
    return [
        "-accel", "tcg", "-blockdev", json.dumps(file), "-blockdev", json.dumps(raw),
        "-device", "virtio-blk-pci,drive=disk", "-smbios", f"type=1,serial={host}",
    ]  # fmt: skip
