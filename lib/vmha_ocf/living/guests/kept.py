"""What a watcher remembers of this boot, as text: kept under /run, so that one that is started again
knows what ran before it. Pure.

After a boot nothing of it holds: the boot's id is its first word. Whoever reads nothing, or what is
broken, begins anew, and what is down by then is of the past.
"""

from __future__ import annotations

import re

from vmha_ocf.living.guests.down import Memory, Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId

LONGEST = 4_000_000
"""Characters that are read; an instance takes up to 90."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_END = 1e11
"""Seconds; what the attribute can tell."""
_RAN, _ANSWERED = "r", "a"
_NOTHING = Memory()


def format_memory(memory: Memory, boot: str) -> str:
    """A line for each instance: what was seen of it, and its trouble."""
    named = sorted(memory.ran | memory.answered | memory.troubles.keys())
    return "\n".join([boot, *(_line(uuid, memory) for uuid in named), ""])


def _line(uuid: InstanceId, memory: Memory) -> str:
    marks = _RAN * (uuid in memory.ran) + _ANSWERED * (uuid in memory.answered)
    words = [uuid, marks or "-"]
    if one := memory.troubles.get(uuid):
        words += [one.kind.value, f"{one.since:.3f}", str(int(one.seen)), str(one.reason)]
    return " ".join(words)


def parse_memory(text: str, boot: str) -> Memory:
    """What is of another boot, or not ours, is nothing."""
    first, *lines = text.split("\n")
    if not boot or first != boot or lines[-1:] != [""]:
        return _NOTHING
    try:
        read = [_parsed(line) for line in lines[:-1]]
    except ValueError:
        return _NOTHING
    return Memory(
        ran=frozenset(uuid for uuid, marks, _ in read if _RAN in marks),
        answered=frozenset(uuid for uuid, marks, _ in read if _ANSWERED in marks),
        troubles={uuid: trouble for uuid, _, trouble in read if trouble},
    )


def _parsed(line: str) -> tuple[InstanceId, str, Trouble | None]:
    """Raises ValueError."""
    uuid, marks, *words = line.split(" ")
    if not _UUID.fullmatch(uuid):
        raise ValueError(line)
    if not words:
        return InstanceId(uuid), marks, None
    kind, told, seen, reason = words
    since = float(told)
    if not 0 < since < _END:
        raise ValueError(line)
    trouble = Trouble(Kind(kind), Epoch(since), seen == "1", int(reason))
    return InstanceId(uuid), marks, trouble
