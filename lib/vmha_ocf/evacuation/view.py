"""What one round knows of one flagged host. Values. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.cloud import poison, tagging
from vmha_ocf.cloud.policy.matching import NOBODY, Excluded
from vmha_ocf.cloud.records import Off
from vmha_ocf.evacuation.moving import Words
from vmha_ocf.model import (
    NEVER,
    Epoch,
    Evacuation,
    Flag,
    Instance,
    InstanceId,
    Move,
    ServerGroup,
)


@dataclass(frozen=True, slots=True)
class Reading:
    instances: Sequence[Instance]
    fresh: bool
    """They were listed for this reading."""
    evacuations: Sequence[Evacuation]
    images: tagging.ImageMarks
    anything_marked: bool | None
    moves: Mapping[InstanceId, Sequence[Move]] = field(default_factory=dict)
    """Of the instances that were on their way to another host, as far as they could be looked up."""
    suspects: poison.Past = field(default_factory=dict)
    excluded: Excluded = NOBODY
    """By the policy, as it is now."""

    @property
    def listed(self) -> Collection[InstanceId]:
        return {one.id for one in self.instances}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the round knows beside this host."""

    off: Off
    node_back: bool = False
    """The host has booted and waits at the gate."""
    destinations: bool = True
    """There is a host that could take an instance, or nobody knows."""
    groups: Sequence[ServerGroup] = ()
    rebooted: bool = False
    """It is back in another boot: what ran on it before does not any more."""
    words: Words = field(default_factory=dict)
    """What hosts have answered that were asked for instances on their way to them."""


@dataclass(frozen=True, slots=True)
class View:
    flag: Flag
    reading: Reading
    around: Surroundings
    began: Epoch = NEVER
    """When it was proved to be off first, where it was fenced again before its return."""
    alive: bool = False
    """nova-compute runs on it again."""
