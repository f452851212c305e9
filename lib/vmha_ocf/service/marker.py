"""Our mark in a compute service's disabled reason: what we changed there, and only that is undone.

Nova keeps it, so it survives every one of our processes and records; but it is a field that people
write too, so what must not be lost is in a trace of our own (service/trace.py). Pure.

    vmha-ocf: evacuation                       we forced it down and disabled it
    vmha-ocf: evacuation (was forced down)     we disabled it; a force-down of it is not ours, because
                                               somebody else was first or we have undone our own
    <reason> [vmha-ocf: forced down]           we forced it down; somebody else had disabled it
    vmha-ocf: network tenant@1763695800        we disabled it, for a network that its host has lost since
    vmha-ocf: process nova-compute@1763695800  we disabled it, for a process that fails again and again

The first three are of the cause "evacuation", a dead host, and are what every version knows: an
upgrade or a downgrade in the middle of a failure reads the mark of the other. Whoever undoes
something undoes only what is of its own cause. A cause that this version does not know is somebody
else's reason to it, and is kept as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from vmha_ocf.agent.parameter import is_integer
from vmha_ocf.model import ComputeService, ServiceChange

REASON_MOST = 255
"""Characters that Nova keeps (os-services, disabled_reason)."""
DEAD_HOST = "evacuation"
"""The cause of what is undone when a host returns."""
NETWORK, PROCESS = "network", "process"
"""The causes of what is disabled on a host that lives."""

_BOTH = f"vmha-ocf: {DEAD_HOST}"
_WAS_FORCED = "(was forced down)"
_FORCED = "[vmha-ocf: forced down]"
_MARK = re.compile(
    r"vmha-ocf: (?P<cause>[a-z][a-z-]{0,30})(?: (?P<episode>[0-9A-Za-z][!-~]{0,60}))?"
    r"(?P<was> \(was forced down\))?"
)


@dataclass(frozen=True, slots=True)
class Ours:
    """What we changed on a service. ``before`` is somebody else's disabled reason."""

    forced_down: bool
    disabled: bool
    before: str = ""

    def __bool__(self) -> bool:
        """Whether anything was."""
        return self.forced_down or self.disabled


@dataclass(frozen=True, slots=True)
class Mark:
    """What a disabled reason tells: why we changed something, in which episode of it, and what.

    ``episode`` is one word; "" where the text has none, as those of a dead host never do."""

    cause: str
    episode: str
    ours: Ours

    @property
    def since(self) -> float:
        """When the episode began, in seconds since the epoch; 0 where that is not as we write it."""
        at = self.episode.partition("@")[2]
        return float(at) if is_integer(at) else 0.0


def format_reason(ours: Ours) -> str:
    """For a dead host."""
    if ours.disabled:
        return _BOTH if ours.forced_down else f"{_BOTH} {_WAS_FORCED}"
    return f"{ours.before} {_FORCED}".strip()


def format_cause(cause: str, episode: str) -> str:
    """For any other cause, which only disables. Raises ValueError where it could not be read again."""
    text = f"vmha-ocf: {cause} {episode}"
    if parse_mark(text) != Mark(cause, episode, Ours(forced_down=False, disabled=True)):
        raise ValueError(f"not a cause and an episode: {cause!r}, {episode!r}")
    return text


def parse_mark(reason: str) -> Mark | None:
    """Of whatever cause, known or not; None where the reason is somebody else's."""
    if reason.endswith(_FORCED):
        before = reason.removesuffix(_FORCED).rstrip()
        return Mark(DEAD_HOST, "", Ours(forced_down=True, disabled=False, before=before))
    match = _MARK.fullmatch(reason)
    if match is None:
        return None
    forced = match["cause"] == DEAD_HOST and match["was"] is None
    return Mark(match["cause"], match["episode"] or "", Ours(forced_down=forced, disabled=True))


def parse_reason(reason: str) -> Ours | None:
    """What we changed because the host was dead, or None where the reason does not say so."""
    mark = parse_mark(reason)
    return mark.ours if mark is not None and mark.cause == DEAD_HOST else None


def ours(service: ComputeService) -> Ours | None:
    """What we changed on this service because its host was dead. A service that is enabled carries no
    mark."""
    return None if service.enabled else parse_reason(service.disabled_reason)


def of_living(service: ComputeService) -> Mark | None:
    """Our mark for a failure of a host that lives."""
    mark = None if service.enabled else parse_mark(service.disabled_reason)
    return mark if mark is not None and mark.cause in (NETWORK, PROCESS) else None


def plan_take_down(service: ComputeService, known: Ours | None = None) -> ServiceChange | None:
    """The one PUT that forces a service down and marks it, or None if nothing is left to change.

    One request, because between two a crash would leave a force-down that nobody knows as ours,
    and because disabling a freshly dead host that is not forced down blocks for a minute.
    """
    mine = ours_when_down(service, known)
    if service.forced_down and not service.enabled:
        return None
    return ServiceChange(forced_down=True, enabled=False, reason=_shown_reason(mine))


def ours_when_down(service: ComputeService, known: Ours | None = None) -> Ours:
    """What is ours of a service once it is forced down and disabled; perhaps nothing.

    ``known`` is what is known of our changes beside the mark: whoever writes the reason wipes that out.
    A reason of somebody else's is a disable of somebody else's, whoever was first.
    """
    before = ours(service)
    forced_by_us = known is not None and known.forced_down
    if service.enabled:
        return Ours(forced_down=forced_by_us or not service.forced_down, disabled=True)
    if before:
        return before if service.forced_down else replace(before, forced_down=True)
    forced_by_us = forced_by_us or not service.forced_down
    return Ours(forced_by_us, disabled=False, before=service.disabled_reason)


def _shown_reason(mine: Ours) -> str:
    return format_reason(replace(mine, before=shortened(mine.before)))


def shortened(reason: str) -> str:
    """As much of somebody else's words as leaves room for our mark. The trace has all of them."""
    room = REASON_MOST - len(f" {_FORCED}")
    return reason if len(reason) <= room else f"{reason[: room - 3]}..."
