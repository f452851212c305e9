"""An instance that was on its way to another host when its own died. Pure.

A live migration or a resize off a dead host stays as it is in Nova until that host's nova-compute
starts, and Nova accepts an evacuation meanwhile: a guest that had switched over would run twice, on one
disk. So it is left to a person, unless it is certain that its destination does not run it:

- the destination has been off, too, since the source was: what it ran is gone;
- the live migration is ``queued`` or ``preparing``. nova-compute of the source, which alone goes on with
  it, writes ``running`` before it lets the hypervisor send anything, and it is dead;
- whoever watches the guests of its destination says so, asked since: without its source, nothing can come
  there any more. That is no word on a disk: one that is being resized may have lost its own on the way,
  and is evacuated only where it is a volume, or where nothing had been sent.

Nor is Nova's own word that a live migration has failed: where nova-compute of the source lost its libvirt
in the middle, the guest went on to the destination, and Nova has the instance in error on the source
(measured on Nova 34). So the last one of an instance in error counts as one that is under way, until
something else has been done with the instance: it was evacuated, or a person gave it another state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from vmha_ocf.cloud import records, task_states
from vmha_ocf.cloud.records import Off
from vmha_ocf.model import Evacuation, Instance, InstanceId, Move, NovaHost

Words = Mapping[NovaHost, Mapping[InstanceId, bool]]
"""Whether an instance runs on a host, by the word of who watches its guests, asked since it was looked for
there."""
LIVE = "live-migration"
_FAILED = frozenset({"error", "failed"})
_OVER = frozenset({"completed", "confirmed", "reverted", "done", "error", "failed", "cancelled"})
_NOTHING_SENT = frozenset({"queued", "preparing"})


def elsewhere(
    instance: Instance, moves: Sequence[Move] | None, off: Off, since: float, words: Words
) -> str | None:
    """Where it may run beside its dead host; "" is nobody knows where, None is certainly nowhere.

    ``moves`` are Nova's records, newest first, None if they could not be looked up; ``since`` is when
    its host was proved to be off, in seconds since the epoch, 0 if nobody told.
    """
    under_way = list(_under_way(moves, instance))
    doubtful = [
        one
        for one in under_way
        if not _runs_nowhere(one, instance, off, since) and not _is_not_there(one, instance, words)
    ]
    if under_way and not doubtful:
        return None
    return next(_destinations(doubtful, instance), "")


def to_ask(
    instance: Instance, moves: Sequence[Move] | None, off: Off, since: float
) -> Collection[NovaHost]:
    """Hosts that may know that it does not run there, whatever they have said before."""
    doubtful = (
        one
        for one in _under_way(moves, instance)
        if _may_be_settled(one, instance) and not _runs_nowhere(one, instance, off, since)
    )
    return frozenset(_destinations(doubtful, instance))


def is_over(move: Move) -> bool:
    """By Nova's word."""
    return move.status in _OVER


def is_doubtful(
    instance: Instance, moves: Sequence[Move] | None, evacuations: Sequence[Evacuation]
) -> bool:
    """It may be elsewhere, as far as Nova's records tell; both are newest first."""
    if task_states.is_moving(instance):
        return True
    failed = _failed(moves, instance)
    return failed is not None and (not evacuations or evacuations[0].id < failed.id)


def may_have_failed(instance: Instance) -> bool:
    """Its records tell whether a live migration has left it in error. What its owner has asked of it since,
    to stop it for example, waits for its host, and says nothing of where it runs."""
    return instance.vm_state == "error" and not task_states.is_moving(instance)


def why(instance: Instance, where: str, words: Words) -> str:
    """For a person: how to look, and what makes us evacuate it."""
    there = where or "its destination"
    if not task_states.is_moving(instance):
        return _why_failed(instance, there, words)
    if words.get(NovaHost(where), {}).get(instance.id):
        return (
            f"it was {instance.task_state} when its host died, and runs on {there}, which Nova does not "
            f"know; to have it where Nova knows it, end it there: virsh shutdown {instance.id}"
        )
    return (
        f"it was {instance.task_state} when its host died, and may run on {there}: "
        f"openstack server migration list --server {instance.id} shows more; if it does not run "
        f"there: openstack server set --state error {instance.id}"
    )


def _why_failed(instance: Instance, there: str, words: Words) -> str:
    if words.get(NovaHost(there), {}).get(instance.id):
        return (
            f"its live migration has failed by Nova's word, and it runs on {there}; to have it where Nova "
            f"knows it, end it there: virsh destroy {instance.id}"
        )
    return (
        f"its live migration has failed by Nova's word, and it may run on {there}: look there "
        f"(virsh list --uuid); if it does not: openstack server set --state active {instance.id}"
    )


def _under_way(moves: Sequence[Move] | None, instance: Instance) -> Iterator[Move]:
    failed = _failed(moves, instance)
    return (one for one in moves or () if one.status not in _OVER or one is failed)


def _failed(moves: Sequence[Move] | None, instance: Instance) -> Move | None:
    """The live migration that has left it in error."""
    newest = next(iter(moves or ()), None)
    if newest is None or not may_have_failed(instance):
        return None
    live = newest.kind == LIVE and newest.status in _FAILED and newest.source == instance.host
    return newest if live else None


def _destinations(moves: Iterable[Move], instance: Instance) -> Iterator[NovaHost]:
    return (one.dest for one in moves if one.dest and one.dest != instance.host)


def _may_be_settled(move: Move, instance: Instance) -> bool:
    """By the word of its destination."""
    if move.source != instance.host:
        return False
    return move.kind == LIVE or instance.image is None or task_states.is_only_prepared(instance)


def _is_not_there(move: Move, instance: Instance, words: Words) -> bool:
    if move.dest is None or not _may_be_settled(move, instance):
        return False
    return words.get(move.dest, {}).get(instance.id) is False


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
