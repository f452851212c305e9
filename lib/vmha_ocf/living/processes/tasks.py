"""What a nova-compute may be in the middle of that a restart would cut short. Pure.

It is missed by Nova, and what it has begun may go on all the same: a live migration does so in libvirt, and
ends in an error if nova-compute is restarted; a build or an image is lost. What is stopped, started or
rebooted is done by the new process, and is no reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmha_ocf.model import Instance, Move

_BEGINNINGS = ("resize", "image_", "rebuild", "shelving", "unshelving")
_TASKS = frozenset({"migrating", "networking", "block_device_mapping", "scheduling", "spawning"})
_OVER = frozenset(
    {"completed", "confirmed", "reverted", "finished", "done", "error", "failed", "cancelled"}
)


def under_way(instances: Iterable[Instance], moves: Iterable[Move]) -> Iterator[str]:
    """Each in words."""
    for one in instances:
        task = one.task_state or ""
        if one.vm_state == "building" or task in _TASKS or task.startswith(_BEGINNINGS):
            yield f"{one.name or one.id} is {task or 'building'}"
    for move in moves:
        if move.status not in _OVER:
            yield f"the {move.kind} of {move.instance} is {move.status}"
