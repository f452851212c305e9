"""What the parts of the simulated Pacemaker share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf.sim.base.pacemaker_timing import PacemakerTiming
from vmha_ocf.sim.base.processes import Processes
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.world import World


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
