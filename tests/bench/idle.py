"""What the worker costs a controller while nothing happens: a share of a core, with Pacemaker's tools.

A real Pacemaker of one node, and a Nova in this process that costs nothing. Twice in one run: where changes
in Pacemaker wake it, and where nothing does.
"""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.figure import Figure
from tests.contract.one_node import OneNode, missing
from vmha_ocf.agent.settings import Settings
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.pacemaker.locked_traces import LockedTraces
from vmha_ocf.backends.pacemaker.subscriber import COMMAND, Subscriber
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.threads import Threads
from vmha_ocf.backends.process.waker import Waker
from vmha_ocf.cluster.failure_store import FailureStore
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.hold_store import HoldStore
from vmha_ocf.cluster.note_store import NoteStore
from vmha_ocf.service.traces import TraceStore
from vmha_ocf.sim import World
from vmha_ocf.worker import rounds
from vmha_ocf.worker.ports import WorkerPorts
from vmha_ocf.worker.round import Evacuator

_SETTLES = 100.0
"""Seconds in which a new worker looks at all services often, to learn how often they report."""
_SECONDS = 60.0


@dataclass
class Switched:
    """The subscriber, and whether the worker believes in it."""

    subscriber: Subscriber
    believed: bool = False

    @property
    def works(self) -> bool:
        return self.believed and self.subscriber.works

    @property
    def changes(self) -> int:
        return self.subscriber.changes


class NoPulse:
    def beat(self, *_: object) -> None:
        """Nobody monitors it."""


def measure() -> Iterator[Figure]:
    if absent := missing():
        raise SystemExit(f"the idle worker cannot be measured: {absent}")
    with tempfile.TemporaryDirectory() as folder:
        node = OneNode.start(Path(folder))
        try:
            with node.with_evacuator(), _worker(node, f"{folder}/wake") as subscription:
                time.sleep(_SETTLES)
                polling = _share()
                subscription.believed = True
                time.sleep(rounds.SELDOM)
                woken, works = _share(), subscription.works
        finally:
            node.stop()
    assert works, "crm_mon tells nothing here"
    told = f"over {_SECONDS:.0f} s, with its children; {polling:.2f} % where nothing wakes it"
    yield Figure("worker, idle: CPU", woken, 0.3, "%", told)
    yield Figure("worker, idle: CPU against polling", woken / polling, 0.5, "x", "in the same run")


@contextmanager
def _worker(node: OneNode, wake: str) -> Iterator[Switched]:
    waker = Waker(wake)
    inside = ["nsenter", f"--target={node.init}", "-m", "-u", "-i", "-n", "-p", "--"]
    command = [*inside, "setpriv", "--pdeathsig=TERM", "--", *COMMAND]
    subscription = Switched(Subscriber(waker.poke, print, command))
    ports = _ports(node)
    thread = threading.Thread(
        target=lambda: rounds.run(
            Evacuator(ports, Settings(), "ctl1"),
            clock=ports.clock,
            waker=waker,
            pulse=NoPulse(),
            say=ports.say,
            looked=lambda _: None,
            subscription=subscription,
        )
    )
    subscription.subscriber.start()
    thread.start()
    yield subscription
    waker.stopping = True
    waker.poke()
    thread.join()
    subscription.subscriber.stop()


def _ports(node: OneNode) -> WorkerPorts:
    clock, threads, world = SystemClock(), Threads(8), World.with_hosts("compute-1", "compute-2")
    attrd, cib = Attrd(node.run), Cib(node.run)
    return replace(
        world.worker_ports(),
        clock=clock,
        flags=FlagStore(attrd, cib, clock),
        holds=HoldStore(attrd, cib, clock),
        failures=FailureStore(cib, clock, parallel=threads),
        traces=LockedTraces(TraceStore(attrd, cib, clock)),
        notes=NoteStore(attrd, cib, clock),
        cluster=PacemakerCluster(cib, node.run),
        parallel=threads,
        say=print,
    )


def _share() -> float:
    """Per cent of a core."""
    before, began = _cpu(), time.monotonic()
    time.sleep(_SECONDS)
    return (_cpu() - before) / (time.monotonic() - began) * 100


def _cpu() -> float:
    """Seconds of this process and of the children that it has waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)
