"""Compute hosts as they really are: power, the operating system, nova-compute, running guests.

What runs here is the truth that promises are checked against; Nova's database may say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from math import floor, inf
from uuid import NAMESPACE_DNS, uuid5

from vmha_ocf.living.guests.states import Shutoff, State
from vmha_ocf.model import InstanceId, NodeName, NovaHost, Power
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import ComputeEnded, HeartbeatsBegin, HostFailed
from vmha_ocf.sim.cluster.libvirt import Libvirt, Trouble


@dataclass
class Run:
    """A guest ran on a host from ``start`` to ``end``."""

    instance: InstanceId
    host: NovaHost
    start: float
    end: float = inf


@dataclass
class Compute:
    """The nova-compute process of one host and its heartbeats."""

    running: bool = True
    hangs: bool = False
    """Its process is there, and does nothing."""
    hung_at: float = 0.0
    """When it began to, if it does."""
    since: float = -86400.0
    """When it was started."""
    life: int = 0
    """Counts its lives: what a former one was doing is never finished."""
    beats_from: float | None = 0.0
    seen: float = 0.0
    """The last heartbeat before ``beats_from``."""
    inbox: list[Callable[[], None]] = field(default_factory=list)
    """Messages that wait in its queue until it starts."""

    def last_heartbeat(self, now: float, every: float) -> float:
        if self.beats_from is None or now < self.beats_from:
            return self.seen
        return self.beats_from + floor((now - self.beats_from) / every) * every


@dataclass
class Host:
    node: NodeName
    name: NovaHost
    core: Core
    capacity: int = 1000
    """Instances that fit."""
    power: Power = Power.ON
    booted: bool = True
    power_ons: int = 0
    booted_at: float = 0.0
    """When the boot that it is in began."""
    bmc_starts: int = 0
    """Sessions of a life before are lost."""
    isolated: bool = False
    """Its network is gone. Guests run on, and nobody hears of it."""
    starts_compute: bool = False
    """nova-compute is started at boot, behind Pacemaker's back."""
    resumes_guests: bool = False
    """Nova's resume_guests_state_on_host_boot."""
    cell: str = ""
    """Nova moves nobody from one cell to another."""
    compute: Compute = field(default_factory=Compute)
    guests: dict[InstanceId, Run | None] = field(default_factory=dict)
    """The guests defined here; those that run have a Run."""
    runs: list[Run] = field(default_factory=list)
    libvirt: Libvirt = field(default_factory=Libvirt)
    on_off: Callable[[], None] = lambda: None
    _off_then: frozenset[InstanceId] = frozenset()
    """Who was off when libvirt went away."""

    @property
    def boot_id(self) -> str:
        """As the kernel spells it."""
        return _boot_id(f"{self.node}.{self.power_ons}")

    @property
    def reachable(self) -> bool:
        return self.power is Power.ON and self.booted and not self.isolated

    @property
    def listening(self) -> bool:
        """nova-compute runs and takes messages."""
        return self.compute.running and not self.compute.hangs and self.reachable

    def send(self, message: Callable[[], None]) -> None:
        """To its nova-compute. What a dead one is sent waits in its queue."""

        def deliver() -> None:
            if self.listening:
                message()
            else:
                self.compute.inbox.append(message)

        self.core.timeline.after(self.core.timing.cast, deliver)

    def define(self, instance: InstanceId) -> None:
        self.guests.setdefault(instance, None)

    def run(self, instance: InstanceId) -> None:
        if self.guests.get(instance) is None:
            run = Run(instance, self.name, self.core.now)
            self.guests[instance] = run
            self.runs.append(run)
            self.libvirt.start(instance)

    def halt(self, instance: InstanceId, why: Shutoff = Shutoff.DESTROYED) -> None:
        run = self.guests.get(instance)
        if run is not None:
            run.end = self.core.now
            self.guests[instance] = None
            self.libvirt.set(instance, State.SHUTOFF, why)

    def destroy(self, instance: InstanceId) -> None:
        self.halt(instance)
        if instance in self.guests:
            del self.guests[instance]
            self.libvirt.undefine(instance)

    def runs_guest(self, instance: InstanceId) -> bool:
        return self.guests.get(instance) is not None

    def running(self) -> Iterator[InstanceId]:
        return (instance for instance, run in self.guests.items() if run is not None)

    def lose_libvirt(self, trouble: Trouble) -> None:
        self._off_then = frozenset(self.guests) - frozenset(self.running())
        self.libvirt.lose(trouble)

    def bring_libvirt_back(self) -> None:
        self.libvirt.come_back(one for one in self._off_then if not self.runs_guest(one))

    def power_off(self) -> None:
        """Everything here ends now; guests stay defined on their disks."""
        if self.power is Power.OFF:
            return
        self.power = Power.OFF
        self.booted = False
        for instance in list(self.guests):
            self.halt(instance)
        self.libvirt.forget_all()
        self.end_compute()
        self.core.journal.note(HostFailed(self.core.now, self.name, "power is off"))
        self.core.journal.say(self.node, "power is off")
        self.on_off()

    def end_compute(self) -> None:
        if self.compute.running:
            self.core.journal.note(ComputeEnded(self.core.now, self.name))
        self._hush()
        self.compute.running = self.compute.hangs = False
        self.compute.life += 1

    def begin_compute(self) -> None:
        self.compute.running, self.compute.since = True, self.core.now
        self.compute.life += 1
        if not self.isolated:
            self._beat_from(self.core.now + self.core.timing.first_heartbeat)

    def hang_compute(self) -> None:
        """Its process is there, and does nothing any more."""
        if self.compute.running:
            self._hush()
            self.compute.hangs, self.compute.hung_at = True, self.core.now
            self.core.journal.say(self.node, "nova-compute hangs")

    @property
    def process(self) -> str:
        """nova-compute's, as NovaCompute's monitor names it."""
        return f"{self.boot_id}.{self.compute.life}.0"

    def isolate(self) -> None:
        self._hush()
        self.isolated = True
        self.core.journal.note(HostFailed(self.core.now, self.name, "network is gone"))
        self.core.journal.say(self.node, "network is gone; its guests run on")

    def rejoin(self) -> None:
        self.isolated = False
        if self.compute.running and not self.compute.hangs:
            self._beat_from(self.core.now)
        self.core.journal.say(self.node, "network is back")

    def last_heartbeat(self) -> float:
        return self.compute.last_heartbeat(self.core.now, self.core.timing.heartbeat)

    def _beat_from(self, first: float) -> None:
        self.compute.beats_from = first
        self.core.journal.note(HeartbeatsBegin(self.core.now, self.name, first))

    def _hush(self) -> None:
        self.compute.seen = self.last_heartbeat()
        self.compute.beats_from = None


@cache
def _boot_id(of: str) -> str:
    """The same ones in each world, and asked for in each look."""
    return str(uuid5(NAMESPACE_DNS, of))
