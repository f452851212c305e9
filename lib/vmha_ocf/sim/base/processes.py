"""Processes of the simulated cluster: agents' own code, several at once, in virtual time.

An agent sleeps, polls and waits as it does in life; here a sleep is a place where the others go on. Each
process is a strand (strand.py), of which exactly one runs at any moment: whose turn it is, is decided by
the timeline alone, so that the same scenario is the same run.

    process = processes.start("fence_compute", act, ended)    ``ended`` gets how it ended
    processes.kill(process)                                   SIGKILL: no code of it runs again
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vmha_ocf.sim.base.strand import Strand, strand
from vmha_ocf.sim.base.timeline import Timeline
from vmha_ocf.sim.base.tripwire import Died


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended. ``error`` is what it raised; ``Died`` is that it was killed."""

    answer: Any = None
    error: BaseException | None = None

    @property
    def killed(self) -> bool:
        return isinstance(self.error, Died)


@dataclass
class Process:
    name: str
    act: Callable[[], Any]
    ended: Callable[[End], None]
    parent: Process | None = None
    """Of a thread: the process that it is one of."""
    end: End | None = None
    doomed: bool = False
    strand: Strand | None = None
    """None before it has begun."""
    waits: object = None
    """The wake-up that it waits for; an older one does not count."""
    light: bool = False
    joins: Sequence[Process] = ()
    """The threads that it waits for."""
    woken: bool = False

    @property
    def alive(self) -> bool:
        return self.end is None and not self.doomed

    @property
    def root(self) -> Process:
        """The process, of its threads too: they die together."""
        return self if self.parent is None else self.parent.root


class Processes:
    """The timeline runs what is due; a process runs until it sleeps or ends."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._all: list[Process] = []
        self.current: Process | None = None

    def start(
        self,
        name: str,
        act: Callable[[], Any],
        ended: Callable[[End], None] = lambda _: None,
        parent: Process | None = None,
    ) -> Process:
        """It begins to run at once, as an event of its own."""
        process = Process(name, act, ended, parent)
        self._all.append(process)
        self._timeline.after(0.0, lambda: self._begin(process))
        return process

    def kill(self, process: Process) -> None:
        """At once, wherever it waits. From within itself: at its next wait."""
        if process.end is None and not process.doomed:
            process.doomed = True
            if process is not self.current:
                self._timeline.after(0.0, lambda: self._resume(process))
            for thread in [one for one in self._all if one.parent is process]:
                self.kill(thread)

    def sleep(self, seconds: float, *, lightly: bool = False) -> bool:
        """In the process that runs now. True: it slept lightly, and ``wake`` ended it early."""
        process = self.current
        assert process is not None
        if process.doomed:
            raise Died("killed")
        timeline = self._timeline
        until = timeline.now + seconds if seconds > 0.0 else timeline.now
        if timeline.pass_until(until):
            return False
        process.waits = token = object()
        process.light, process.woken = lightly, False
        timeline.at(until, lambda: self._resume(process, token))
        self._pause(process)
        if process.doomed:
            raise Died("killed")
        return process.woken

    def join(self, threads: Sequence[Process]) -> None:
        """In the process that runs now: until all these are over."""
        process = self.current
        assert process is not None
        while not process.doomed and any(one.end is None for one in threads):
            process.waits, process.light, process.joins = object(), False, threads
            self._pause(process)
        process.joins = ()
        if process.doomed:
            raise Died("killed")

    def wake(self, process: Process) -> None:
        """End its sleep now, if it is a light one."""
        if process.alive and process.waits is not None and process.light:
            process.woken = True
            process.waits = token = object()
            self._timeline.after(0.0, lambda: self._resume(process, token))

    def close(self) -> None:
        """The world is over: nothing of it may stay in this Python."""
        for process in list(self._all):
            process.doomed = True
            process.ended = lambda _: None
            self._resume(process)

    def _begin(self, process: Process) -> None:
        if process.doomed:
            self._over(process, End(error=Died("killed")))
            return
        process.strand = strand(lambda: self._run(process))
        self._give_turn(process, process.strand)

    def _resume(self, process: Process, token: object = None) -> None:
        late = token is not None and process.waits is not token
        if late or process.end is not None or process.waits is None or process.strand is None:
            return
        process.waits = None
        self._give_turn(process, process.strand)

    def _pause(self, process: Process) -> None:
        assert process.strand is not None
        process.strand.pause()

    def _give_turn(self, process: Process, strand: Strand) -> None:
        """Until it sleeps again or is over. Events run in the timeline's thread only."""
        self.current, self._timeline.sleeper = process, self.sleep
        strand.go_on()
        self.current, self._timeline.sleeper = None, None
        if process.end is not None:
            self._over(process, process.end)

    def _run(self, process: Process) -> None:
        try:
            process.end = End(answer=process.act())
        except BaseException as error:  # noqa: BLE001 - told to whoever started it
            process.end = End(error=error)

    def _over(self, process: Process, end: End) -> None:
        process.end = end
        with suppress(ValueError):
            self._all.remove(process)
        process.ended(end)
        parent = process.parent
        if parent is not None and parent.joins and all(one.end for one in parent.joins):
            self._timeline.after(0.0, lambda: self._resume(parent))
