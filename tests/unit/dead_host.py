"""One dead host and what is on it: short ways to say the values that the pure modules judge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from vmha_ocf.agent.settings import Settings
from vmha_ocf.evacuation.memory import Memory
from vmha_ocf.evacuation.verdict import Situation
from vmha_ocf.model import (
    Epoch,
    Evacuation,
    Evidence,
    Flag,
    FlagState,
    Instance,
    InstanceId,
    Monotonic,
    NodeName,
    NovaHost,
)

HOST = NovaHost("compute-1")
NODE = NodeName("compute-1")
DEST = NovaHost("compute-2")
ONE = InstanceId("one")
TAGS = frozenset({"automatic-recovery"})
FENCED = Epoch(1_795_219_200.0)
"""When the host was proved to be off, in seconds since the epoch."""
FLAG = Flag(
    HOST,
    FlagState.CLAIMED,
    node=NODE,
    owner="ctl1",
    since=Epoch(FENCED + 1),
    evidence=Evidence("ctl1", FENCED, "BMC answered off"),
)


def text(after: float) -> str:
    """Nova's text of a time, in seconds after the fencing."""
    return datetime.fromtimestamp(FENCED + after, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def instance(one: str = ONE, **about: Any) -> Instance:
    return Instance(InstanceId(one), HOST, **{"name": one, "tags": TAGS, **about})


def record(status: str, id: int = 1, one: str = ONE, **about: Any) -> Evacuation:
    values = {"source": HOST, "dest": DEST, "created_at": text(5), "updated_at": text(6), **about}
    return Evacuation(id, InstanceId(one), status=status, **values)


def situation(memory: Memory | None = None, *, now: float = 1000.0, **about: Any) -> Situation:
    """Long enough after the fencing for everything to have settled, unless said otherwise."""
    usual = {"settings": Settings(settle=30.0), "off": {}, "since": FENCED, "moves": {ONE: ()}}
    values = {**usual, **about}
    return Situation(
        Monotonic(now),
        memory=memory or Memory(first_seen=Monotonic(0.0), watching=Monotonic(0.0)),
        **values,
    )
