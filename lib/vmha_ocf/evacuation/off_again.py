"""Instances that were off before their evacuation, and that an earlier worker has had moved.

Nova brings back active what was in error, as after a failed attempt, and what was just being stopped.
The worker that asked for it stops it then; where that one has died meanwhile, only the trace knows what
was off. So the next one looks at it where it is now: what is off there is as it was, and what runs is
stopped, once.
"""

from __future__ import annotations

from collections.abc import Collection

from vmha_ocf.cloud.records import Found
from vmha_ocf.evacuation.memory import Memory
from vmha_ocf.model import InstanceId
from vmha_ocf.ports import Ports
from vmha_ocf.service import damage
from vmha_ocf.service.take_down import TakeDown


def look(
    memory: Memory,
    down: TakeDown,
    found: Found,
    listed: Collection[InstanceId],
    ports: Ports,
) -> Memory:
    """After the records were read. Raises NovaUnavailable, NovaDenied, FlagsUnavailable, FlagNotWritten."""
    down.note_off_again(memory.off_again)
    if down.trace is None or not memory.inherited:
        return memory
    known = {*memory.was_off, *memory.off_again}
    moved = damage.stopped_elsewhere(down.trace, found, {*listed, *known})
    for dest in sorted(set(moved.values())):
        there = {one.id: one for one in ports.nova.instances_on(dest)}
        for instance in sorted(one for one, its in moved.items() if its == dest):
            memory = memory.found_elsewhere(instance, there.get(instance))
    return memory
