"""Instances that may be what kills their hosts. Pure.

Some guests take their hypervisor down, and each evacuation hands them the next one: a host a minute, each
of them a failure that looks like any other. Nova's records tell, over all restarts of ours: whoever was
evacuated from two hosts within the hour before its third one died is not evacuated again by us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vmha_ocf.cloud import records
from vmha_ocf.model import Evacuation, Instance, InstanceId

ENOUGH = 2
"""Hosts that died under an instance, before the one that is dead now."""

Past = Mapping[InstanceId, Sequence[Evacuation]]


def suspects(evacuations: Iterable[Evacuation], *, until: float, window: float) -> Past:
    """The instances that have left that many dead hosts, with the records that say so, oldest first.

    ``until`` is when the host that they are on now was proved to be off, in seconds since the epoch: what
    came later is its own evacuation. ``window`` is in seconds, 0 is never."""
    left: dict[InstanceId, list[Evacuation]] = {}
    for one in sorted(evacuations, key=lambda one: (one.created_at, one.id)):
        made = records.seconds(one.created_at)
        if one.status in records.MOVED and made is not None and until - window <= made < until:
            left.setdefault(one.instance, []).append(one)
    return {instance: found for instance, found in left.items() if len(found) >= ENOUGH}


def why(instance: Instance, past: Sequence[Evacuation], window: float) -> str:
    """For a person: which hosts, and how to bring it back all the same."""
    hosts = ", ".join(dict.fromkeys(one.source for one in past))
    return (
        f"it was on {len(past)} hosts that died within {window:.0f} s, {hosts}, and now on this one: not "
        f"evacuated again; if it is not what kills them: openstack server evacuate {instance.id}"
    )
