"""A compute service as Nova showed it, and whether a person has changed it since. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vmha_ocf.model import ComputeService, Monotonic, NovaHost

OLD = 3.0
"""Seconds after which a look is too old to be followed by a change: somebody may have changed the service
since, and Nova has no condition on a PUT."""


@dataclass(frozen=True, slots=True)
class Row:
    """``at``: when Nova was asked, in monotonic seconds."""

    service: ComputeService
    at: Monotonic

    def is_old(self, now: Monotonic) -> bool:
        return now - self.at > OLD


def settings(service: ComputeService) -> tuple[str, bool, bool, str]:
    """What people and we change; heartbeats move none of it."""
    return service.id, service.enabled, service.forced_down, service.disabled_reason


def unknown(host: NovaHost, listed: Iterable[ComputeService]) -> str:
    """For a person: Nova has no service of this name, and these."""
    short = host.partition(".")[0].lower()
    near = [one.host for one in listed if one.host.partition(".")[0].lower() == short]
    meant = f"did you mean {', '.join(near)}? " if near else ""
    return (
        f"Nova has no compute service on '{host}': {meant}set the name of its nova host "
        "in pcmk_host_map or domain of the fencing device; if it is gone for good, drop the flag"
    )
