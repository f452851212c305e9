"""One worker of NovaEvacuate as a process, whoever started it: Pacemaker, or a person by hand."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from vmha_ocf.sim.base.parallel import Aside, Concurrent, Lock
from vmha_ocf.sim.base.processes import End, Process, Processes
from vmha_ocf.sim.cluster.history import SimHistorian
from vmha_ocf.sim.pacemaker.parts import Parts
from vmha_ocf.sim.world import World
from vmha_ocf.worker import rounds
from vmha_ocf.worker.options import WorkerOptions
from vmha_ocf.worker.pauses import Round
from vmha_ocf.worker.ports import WorkerPorts
from vmha_ocf.worker.round import Evacuator

NAME = "NovaEvacuate"


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
    """Ends a pause early, and is what the worker is subscribed by. One for each worker."""

    processes: Processes
    works: bool = False
    """It seems so."""
    changes: int = 0
    stopping: bool = False
    process: Process | None = None

    def wait(self, seconds: float) -> bool:
        return self.stopping or self.processes.sleep(seconds, lightly=True) or self.stopping

    def wake(self) -> None:
        if self.process:
            self.processes.wake(self.process)

    def told(self) -> None:
        self.changes += 1
        self.wake()

    def stop(self) -> None:
        self.stopping = True
        self.wake()


def new_waker(parts: Parts) -> SimWaker:
    return SimWaker(parts.processes, bool(parts.world.settings.subscriber))


@dataclass
class Reporting:
    """The worker's rounds, with a note of what they told about instances."""

    evacuator: Evacuator
    world: World
    heard: bool
    """Somebody sees what it tells."""

    def round(self) -> Round:
        """A bug ends the run here, where the worker itself would tell it and go on."""
        try:
            outcome = self.evacuator.round()
        except Exception as error:
            raise Bug from error
        if self.heard:
            self.world.reported.take(outcome.told)
        return outcome

    def poll(self) -> Hashable:
        return self.evacuator.poll()


@dataclass
class Worker:
    parts: Parts
    options: WorkerOptions
    home: str
    """Its controller."""
    waker: SimWaker
    told: Told
    name: str = NAME
    """What its calls and its lines are named by."""

    def run(self) -> None:
        historian = self.parts.world.historian(f"{self.home}/{self.name}")
        try:
            self._work(historian)
        finally:
            historian.kill()

    def _work(self, historian: SimHistorian) -> None:
        ports = self._ports(historian)
        evacuator = Evacuator(ports, self.options.settings, self.home, domain=self.options.domain)
        rounds.run(
            Reporting(evacuator, self.parts.world, self.name == NAME),
            clock=ports.clock,
            waker=self.waker,
            pulse=self.told,
            looked=historian.looked,
            say=ports.say,
            subscription=self.waker,
        )
        evacuator.leave()

    def _ports(self, historian: SimHistorian) -> WorkerPorts:
        world, wrap, name = self.parts.world, self.parts.wrap, self.name
        parallel = Concurrent(self.parts.processes)
        return WorkerPorts(
            clock=wrap(world.clock(self.home), f"{name}.clock"),
            flags=wrap(world.flags(wrap, name), f"{name}.flags"),
            holds=wrap(world.holds(), f"{name}.holds"),
            notes=wrap(world.notes(), f"{name}.notes"),
            failures=wrap(world.failures(parallel), f"{name}.failures"),
            traces=wrap(world.traces(wrap, name), f"{name}.traces"),
            cluster=wrap(world.cluster(), f"{name}.cluster"),
            nova=wrap(world.nova(), f"{name}.nova"),
            parallel=parallel,
            aside=Aside(self.parts.processes),
            lock=lambda: Lock(self.parts.processes),
            read_inventory=world.inventory,
            read_policy=lambda: world.policy(self.home),
            read_room=world.database.room,
            say=lambda what: world.say(f"{self.home}/{name}", what),
            tell=historian.tell,
            recall=historian.chronicle.recall,
        )

    def ended(self, end: End) -> None:
        """What a bug raised is raised again: a run that has one is no run."""
        if isinstance(end.error, Bug) and end.error.__cause__:
            raise end.error.__cause__
        if end.error is not None and not end.killed:
            raise end.error
