"""A compute service as Nova showed it, and whether a person has changed it since. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vmha_ocf.model import ComputeService, Monotonic

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
