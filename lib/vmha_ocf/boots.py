"""Boots of compute hosts, and guests behind a gate, as NovaCompute writes them into Pacemaker. Pure.

    evacuation-boot    permanent: the id of the boot in which nova-compute was last started by the gate
    evacuation-booted  until the connection of the node ends: the id of the boot that it is in
    evacuation-served  permanent: ``boot=<id> at=1763695800 since=1763695860``: the same, with the times at
                       which that boot began and nova-compute was first found or started in it, both by
                       the host's own clock
    evacuation-looked  permanent, and NovaEvacuate's: the id of the last boot whose instances have been
                       looked after (after_boot.py)
    evacuation-guests  permanent: ``at=1763695800.000``, the time of the proof of the flag under which
                       guests of Nova were found running on the host

A boot id is the kernel's own, new with each boot (``/proc/sys/kernel/random/boot_id``). The same before a
proof and on a connection made after it: the host was never off. What cannot be written says nothing: it
keeps no nova-compute from starting, and the other signs of life are left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmha_ocf.model import Evidence

STARTED = "evacuation-boot"
BOOTED = "evacuation-booted"
GUESTS = "evacuation-guests"
SERVED = "evacuation-served"
LOOKED = "evacuation-looked"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_SERVED = re.compile(
    r"boot=(?P<boot>[0-9A-Za-z-]{1,64}) at=(?P<at>[0-9]{1,12}) since=(?P<since>[0-9]{1,12})"
)


@dataclass(frozen=True, slots=True)
class Served:
    """A boot of a host in which nova-compute runs, or has run. Times in seconds since the epoch."""

    boot: str
    at: float
    """When it began."""
    since: float
    """When nova-compute was first found running in it, or was about to be started."""


def parse_boot(text: str) -> str:
    """A boot's id; "" for what is none."""
    return text if _ID.fullmatch(text) else ""


def format_served(served: Served) -> str:
    return f"boot={served.boot} at={served.at:.0f} since={served.since:.0f}"


def parse_served(text: str) -> Served | None:
    """None for what none of us wrote."""
    match = _SERVED.fullmatch(text)
    return Served(match["boot"], float(match["at"]), float(match["since"])) if match else None


def format_guests(proof: float) -> str:
    return f"at={proof:.3f}"


def are_of(text: str, proof: Evidence) -> bool:
    """Whether guests were found under the flag of this very proof."""
    return text == format_guests(proof.at)
