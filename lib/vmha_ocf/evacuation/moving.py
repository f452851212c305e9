"""An instance that was on its way to another host when its own died. Pure.

A live migration or a resize off a dead host stays as it is in Nova until that host's nova-compute
starts, and Nova accepts an evacuation meanwhile: a guest that had switched over would run twice, on one
disk. So it is left to a person, unless it is certain that its destination does not run it:

- the destination has been off, too, since the source was: what it ran is gone;
- the live migration is ``queued`` or ``preparing``. nova-compute of the source, which alone goes on with
  it, writes ``running`` before it lets the hypervisor send anything, and it is dead.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.cloud import records
from vmha_ocf.cloud.records import Off
from vmha_ocf.model import Instance, Move

LIVE = "live-migration"
_OVER = frozenset({"completed", "confirmed", "reverted", "done", "error", "failed", "cancelled"})
_NOTHING_SENT = frozenset({"queued", "preparing"})


def elsewhere(
    instance: Instance, moves: Sequence[Move] | None, off: Off, since: float
) -> str | None:
    """Where it may run beside its dead host; "" is nobody knows where, None is certainly nowhere.

    ``moves`` are Nova's records, newest first, None if they could not be looked up; ``since`` is when
    its host was proved to be off, in seconds since the epoch, 0 if nobody told.
    """
    under_way = [one for one in moves or () if one.status not in _OVER]
    doubtful = [one for one in under_way if not _runs_nowhere(one, instance, off, since)]
    if under_way and not doubtful:
        return None
    return next((one.dest for one in doubtful if one.dest and one.dest != instance.host), "")


def is_over(move: Move) -> bool:
    """By Nova's word."""
    return move.status in _OVER


def why(instance: Instance, where: str) -> str:
    """For a person: how to look, and what makes us evacuate it."""
    there = where or "its destination"
    return (
        f"it was {instance.task_state} when its host died, and may run on {there}: "
        f"openstack server migration list --server {instance.id} shows more; if it does not run "
        f"there: openstack server set --state error {instance.id}"
    )


def _runs_nowhere(move: Move, instance: Instance, off: Off, since: float) -> bool:
    if move.source != instance.host:
        return False
    if move.kind == LIVE and move.status in _NOTHING_SENT:
        return True
    if move.dest is None or move.dest == instance.host or move.dest not in off:
        return False
    until = off[move.dest]
    if until == records.STILL:
        return True
    last = records.seconds(move.updated_at or move.created_at)
    return since > 0.0 and last is not None and max(since, last) <= until
