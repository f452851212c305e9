"""Workers that a person starts on a controller beside Pacemaker's: ``debug-start``, a copied command.

Pacemaker does not know of them: nobody monitors them, starts them again, or shows what they tell. They end
by hand, or with their controller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vmha_ocf.sim.pacemaker.parts import Parts
from vmha_ocf.sim.pacemaker.worker import SimWaker, Told, Worker, new_waker
from vmha_ocf.worker.options import WorkerOptions

NAME = "debug-start"


@dataclass
class WorkersByHand:
    parts: Parts
    options: WorkerOptions
    is_pacemakers: Callable[[str], bool]
    """Whether its own worker runs on a controller: a second one sees that, and ends."""
    _running: dict[str, SimWaker] = field(default_factory=dict)

    def start(self, controller: str) -> None:
        """A second one on the same controller sees that one runs there."""
        if self._runs(controller) or self.is_pacemakers(controller):
            self._say(controller, "a worker runs here already")
            return
        waker = self._running[controller] = new_waker(self.parts)
        worker = Worker(self.parts, self.options, controller, waker, Told(), NAME)
        self._say(controller, "somebody starts a worker by hand")
        waker.process = self.parts.processes.start(
            f"{controller}/{NAME}", worker.run, worker.ended
        )

    def stop(self, controller: str) -> None:
        if self._runs(controller):
            self._say(controller, "somebody stops that worker")
            self._running[controller].stop()

    def taken_over(self, controller: str) -> None:
        """Pacemaker starts its own there, finds one that runs, and that is its own from then on."""
        if self._runs(controller):
            self._say(controller, "that worker is Pacemaker's from now on")
            self.controller_died(controller)

    def controller_died(self, controller: str) -> None:
        waker = self._running.pop(controller, None)
        if waker is not None and waker.process is not None:
            self.parts.processes.kill(waker.process)

    def _runs(self, controller: str) -> bool:
        waker = self._running.get(controller)
        return waker is not None and waker.process is not None and waker.process.alive

    def _say(self, controller: str, what: str) -> None:
        self.parts.world.say(f"{controller}/{NAME}", what)
