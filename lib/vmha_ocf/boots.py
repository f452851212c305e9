"""Boots of compute hosts, and guests behind a gate, as NovaCompute writes them into Pacemaker. Pure.

    evacuation-boot    permanent: the id of the boot in which nova-compute was last started by the gate
    evacuation-booted  until the connection of the node ends: the id of the boot that it is in
    evacuation-guests  permanent: ``at=1763695800.000``, the time of the proof of the flag under which
                       guests of Nova were found running on the host

A boot id is the kernel's own, new with each boot (``/proc/sys/kernel/random/boot_id``). The same before a
proof and on a connection made after it: the host was never off. What cannot be written says nothing: it
keeps no nova-compute from starting, and the other signs of life are left.
"""

from __future__ import annotations

import re

from vmha_ocf.model import Evidence

STARTED = "evacuation-boot"
BOOTED = "evacuation-booted"
GUESTS = "evacuation-guests"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def parse_boot(text: str) -> str:
    """A boot's id; "" for what is none."""
    return text if _ID.fullmatch(text) else ""


def format_guests(proof: float) -> str:
    return f"at={proof:.3f}"


def are_of(text: str, proof: Evidence) -> bool:
    """Whether guests were found under the flag of this very proof."""
    return text == format_guests(proof.at)
