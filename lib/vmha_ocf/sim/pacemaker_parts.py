"""What the parts of the simulated Pacemaker share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from vmha_ocf.sim.pacemaker_timing import PacemakerTiming
from vmha_ocf.sim.processes import Processes
from vmha_ocf.sim.world import World

P = TypeVar("P")


class Wrap(Protocol):
    """Stands between an agent and one of its ports; ``Tripwire.wrap`` is one.

    Names are ``NovaEvacuate.nova``, ``fence_compute.bmc``, ``NovaCompute.units`` and so on."""

    def __call__(self, port: P, name: str, /) -> P: ...


def unwrapped(port: P, _name: str) -> P:
    """Nothing between."""
    return port


@dataclass(frozen=True)
class Parts:
    world: World
    processes: Processes
    timing: PacemakerTiming
    wrap: Wrap = unwrapped

    def after(self, delay: float, act: Callable[[], None]) -> None:
        self.world.core.timeline.after(delay, act)

    def say(self, what: str) -> None:
        self.world.say("pacemaker", what)
