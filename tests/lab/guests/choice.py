"""GUESTS=real, as an option of what plays on the lab."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.lab.guests.prerequisites import Hypervisor, ready
from tests.lab.guests.trial import one_copy_is_not_two, two_copies_are_seen
from tests.lab.prerequisites import require_root

_PROCESSES, _REAL, _UNLOCKED = "processes", "real", "real-without-locks"


def add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--guests",
        choices=(_PROCESSES, _REAL, _UNLOCKED),
        default=_PROCESSES,
        help="processes that stand in for guests (the default), or QEMU's under a libvirtd of each "
        "host; without QEMU's locks on the disks it is the counts alone that tell of a second copy",
    )


def chosen(words: argparse.Namespace, tell: Callable[[str], None]) -> Hypervisor | None:
    """None for stand-ins. Raises LabError where this machine cannot run real guests."""
    if words.guests == _PROCESSES:
        return None
    require_root()
    tell("the guests' image, and whether KVM works here (made and asked once)")
    hypervisor, sentence = ready(locks=words.guests != _UNLOCKED)
    tell(sentence)
    if not hypervisor.locks:
        one_copy_is_not_two(hypervisor.image)
        took = two_copies_are_seen(hypervisor.image)
        tell(f"two copies on one disk without locks: seen on the disk within {took:.0f} s")
    return hypervisor
