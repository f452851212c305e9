"""What an event of a scenario is: what it does, in words and in code, and which keys it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.pacemaker.resource_manager import ResourceManager
from vmha_ocf.sim.world import World


@dataclass(frozen=True)
class Stage:
    world: World
    manager: ResourceManager


@dataclass(frozen=True)
class Kind:
    summary: str
    act: Callable[[Stage, EventSpec], None]
    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    """Keys that it takes beside those."""
    one_of: frozenset[str] = frozenset()
    """Keys of which at least one is given."""
