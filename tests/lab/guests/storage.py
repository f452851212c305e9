"""The guests' disks have a file system of their own, which every host sees, and which can be filled.

What fills it is its limit: a tmpfs that may grow no more has no space left, and nothing else of the lab is
short of any.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.lab.command import must
from tests.lab.guests import disk
from tests.lab.guests.image import ORDERS, SECTOR

_BEATS = 16
"""Far enough behind a guest's last one, which goes on to write."""
_PAGE = 4096
SIZE = 4 << 30
"""Bytes that it may take, and does not: what Nova counts on is more than what guests write."""


def make(folder: Path) -> None:
    """Before a host boots, which sees what is mounted by then."""
    folder.mkdir(parents=True, exist_ok=True)
    must(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "vmha-disks", str(folder)])


def fill(folder: Path) -> None:
    """From now on there is no room for a new page; each guest needs one after so many beats."""
    for image in folder.glob("*-*-*-*-????????????/disk"):
        last = max((beat.count for beat in disk.read(image, 1)), default=0)
        begin = -(-(last + _BEATS) * SECTOR // _PAGE) * _PAGE
        hole = ["--punch-hole", "--offset", str(begin), "--length", str(ORDERS * SECTOR - begin)]
        must(["fallocate", *hole, str(image)])
    found = os.statvfs(folder)
    _resize(folder, (found.f_blocks - found.f_bfree) * found.f_frsize)


def empty(folder: Path) -> None:
    _resize(folder, SIZE)


def _resize(folder: Path, size: int) -> None:
    must(["mount", "-o", f"remount,size={size}", str(folder)])
