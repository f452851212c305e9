"""The simulated cluster: all parts of it, and the views on it that the ports are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Unpack

from vmha_ocf.cloud.policy.everywhere import ATTRIBUTE, word_of
from vmha_ocf.cloud.policy.obeyed import NOT_YET, PLAYED
from vmha_ocf.cloud.policy.read import Understood, understand
from vmha_ocf.cluster import flag_texts
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.cluster.failure_store import FailureStore
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.hold_store import HoldStore
from vmha_ocf.cluster.note_store import NoteStore
from vmha_ocf.cluster.storm import Shown
from vmha_ocf.errors import NovaRefused
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.living.booting import site_start
from vmha_ocf.living.healing import switched_on
from vmha_ocf.model import (
    Flag,
    InstanceId,
    NodeName,
    NovaHost,
    ServerGroup,
    ServiceChange,
)
from vmha_ocf.ports import Parallel
from vmha_ocf.service.traces import TraceStore
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.faults import Fault, Faults, Limits
from vmha_ocf.sim.base.journal import Journal, Line, StormRelease
from vmha_ocf.sim.base.latency import NONE, Delays, Latency
from vmha_ocf.sim.base.reported import Reported
from vmha_ocf.sim.base.scenario import PacemakerSpec
from vmha_ocf.sim.base.timeline import EPOCH, Event, SimClock, Timeline
from vmha_ocf.sim.base.timing import Timing
from vmha_ocf.sim.base.tripwire import Wrap, unwrapped
from vmha_ocf.sim.cloud.boot import boot
from vmha_ocf.sim.cloud.compute import ComputeStarts
from vmha_ocf.sim.cloud.database import Booting, Database, Record, Server, Service
from vmha_ocf.sim.cloud.guest_failures import GuestFailures
from vmha_ocf.sim.cloud.moves import Moves
from vmha_ocf.sim.cloud.nova import SimNova
from vmha_ocf.sim.cloud.rebuild import Rebuilder
from vmha_ocf.sim.cloud.requests import InstanceRequests
from vmha_ocf.sim.cloud.services import OPERATOR, Services
from vmha_ocf.sim.cluster.attrd import SimAttrd
from vmha_ocf.sim.cluster.bmc import SimBmc
from vmha_ocf.sim.cluster.cib import SimCib
from vmha_ocf.sim.cluster.cluster import Pacemaker, SimCluster
from vmha_ocf.sim.cluster.configured import configured, inventory_of
from vmha_ocf.sim.cluster.flags import SimFlags, flag_at_once
from vmha_ocf.sim.cluster.history import SimHistorian, sim_history
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.cluster.power import PowerSupply
from vmha_ocf.sim.cluster.units import SimUnits
from vmha_ocf.worker.ports import WorkerPorts


class World:
    """Hosts are named by what Pacemaker or Nova calls them, whichever is at hand."""

    def __init__(
        self,
        *,
        timing: Timing | None = None,
        latency: Latency | None = None,
        controllers: Sequence[str] = ("ctl1", "ctl2", "ctl3"),
    ) -> None:
        timeline = Timeline()
        delays = Delays(latency or Latency(NONE))
        self.core = Core(timeline, Journal(timeline), Faults(), timing or Timing(), delays)
        self.hosts: dict[NovaHost, Host] = {}
        self.database = Database()
        self.attrd = SimAttrd(self.core)
        self.cib = SimCib(self.core)
        self.history = sim_history(self.core, self.cib)
        self.historian = partial(SimHistorian, self.core, self.history)
        self.pacemaker = Pacemaker(self.core, self.attrd, self.cib)
        for controller in controllers:
            self.pacemaker.add(NodeName(controller))
        self.rebuilder = Rebuilder(self.core, self.database, self.hosts)
        self.services = Services(self.core, self.database)
        nova = (self.core, self.database, self.hosts, self.rebuilder)
        self.moves = Moves(*nova)
        self.requests = InstanceRequests(*nova, self.moves)
        self.guests = GuestFailures(self.core, self.database, self.hosts)
        self._computes = ComputeStarts(*nova, self.requests)
        self._supply = PowerSupply(self.core, self.pacemaker, self._start_compute)
        self.reported = Reported(lambda: self.now)
        """Filled by whoever runs the worker."""
        self.parallel = self.core.parallel
        self.settings = PacemakerSpec(controllers=tuple(controllers))
        self.policies: dict[str, str] = {}
        """The texts of the policy's file, by controller; "" is all others."""
        self.compute_failures: dict[NodeName, int] = {}
        """How often NovaCompute has failed on each node, by Pacemaker's count."""
        self.maintenance = False
        self.has_long_been_there()
        self.measuring: Callable[[], Mapping[str, Collection[NodeName]]] = dict
        """Where each clone runs that measures a network or watches guests; set by whoever runs them."""
        self.evacuator: Mapping[str, str] = {}
        """NovaEvacuate's parameters, as Pacemaker has them."""

    @classmethod
    def with_hosts(cls, *names: str, timing: Timing | None = None) -> World:
        world = cls(timing=timing)
        for name in names:
            world.add_host(name)
        return world

    # The ports.

    def clock(self, controller: str | None = None) -> SimClock:
        return self.core.clock(controller)

    def flags(self, wrap: Wrap = unwrapped, who: str = "") -> SimFlags:
        """``wrap`` stands between ``who`` and each of the two records, too."""
        store = FlagStore(
            wrap(self.attrd, f"{who}.attrd"),
            wrap(self.cib, f"{who}.cib"),
            wrap(self.clock(), f"{who}.clock"),
        )
        return SimFlags(self.core, store, self.flag, self.instances_left)

    def holds(self) -> HoldStore:
        return HoldStore(self.attrd, self.cib, self.clock())

    def failures(self, parallel: Parallel | None = None) -> FailureStore:
        return FailureStore(self.cib, self.clock(), parallel=parallel or self.parallel)

    def traces(self, wrap: Wrap = unwrapped, who: str = "") -> TraceStore:
        return TraceStore(
            wrap(self.attrd, f"{who}.attrd"),
            wrap(self.cib, f"{who}.cib"),
            wrap(self.clock(), f"{who}.clock"),
        )

    def notes(self) -> NoteStore:
        return NoteStore(self.attrd, self.cib, self.clock())

    def cluster(self) -> SimCluster:
        return SimCluster(self.core, self.pacemaker, self.configuration)

    def inventory(self, path: str, _domain: str) -> Inventory:
        return inventory_of(list(self.hosts.values()), path)

    def configuration(self) -> Configuration:
        """Pacemaker's, without asking it."""
        removed, attributes = self.pacemaker.removed, self.cib.attributes()
        hosts = [host for host in self.hosts.values() if host.node not in removed]
        found = configured(self.settings, self.evacuator, hosts, attributes, self.measuring())
        mode = {"maintenance-mode": str(self.maintenance).lower()}
        failures = {("nova-compute", node): many for node, many in self.compute_failures.items()}
        return replace(found, properties={**found.properties, **mode}, failures=failures)

    def write_policy(self, text: str, controller: str = "") -> None:
        """On all controllers or on one; there, somebody runs ``vmha policy``."""
        if not controller:
            self.policies.clear()
        self.policies[controller] = text
        for one in [controller] if controller else self.settings.controllers:
            word = word_of(self.policy(one))
            if word:
                self.cib.put(NodeName(one), ATTRIBUTE, word)

    def has_long_been_there(self) -> None:
        """A worker was here before, and knew the clock as it is."""
        controller = NodeName(self.settings.controllers[0])
        clock = self.core.clock(controller)
        shown = Shown(clock.now(), clock.monotonic())
        text = site_start.format_alive(shown, controller)
        self.attrd.put(site_start.ALIVE, flag_texts.STORM_KEY, text)

    def has_long_had_its_policy(self) -> None:
        """What the worker noted as it was switched on."""
        controller = self.settings.controllers[0]
        classes = self.policy(controller).policy.classes
        if any(kind.startswith("guest.") for one in classes for kind in one.rows):
            long_ago = f"{EPOCH - 86400.0:.0f}"
            self.cib.put(NodeName(controller), switched_on.ATTRIBUTE, long_ago)

    def policy(self, controller: str) -> Understood:
        """As the file of that controller says."""
        text = self.policies.get(controller, self.policies.get("", ""))
        return _understood(text)

    def nova(self) -> SimNova:
        return SimNova(self.core, self.database, self.hosts, self.services, self.requests)

    def bmc(self, host: str, *, trusted: bool = True) -> SimBmc:
        return SimBmc(self.core, self.host(host), self._supply.switch_on, trusted=trusted)

    def units(self, host: str) -> SimUnits:
        start = partial(self._start_compute, by_us=True)
        return SimUnits(self.core, self.host(host), start, self._computes.stop)

    def worker_ports(self, who: str = "ctl1/NovaEvacuate") -> WorkerPorts:
        return WorkerPorts(
            clock=self.clock(),
            flags=self.flags(),
            holds=self.holds(),
            failures=self.failures(),
            traces=self.traces(),
            notes=self.notes(),
            cluster=self.cluster(),
            nova=self.nova(),
            parallel=self.parallel,
            read_inventory=self.inventory,
            read_policy=lambda: self.policy(who.partition("/")[0]),
            read_room=self.database.room,
            say=lambda what: self.say(who, what),
            tell=self.historian(who).tell,
        )

    # Time, faults, the log.

    @property
    def now(self) -> float:
        return self.core.now

    def at(self, time: float, event: Event) -> None:
        self.core.timeline.at(time, event)

    def run_until(self, time: float) -> None:
        self.core.timeline.run_until(time)

    def run(self, seconds: float) -> None:
        self.core.timeline.advance(seconds)

    def fault(self, where: str, what: str, **limits: Unpack[Limits]) -> Fault:
        if "host" in limits:
            limits["host"] = self._fault_host(where, limits["host"])
        return self.core.faults.add(Fault(where, what, **limits))

    def end_fault(self, where: str, what: str | None = None) -> None:
        self.core.faults.end(where, what)

    def say(self, who: str, what: str) -> None:
        self.core.journal.say(who, what)

    @property
    def log(self) -> list[Line]:
        return self.core.journal.lines

    # What there is.

    def add_host(self, node: str, *, nova: str = "", capacity: int = 1000) -> Host:
        host = Host(NodeName(node), NovaHost(nova or node), self.core, capacity)
        self.hosts[host.name] = host
        self.database.add_service(host)
        self._computes.add(host)
        self.pacemaker.add(host.node)
        return host

    def boot(self, host: str, **about: Unpack[Booting]) -> InstanceId:
        """An instance, and its guest where its state has one."""
        return boot(self.database, self.host(host), about)

    def group(self, policy: str, *members: InstanceId) -> None:
        number = len(self.database.groups) + 1
        self.database.groups.append(ServerGroup(f"group-{number}", policy, frozenset(members)))

    def host(self, name: str) -> Host:
        for host in self.hosts.values():
            if name in (host.node, host.name):
                return host
        raise KeyError(f"no host {name}")

    def instance(self, instance: InstanceId) -> Server:
        return self.database.servers[instance]

    def records(self, instance: InstanceId) -> list[Record]:
        return list(self.database.records_of(instance))

    def service(self, host: str) -> Service:
        return self.database.services[self.host(host).name]

    def runs_on(self, instance: InstanceId) -> list[NodeName]:
        """Where it really runs. Two names are the disaster that all of this is to prevent."""
        return [host.node for host in self.hosts.values() if host.runs_guest(instance)]

    def instances_left(self, host: NovaHost) -> tuple[InstanceId, ...]:
        return tuple(server.id for server in self.database.on(host))

    def flag(self, host: str) -> Flag | None:
        """The truth, without asking attrd or the CIB."""
        flags = flag_texts.merge(self.attrd.truth(flag_texts.ATTRIBUTE), self.cib.records())
        names = {host, *(it.name for it in self.hosts.values() if it.node == host)}
        return next((flag for name, flag in flags.items() if name in names), None)

    # What happens to it.

    def power_cut(self, host: str) -> None:
        it = self.host(host)
        it.power_off()
        self._supply.lose(it)

    def isolate(self, host: str) -> None:
        it = self.host(host)
        it.isolate()
        self._supply.lose(it)

    def rejoin(self, host: str) -> None:
        it = self.host(host)
        it.rejoin()
        self.pacemaker.connect(it)

    def fence(
        self, host: str, *, by: str = "ctl1", flag: bool = True, reboot: bool = False
    ) -> None:
        """What Pacemaker and fence_compute do. Without ``flag``: another device, a watchdog."""
        it = self.host(host)
        it.power_off()
        if flag:
            self._flag(it, by)
        self.pacemaker.fenced(it, by)
        self.pacemaker.disconnect(it.node)
        if reboot:
            self._supply.switch_on(it)

    def boot_host(self, host: str) -> None:
        self._supply.switch_on(self.host(host))

    def start_compute(self, host: str) -> None:
        """Behind the back of NovaCompute, if it has booted."""
        if self.host(host).booted:
            self._start_compute(self.host(host))

    def stop_cluster(self) -> None:
        self.pacemaker.stop()

    def start_cluster(self) -> None:
        self.pacemaker.start(self.hosts)

    def operator_changes(self, host: str, change: ServiceChange) -> None:
        service = self.database.services.get(self.host(host).name)
        if service is None:
            self.say("nova", f"an operator is refused: {host} has no such service")
            return
        try:
            self.services.change(service.id, change, OPERATOR)
        except NovaRefused as error:
            self.say("nova", f"an operator is refused: {error}")

    def release_storm(self) -> None:
        self.attrd.put(flag_texts.STORM_ATTRIBUTE, flag_texts.STORM_KEY, flag_texts.STORM_RELEASE)
        self.core.journal.note(StormRelease(self.now, released=True))
        self.say("operator", "evacuation is released although many hosts are down")

    def _flag(self, host: Host, by: str) -> None:
        flag_at_once(self.attrd, self.cib, host, by, self.instances_left(host.name))

    def _start_compute(self, host: Host, *, by_us: bool = False) -> None:
        flag = self.flag(host.name)
        self._computes.start(host, by_us=by_us, flagged=flag is not None and flag.pending)

    def _fault_host(self, where: str, host: str) -> str:
        """BMCs and units are a node's, Nova's faults a Nova host's."""
        if where == "clock":
            return host  # A controller's.
        found = self.host(host)
        return found.node if where.split(".")[0] in ("bmc", "units") else found.name


@cache
def _understood(text: str) -> Understood:
    """Read in each round, as the worker reads its file."""
    not_yet = {what: why for what, why in NOT_YET.items() if what not in PLAYED}
    return (
        replace(understand(text, not_yet), path="/etc/vmha/policy.toml") if text else Understood()
    )
