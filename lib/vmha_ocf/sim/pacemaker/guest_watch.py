"""NovaInstances as a clone on the compute hosts: the product's own watcher, as a process of each host.

It runs on each that is there, also where nova-compute does not. The connection of each host is some
controller's: when that one dies, the connection moves, and all that was told under the node's name is gone,
without a word to whoever told it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from vmha_ocf.living.guests.contact import Limits
from vmha_ocf.living.guests.question import ANSWER
from vmha_ocf.living.guests.report import ATTRIBUTE
from vmha_ocf.living.guests.watcher import Options, Watcher
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Later
from vmha_ocf.proof import boots
from vmha_ocf.sim.base.parallel import Aside
from vmha_ocf.sim.base.processes import End, Process
from vmha_ocf.sim.base.timeline import SimClock
from vmha_ocf.sim.cluster.configured import WATCHER
from vmha_ocf.sim.cluster.guest_doors import (
    SimBoard,
    SimDoors,
    SimGuestMachine,
    SimHypervisor,
    SimNotebook,
)
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.pacemaker.controllers import Controllers
from vmha_ocf.sim.pacemaker.parts import Parts
from vmha_ocf.sim.pacemaker.worker import SimWaker

R = TypeVar("R")
NAME = "NovaInstances"
EVENT = 0.02
"""Seconds from what happens to a guest until libvirt's event is there."""
LEAST = 0.01
"""Seconds of a pause: less may be too little for a virtual clock to move."""
_OPTIONS = Options("qemu:///system", Limits())


@dataclass
class Waker(SimWaker):
    """A poke that comes while nobody waits is kept for the next pause."""

    poked: bool = False

    def wait(self, seconds: float) -> bool:
        woken = self.poked or super().wait(seconds)
        self.poked = False
        return woken

    def wake(self) -> None:
        self.poked = True
        super().wake()


@dataclass
class Child:
    """The clone's instance on one node."""

    host: Host
    home: str
    """The controller that holds the connection of the node."""
    notebook: SimNotebook = field(default_factory=SimNotebook)
    waker: Waker | None = None

    @property
    def process(self) -> Process | None:
        found = self.waker.process if self.waker else None
        return found if found is not None and found.alive else None


@dataclass
class GuestWatch:
    parts: Parts
    controllers: Callable[[], Controllers]
    children: dict[NodeName, Child] = field(default_factory=dict)

    def add(self, host: Host) -> None:
        """It runs there already."""
        every = self.controllers().living
        child = self.children[host.node] = Child(host, every[len(self.children) % len(every)])
        before = host.on_off

        def off() -> None:
            before()
            self.kill(host)
            child.waker = None

        host.on_off = off
        self._start(child)

    def running(self) -> Mapping[str, list[NodeName]]:
        """As Pacemaker has it, which is told by the next monitor of one that was killed."""
        online = self.parts.world.pacemaker.online
        there = [
            node for node, one in self.children.items() if one.host.reachable and online(node)
        ]
        return {WATCHER: there} if self.children else {}

    def monitor(self) -> None:
        """All of them; called again and again. One that does not run is stopped, which takes back what it
        has told, and is started again."""
        for child in self.children.values():
            if not self._may_act(child):
                continue
            if child.process is None:
                if child.waker is not None:
                    self.parts.say(f"{NAME} does not run on {child.host.node}")
                self._take_back(child)
                self._start(child)

    def kill(self, host: Host) -> None:
        """SIGKILL. The next monitor finds it."""
        child = self.children.get(host.node)
        if child is not None and child.process is not None:
            self.parts.processes.kill(child.process)

    def controller_gone(self, name: str) -> None:
        """Its connections move to one that lives, if one does."""
        living = self.controllers().living
        for child in self.children.values():
            if child.home == name and living:
                child.home = living[0]
                self.move(child.host)

    def move(self, host: Host) -> None:
        """The connection of the host is made anew from elsewhere."""
        world = self.parts.world
        if world.pacemaker.online(host.node) and host.reachable:
            self.parts.say(f"the connection of {host.node} moves")
            world.attrd.purge(host.node)
            world.attrd.put(boots.BOOTED, host.node, host.boot_id)

    def _may_act(self, child: Child) -> bool:
        online = self.parts.world.pacemaker.online(child.host.node)
        return self.controllers().deciding and online and child.host.reachable

    def _take_back(self, child: Child) -> None:
        for name in (ATTRIBUTE, ANSWER):
            self.parts.world.attrd.put(name, child.host.node, "")

    def _start(self, child: Child) -> None:
        child.waker = waker = Waker(self.parts.processes)
        host, timeline = child.host, self.parts.world.core.timeline
        host.libvirt.on_event = lambda: timeline.after(EVENT, waker.wake)
        watcher = Watcher(self._doors(child, waker), _OPTIONS)

        def run() -> None:
            while not waker.stopping:
                waker.wait(max(watcher.step(), LEAST))
            watcher.leave()

        waker.process = self.parts.processes.start(f"{host.node}/{NAME}", run, _ended)

    def _doors(self, child: Child, waker: Waker) -> SimDoors:
        world, host = self.parts.world, child.host
        asked = Aside(self.parts.processes)

        def aside(function: Callable[[], R]) -> Later[R]:
            def answer() -> R:
                try:
                    return function()
                finally:
                    self.parts.after(0.0, waker.wake)

            return asked(answer)

        return SimDoors(
            clock=SimClock(world.core.timeline),
            hypervisor=SimHypervisor(host),
            board=SimBoard(
                host,
                world.attrd,
                lambda: world.pacemaker.online(host.node),
                world.cib.truth,
            ),
            machine=SimGuestMachine(host),
            notebook=child.notebook,
            aside=aside,
            say=lambda what: world.say(f"{host.node}/{NAME}", what),
        )


def _ended(end: End) -> None:
    """A bug in it ends the run."""
    if end.error is not None and not end.killed:
        raise end.error
