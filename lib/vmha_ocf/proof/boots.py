"""Boots of compute hosts, and guests behind a gate, as NovaCompute writes them into Pacemaker. Pure.

    evacuation-boot    permanent: the id of the boot in which nova-compute was last started by the gate
    evacuation-booted  until the connection of the node ends: the id of the boot that it is in
    evacuation-served  permanent: ``boot=<id> at=1763695800 since=1763695860``: the same, with the times at
                       which that boot began and nova-compute was first found or started in it, both by
                       the host's own clock; the last ones, divided by "; ", the newest last
    evacuation-looked  permanent, and NovaEvacuate's: the id of the last boot whose instances have been
                       looked after (living/booting/off_since.py)
    evacuation-waiting  in attrd until all controllers are away, under ``nova:<node>``: what
                       evacuation-served has of the boots that nobody has looked after yet; a configuration
                       that somebody restores takes the other away
    evacuation-guests  permanent: ``at=1763695800.000``, the time of the proof of the flag under which
                       guests of Nova were found running on the host

A boot id is the kernel's own, new with each boot (``/proc/sys/kernel/random/boot_id``). The same before a
proof and on a connection made after it: the host was never off. What cannot be written says nothing: it
keeps no nova-compute from starting, and the other signs of life are left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vmha_ocf.cluster.flag_texts import KEY_PREFIX
from vmha_ocf.model import Evidence, NodeName

STARTED = "evacuation-boot"
BOOTED = "evacuation-booted"
GUESTS = "evacuation-guests"
SERVED = "evacuation-served"
WAITING = "evacuation-waiting"
LOOKED = "evacuation-looked"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_SERVED = re.compile(
    r"boot=(?P<boot>[0-9A-Za-z-]{1,64}) at=(?P<at>[0-9]{1,12}) since=(?P<since>[0-9]{1,12})"
)

WITH_ITS_BOOT = 3600.0
"""Seconds from the boot of a host to the first start of its nova-compute, its wait at the gate included."""
_KEPT = 8
"""Boots of a host: power that flaps does not do so more often before somebody looks."""


@dataclass(frozen=True, slots=True)
class Served:
    """A boot of a host in which nova-compute runs, or has run. Times in seconds since the epoch."""

    boot: str
    at: float
    """When it began."""
    since: float
    """When nova-compute was first found running in it, or was about to be started."""


def waiting_key(node: NodeName) -> str:
    """Under which attrd has the boots that wait: what is no node's name outlives its connection."""
    return KEY_PREFIX + node.casefold()


def parse_boot(text: str) -> str:
    """A boot's id; "" for what is none."""
    return text if _ID.fullmatch(text) else ""


def format_served(served: Sequence[Served]) -> str:
    return "; ".join(
        f"boot={one.boot} at={one.at:.0f} since={one.since:.0f}" for one in served[-_KEPT:]
    )


def parse_served(text: str) -> Sequence[Served]:
    """Oldest first; none for what none of us wrote."""
    found = [_SERVED.fullmatch(one) for one in text.split("; ")]
    return [Served(it["boot"], float(it["at"]), float(it["since"])) for it in found if it]


def with_waiting(served: Sequence[Served], waiting: Sequence[Served]) -> Sequence[Served]:
    """With those that were there, and that somebody has taken away."""
    known = {one.boot for one in served}
    lost = [one for one in waiting if one.boot not in known]
    return sorted([*served, *lost], key=lambda one: one.since) if lost else served


def is_new(boot: str, served: Sequence[Served]) -> bool:
    """Whether it has to be noted."""
    return bool(boot) and (not served or served[-1].boot != boot)


def since(looked: str, served: Sequence[Served]) -> Sequence[Served]:
    """Those that came after the one that was looked after last; where that is forgotten, all."""
    ids = [one.boot for one in served]
    return served[ids.index(looked) + 1 :] if looked in ids else served


def are_known_from_their_start(served: Sequence[Served]) -> bool:
    """Of a node of which no boot has been looked after, as far as is written: a configuration may have been
    restored that is older than we are here. Where nova-compute came up with the host, Nova's own list says
    what ran before. Where it ran for long when we came to the host, it does not: a guest that has powered
    itself off since looks alike."""
    return all(0 <= one.since - one.at <= WITH_ITS_BOOT for one in served)


def format_guests(proof: float) -> str:
    return f"at={proof:.3f}"


def are_of(text: str, proof: Evidence) -> bool:
    """Whether guests were found under the flag of this very proof."""
    return text == format_guests(proof.at)
