"""The cluster of these agents, simulated: every port in virtual time, on one world.

    world = World.with_hosts("compute-1", "compute-2")
    instance = world.boot("compute-1", tags=frozenset({"automatic-recovery"}))
    world.fence("compute-1")                       # off, flagged, known to Pacemaker
    world.fault("nova.evacuate", "lost-answer", times=1)
    worker = Worker(world.worker_ports(), ...)     # or world.nova(), world.flags(), ...
    world.run(60)                                  # evacuations, heartbeats, boots meanwhile
    assert check(world) == []                      # the promises, from what really happened

Above the world, ``run.py`` plays a whole scenario: Pacemaker's initiative (``resource_manager.py`` and
what it puts together), the agents as processes in virtual time, and what happens to them as data
(``scenario.py``).

What went on is ``world.log``, a line each; what really runs where is ``world.runs_on(instance)``.
The names of the faults are in ``sim/base/faults.py``, how long things take in ``sim/base/timing.py``.
"""

from __future__ import annotations

from vmha_ocf.sim.base.faults import UnknownFault
from vmha_ocf.sim.base.timing import Timing
from vmha_ocf.sim.world import World

__all__ = ["Timing", "UnknownFault", "World"]
