"""How a host whose evacuation is over gets back into service. Pure.

Nova refuses to un-force a host while ``done`` records of it exist, and only the start of its
nova-compute completes them; so nova-compute starts while it is still forced down, and we follow.
Only what our mark says is undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmha_ocf.cloud import records
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.model import ComputeService, Evacuation, NovaHost, ServiceChange
from vmha_ocf.service.marker import Ours, format_reason, ours


@dataclass(frozen=True, slots=True)
class Undo:
    """A change of the service that undoes one of ours."""

    service: ComputeService
    change: ServiceChange
    what: str


@dataclass(frozen=True, slots=True)
class Back:
    """Nothing of ours is left on the service; its flag may go."""

    host: NovaHost


@dataclass(frozen=True, slots=True)
class Await:
    """Nothing to do yet."""

    host: NovaHost
    reason: str


def plan_return(
    service: ComputeService,
    mine: Ours | None,
    evacuations: Sequence[Evacuation],
    *,
    beating: bool,
    off: Off,
) -> Undo | Back | Await:
    """The next thing to undo on the service of a host that is not flagged any more.

    ``mine``: what we changed on it, by service/ownership.py.
    ``beating``: its nova-compute was seen to send heartbeats since the evacuation was over (Nova's
    ``state`` cannot tell while the service is forced down).
    """
    if mine is None:
        return Back(service.host)
    if service.forced_down and mine.forced_down:
        return _plan_unforce(service, mine, evacuations, beating, off)
    if ours(service) is None:
        return Back(service.host)
    if service.forced_down:
        return Await(
            service.host,
            (
                "waits for whoever had forced it down to undo that: "
                f"openstack compute service set --up {service.host} nova-compute"
            ),
        )
    is_back = service.up and off.get(service.host) != STILL
    if mine.forced_down and not is_back:
        return Undo(service, _remark(mine), "was un-forced by somebody else")
    if not service.up:
        return Await(service.host, "waits for nova-compute to be up")
    if mine.disabled:
        return Undo(service, ServiceChange(enabled=True), "enabled")
    change = ServiceChange(enabled=False, reason=mine.before or "disabled")
    return Undo(service, change, "left disabled, as it was found")


def _plan_unforce(
    service: ComputeService,
    mine: Ours,
    evacuations: Sequence[Evacuation],
    beating: bool,
    off: Off,
) -> Undo | Await:
    if not beating:
        return Await(service.host, "waits for the host to come back")
    left = Counter(one.status for one in evacuations if one.status == "done")
    for found in records.by_instance(evacuations).values():
        left.update(one.status for one in records.at_work(found, off))
    if left:
        told = ", ".join(f"{count} {status}" for status, count in sorted(left.items()))
        return Await(
            service.host,
            f"waits for Nova to complete its evacuation records ({told}); if that lasts, restart "
            "nova-compute there: systemctl restart nova-compute",
        )
    return Undo(service, _unforce(service, mine), "un-forced")


def _unforce(service: ComputeService, mine: Ours) -> ServiceChange:
    """With what is still ours then, in one PUT. Where the mark is not there any more, nothing is touched
    of what others wrote in its place."""
    if ours(service) is None:
        return ServiceChange(forced_down=False)
    return replace(_remark(mine), forced_down=False)


def _remark(mine: Ours) -> ServiceChange:
    """As one that is not forced down by us: whoever forces it down from now on is not us."""
    left = format_reason(replace(mine, forced_down=False)) if mine.disabled else mine.before
    return ServiceChange(enabled=False, reason=left or "disabled")
