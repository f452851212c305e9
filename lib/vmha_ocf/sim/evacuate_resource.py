"""NovaEvacuate as a resource: one worker on one controller, monitored, started again where it can run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vmha_ocf.agents import rounds
from vmha_ocf.agents.evacuator import Evacuator
from vmha_ocf.agents.nova_evacuate import longest_silence
from vmha_ocf.agents.round import Round
from vmha_ocf.model import NodeName
from vmha_ocf.options import WorkerOptions
from vmha_ocf.ports import WorkerPorts
from vmha_ocf.sim.controllers import Controllers
from vmha_ocf.sim.history import SimHistorian
from vmha_ocf.sim.pacemaker_parts import Parts
from vmha_ocf.sim.processes import End, Process, Processes
from vmha_ocf.sim.world import World

NAME = "NovaEvacuate"
_STOP = 18.0
"""Seconds after which the stop action kills what has not ended."""


class Bug(BaseException):
    """Not an Exception: the worker's loop does not survive it."""


@dataclass
class Told:
    """What the worker said last, as ``pcs status`` shows it, and when."""

    rounds: int = 0
    problems: Sequence[str] = ()
    last_beat: float = 0.0

    def beat(self, now: float, sentence: str, problems: Sequence[str]) -> None:
        del sentence
        self.rounds, self.problems, self.last_beat = self.rounds + 1, problems, now


@dataclass
class SimWaker:
    """Ends a pause early. One for each worker."""

    processes: Processes
    stopping: bool = False
    process: Process | None = None

    def wait(self, seconds: float) -> bool:
        return self.stopping or self.processes.sleep(seconds, lightly=True) or self.stopping

    def wake(self) -> None:
        if self.process:
            self.processes.wake(self.process)

    def stop(self) -> None:
        self.stopping = True
        self.wake()


@dataclass
class Reporting:
    """The worker's rounds, with a note of what they told about instances."""

    evacuator: Evacuator
    world: World

    def round(self) -> Round:
        """A bug ends the run here, where the worker itself would tell it and go on."""
        try:
            outcome = self.evacuator.round()
        except Exception as error:
            raise Bug from error
        self.world.reported.take(outcome.told)
        return outcome


@dataclass
class EvacuateResource:
    parts: Parts
    controllers: Callable[[], Controllers]
    options: WorkerOptions
    told: Told = field(default_factory=Told)
    looks: int = 0
    """Monitors so far: what happens to the worker between two of them, Pacemaker sees at the second."""
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
        waker = self._waker = SimWaker(self.parts.processes)
        self.parts.say(f"{NAME} starts on {controller}")
        self.parts.after(self.parts.timing.launch, lambda: self._launch(waker))

    def _launch(self, waker: SimWaker) -> None:
        if self._waker is not waker or self._home not in self.controllers().living:
            return
        home, self._launched = self._home, self.parts.world.now
        self.parts.world.pacemaker.evacuators = frozenset({NodeName(home)})
        waker.process = self.parts.processes.start(
            f"{home}/{NAME}", lambda: self._run(home, waker), self._ended
        )
        self._monitor_later(waker)

    def _run(self, home: str, waker: SimWaker) -> None:
        historian = self.parts.world.historian(f"{home}/{NAME}")
        try:
            self._work(home, waker, historian)
        finally:
            historian.kill()

    def _work(self, home: str, waker: SimWaker, historian: SimHistorian) -> None:
        ports = self._ports(home, historian)
        evacuator = Evacuator(ports, self.options.policy, home, domain=self.options.domain)
        rounds.run(
            Reporting(evacuator, self.parts.world),
            flags=ports.flags,
            clock=ports.clock,
            waker=waker,
            pulse=self.told,
            looked=historian.looked,
            say=ports.say,
        )

    def _ports(self, home: str, historian: SimHistorian) -> WorkerPorts:
        world, wrap = self.parts.world, self.parts.wrap
        return WorkerPorts(
            clock=wrap(world.clock(), f"{NAME}.clock"),
            flags=wrap(world.flags(wrap, NAME), f"{NAME}.flags"),
            holds=wrap(world.holds(), f"{NAME}.holds"),
            failures=wrap(world.failures(), f"{NAME}.failures"),
            cluster=wrap(world.cluster(), f"{NAME}.cluster"),
            nova=wrap(world.nova(), f"{NAME}.nova"),
            parallel=world.parallel,
            say=lambda what: world.say(f"{home}/{NAME}", what),
            tell=historian.tell,
        )

    def _ended(self, end: End) -> None:
        if isinstance(end.error, Bug) and end.error.__cause__:
            raise end.error.__cause__
        if end.error is not None and not end.killed:
            raise end.error

    def _monitor_later(self, waker: SimWaker) -> None:
        self.parts.after(self.parts.timing.monitor, lambda: self._monitor(waker))

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
