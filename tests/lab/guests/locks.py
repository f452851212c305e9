"""QEMU's locks on disks: they make a second copy fail, so each one that was tried is a broken promise.

What is read here is QEMU's own word, in the files that libvirt keeps of it on each host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.lab.layout import Lab

_REFUSED = re.compile(r"(\S+Z) .*Failed to get (?:shared )?\"(?:write|consistent read)\" lock")


@dataclass(frozen=True)
class Attempt:
    """Someone tried to start a guest whose disk another QEMU had open. ``at`` in seconds of the epoch."""

    at: float
    host: str
    domain: str


def attempts(lab: Lab, since: float) -> list[Attempt]:
    found: list[Attempt] = []
    for node in lab.computes:
        for log in sorted((lab.home(node.name) / "log/libvirt/qemu").glob("*.log")):
            found += [one for one in refused(node.name, log) if one.at >= since]
    return found


def refused(host: str, log: Path) -> Iterator[Attempt]:
    """What the log of one domain on one host tells."""
    for line in log.read_text(errors="replace").splitlines():
        if told := _REFUSED.match(line):
            yield Attempt(datetime.fromisoformat(told[1]).timestamp(), host, log.stem)
