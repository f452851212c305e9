"""NovaEvacuate as a resource: one worker on one controller, monitored, started again where it can run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.processes import Process
from vmha_ocf.sim.pacemaker.controllers import Controllers
from vmha_ocf.sim.pacemaker.parts import Parts
from vmha_ocf.sim.pacemaker.worker import NAME, SimWaker, Told, Worker, new_waker
from vmha_ocf.worker.options import WorkerOptions
from vmha_ocf.worker.parameters import longest_silence

_STOP = 18.0
"""Seconds after which the stop action kills what has not ended."""
_TOLD = 0.02
"""Seconds from a change in the CIB until a crm_mon that is subscribed has told of it."""


@dataclass
class EvacuateResource:
    parts: Parts
    controllers: Callable[[], Controllers]
    options: WorkerOptions
    told: Told = field(default_factory=Told)
    looks: int = 0
    """Monitors so far: what happens to the worker between two of them, Pacemaker sees at the second."""
    takes_over: Callable[[str], None] = lambda _: None
    """Told the controller on which it is started."""
    _home: str = ""
    """The controller that it runs on, as Pacemaker knows; "" is none."""
    _waker: SimWaker | None = None
    _launched: float = 0.0
    _stopping: Process | None = None

    def review(self) -> None:
        """Start it, if it runs nowhere and may run."""
        controllers = self.controllers()
        if self._stopping is not None and self._stopping.alive:
            self.parts.after(1.0, self.review)
        elif controllers.deciding and not self._home:
            self._start(controllers.living[0])

    def wake(self) -> None:
        """The alert of a fencing."""
        if self._waker:
            self._waker.wake()

    def changed(self) -> None:
        """Something in the CIB or its status section."""
        if self._waker and self.parts.world.settings.subscriber == "tells":
            self.parts.after(_TOLD, self._waker.told)

    def kill(self) -> None:
        """SIGKILL. The next monitor finds it."""
        if self._process:
            self.parts.world.say(f"{self._home}/{NAME}", "the worker is killed")
            self.parts.processes.kill(self._process)

    def stop(self) -> None:
        """No quorum: Pacemaker stops its resources. A worker that does not end is killed."""
        process = self._stopping = self._process
        if self._waker and process:
            self._waker.stop()
            self.parts.after(_STOP, lambda: self.parts.processes.kill(process))
        self._move("")

    def controller_died(self, name: str) -> None:
        """The worker is dead at once; where it runs next is decided when the controller is fenced."""
        if self._home == name and self._process:
            self.parts.processes.kill(self._process)

    def controller_gone(self, name: str) -> None:
        if self._home == name:
            self._move("")

    def _move(self, home: str) -> None:
        self._home, self._waker = home, None
        self.parts.world.pacemaker.evacuators = frozenset()

    @property
    def _process(self) -> Process | None:
        return self._waker.process if self._waker else None

    def _start(self, controller: str) -> None:
        self._move(controller)
        waker = self._waker = new_waker(self.parts)
        self.parts.say(f"{NAME} starts on {controller}")
        self.parts.after(self.parts.timing.launch, lambda: self._launch(waker))

    def _launch(self, waker: SimWaker) -> None:
        if self._waker is not waker or self._home not in self.controllers().living:
            return
        home, self._launched = self._home, self.parts.world.now
        self.parts.world.pacemaker.evacuators = frozenset({NodeName(home)})
        self.takes_over(home)
        worker = Worker(self.parts, self.options, home, waker, self.told)
        waker.process = self.parts.processes.start(f"{home}/{NAME}", worker.run, worker.ended)
        self._monitor_later(waker)

    def _monitor_later(self, waker: SimWaker) -> None:
        self.parts.after(self.parts.timing.monitor, lambda: self._monitor(waker))

    def runs_on(self, controller: str) -> bool:
        return self._home == controller and self.runs

    @property
    def runs(self) -> bool:
        """Truly, whatever Pacemaker knows."""
        return self._process is not None and self._process.alive

    def _monitor(self, waker: SimWaker) -> None:
        self.looks += 1
        if self._waker is not waker or self._home not in self.controllers().living:
            return
        trouble = self._trouble()
        if not trouble or not self.controllers().deciding:
            self._monitor_later(waker)
            return
        self.parts.say(f"{NAME} {trouble} on {self._home}")
        if self._process:
            self.parts.processes.kill(self._process)
        self._start(self._home)

    def _trouble(self) -> str:
        """What the monitor action finds wrong. A worker that hangs is stopped, at last with SIGKILL."""
        if self._process is None or not self._process.alive:
            return "does not run"
        silence = self.parts.world.now - max(self.told.last_beat, self._launched)
        return "hangs" if silence > longest_silence(self.options.request_timeout) else ""
