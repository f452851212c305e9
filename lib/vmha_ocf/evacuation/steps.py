"""What a round can do for one host. Values. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vmha_ocf.model import Flag, Instance


@dataclass(frozen=True, slots=True)
class Evacuate:
    instance: Instance


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the instance's state to error, so that Nova evacuates it."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class Stop:
    """It was off before its evacuation, and Nova has started it."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing of ours is left on the host."""

    flag: Flag


Request = Evacuate | Reset | Stop


Step = Request | Finish
