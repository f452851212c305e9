"""Our mark in a compute service's disabled reason: what we changed there, and only that is undone.

Nova keeps it, so it survives every one of our processes and records. Pure.

    vmha-ocf: evacuation                       we forced it down and disabled it
    vmha-ocf: evacuation (was forced down)     we disabled it; a force-down of it is not ours, because
                                               somebody else was first or we have undone our own
    <reason> [vmha-ocf: forced down]           we forced it down; somebody else had disabled it
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vmha_ocf.model import ComputeService, ServiceChange

REASON_MOST = 255
"""Characters that Nova keeps (os-services, disabled_reason)."""

_BOTH = "vmha-ocf: evacuation"
_DISABLED = "vmha-ocf: evacuation (was forced down)"
_FORCED = "[vmha-ocf: forced down]"


@dataclass(frozen=True, slots=True)
class Ours:
    """What we changed on a service. ``before`` is somebody else's disabled reason."""

    forced_down: bool
    disabled: bool
    before: str = ""


def format_reason(ours: Ours) -> str:
    if ours.disabled:
        return _BOTH if ours.forced_down else _DISABLED
    return f"{ours.before} {_FORCED}".strip()


def parse_reason(reason: str) -> Ours | None:
    """What we changed, or None where the reason does not say so."""
    if reason == _BOTH:
        return Ours(forced_down=True, disabled=True)
    if reason == _DISABLED:
        return Ours(forced_down=False, disabled=True)
    if reason.endswith(_FORCED):
        return Ours(forced_down=True, disabled=False, before=reason.removesuffix(_FORCED).rstrip())
    return None


def ours(service: ComputeService) -> Ours | None:
    """What we changed on this service. A service that is enabled carries nothing of ours."""
    return None if service.enabled else parse_reason(service.disabled_reason)


def plan_take_down(service: ComputeService, known: Ours | None = None) -> ServiceChange | None:
    """The one PUT that forces a service down and marks it, or None if nothing is left to change.

    One request, because between two a crash would leave a force-down that nobody knows as ours,
    and because disabling a freshly dead host that is not forced down blocks for a minute.

    ``known`` is what we remember of our mark: whoever enables the service wipes it out.
    """
    if service.forced_down and not service.enabled:
        return None
    before = ours(service)
    if service.enabled:
        forced_by_us = known is not None and known.forced_down
        mine = Ours(forced_down=forced_by_us or not service.forced_down, disabled=True)
    elif before:
        mine = replace(before, forced_down=True)
    else:
        mine = Ours(forced_down=True, disabled=False, before=_shortened(service.disabled_reason))
    return ServiceChange(forced_down=True, enabled=False, reason=format_reason(mine))


def _shortened(reason: str) -> str:
    """As much of somebody else's words as leaves room for our mark: without it the host would stay
    forced down for ever."""
    room = REASON_MOST - len(f" {_FORCED}")
    return reason if len(reason) <= room else f"{reason[: room - 3]}..."
