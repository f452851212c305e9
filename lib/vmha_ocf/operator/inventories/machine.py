"""What an inventory says of one machine, whatever its form. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Role:
    """One word about what a machine is for, and whose word it is."""

    source: str
    """``profile``, ``node capability``, ``group``, ``flavor``, ``resource class``, ``tag``, ``role``."""
    word: str

    def __str__(self) -> str:
        return f"{self.source} {self.word}"


@dataclass(frozen=True, slots=True)
class Machine:
    name: str
    """As the file calls it; "" if it has none."""
    where: str
    """For sentences: its name, or its place in the file."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of its section of fence_compute's inventory. They hold secrets."""
    node: str = ""
    """Pacemaker's name of it, where the file knows another one than ``name``."""
    host: str = ""
    """Nova's, likewise."""
    address: str = ""
    """Of its pacemaker_remote, likewise."""
    driver: str = ""
    """What switches it, by the file's own word; "" is IPMI."""
    undrivable: str = ""
    """Why an IPMI request would not reach its power, as a clause; "" if it would."""
    roles: Sequence[Role] = ()
    idle: str = ""
    """Ironic's word for the state of one that nothing is deployed on."""
    listed: bool = False
    """The file is of compute hosts alone, by its form: this is one."""
    said: bool = False
    """A person has named the ``host``: no pattern and no domain changes it."""


@dataclass(frozen=True, slots=True)
class Found:
    """All of a file."""

    machines: Sequence[Machine]
    notes: Sequence[str] = ()
    """What of the file was not looked at."""
