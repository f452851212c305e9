"""Pacemaker as these agents see it: it notices, fences, starts, monitors and stops, by itself.

The agents' own code runs here, each as a process in virtual time; what Pacemaker does with them is what
was seen of 2.1.5, and of 3.0.2 where a scenario says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.journal import FencingAsked
from vmha_ocf.sim.cluster.configured import Levels
from vmha_ocf.sim.cluster.hosts import Host
from vmha_ocf.sim.pacemaker.by_hand import WorkersByHand
from vmha_ocf.sim.pacemaker.compute_clone import ComputeClone
from vmha_ocf.sim.pacemaker.controllers import Controllers
from vmha_ocf.sim.pacemaker.evacuate_resource import EvacuateResource
from vmha_ocf.sim.pacemaker.fence_device import FenceDevices
from vmha_ocf.sim.pacemaker.fencing import Fencing
from vmha_ocf.sim.pacemaker.guest_watch import GuestWatch
from vmha_ocf.sim.pacemaker.measuring import Measuring
from vmha_ocf.sim.pacemaker.parts import Parts
from vmha_ocf.worker.options import WorkerOptions


@dataclass(frozen=True)
class Configuration:
    """What an administrator has told Pacemaker."""

    options: WorkerOptions
    """NovaEvacuate's."""
    controllers: tuple[str, ...] = ("ctl1", "ctl2", "ctl3")
    action: str = "reboot"
    """stonith-action."""
    levels: Levels = (("fence_compute",),)
    fence_options: Mapping[str, str] | None = None
    action_limit: int = -1
    alert: bool = True
    """pcs-examples/alert-wake is configured."""
    watches_guests: bool = False
    """NovaInstances is a clone on the compute hosts."""
    measures: Mapping[str, str] = field(default_factory=dict)
    """Clones that measure networks."""


class ResourceManager:
    def __init__(self, parts: Parts, configuration: Configuration) -> None:
        self._parts = parts
        world = parts.world
        self.controllers = Controllers(parts, configuration.controllers, self.review, self._died)

        def controllers() -> Controllers:
            return self.controllers

        self.evacuate = EvacuateResource(parts, controllers, configuration.options)
        self.by_hand = WorkersByHand(parts, configuration.options, self.evacuate.runs_on)
        self.evacuate.takes_over = self.by_hand.taken_over
        self.clone = ComputeClone(parts, controllers)
        self.guests = GuestWatch(parts, controllers)
        self._watches_guests = configuration.watches_guests
        self.measuring = Measuring(parts, configuration.measures)
        self.fencing = Fencing(
            parts,
            controllers,
            FenceDevices(parts, configuration.levels, configuration.fence_options or {}),
            action=configuration.action,
            limit=configuration.action_limit,
            alert=self.evacuate.wake if configuration.alert else lambda: None,
        )
        self._is_stopping = self._starts_again = False
        world.pacemaker.may_connect = self._may_connect
        world.pacemaker.on_lost = self._lost
        world.pacemaker.on_joined = self.clone.joined
        world.pacemaker.on_change = self.evacuate.changed
        world.cib.on_change = self._record_changed
        world.pacemaker.on_fence = self._fence

    def begin(self) -> None:
        """The cluster is up, and all is well."""
        for host in self._parts.world.hosts.values():
            self.clone.add(host)
            if self._watches_guests:
                self.guests.add(host)
        self.measuring.begin(lambda: self.controllers.deciding)
        self._parts.world.measuring = lambda: {**self.measuring.running(), **self.guests.running()}
        self.evacuate.review()
        self._monitor_later()

    def reboot(self, host: Host) -> None:
        """A person does, in peace."""
        self._parts.world.say("operator", f"reboots {host.node}")
        self.clone.leave(host)
        self._parts.world.pacemaker.shut_down(host)
        host.power_off()
        self._parts.after(
            self._parts.timing.decide, lambda: self._parts.world.boot_host(host.name)
        )

    def rejoin(self, host: Host) -> None:
        """Before it was missed: what was not to be done on it meanwhile is done now."""
        self._parts.world.rejoin(host.name)
        self.clone.review()

    def shut_down(self) -> None:
        """Every resource is stopped, then every controller: nobody is fenced."""
        self._parts.say("the cluster is shut down")
        self._is_stopping = True
        self.clone.stop()
        self.evacuate.stop()
        self.controllers.stop_all()
        self._is_stopping = False
        if self._starts_again:
            self.start_up()

    def start_up(self) -> None:
        """As systemd does, once what is being stopped has stopped."""
        self._starts_again = self._is_stopping
        if not self._is_stopping:
            self.controllers.start_all()

    def review(self) -> None:
        """Whoever decides now has just begun to: everything is looked at."""
        for name in sorted(self.controllers.gone):
            self.evacuate.controller_gone(name)
            self.guests.controller_gone(name)
        self.controllers.gone.difference_update(self.controllers.living)
        if not self.controllers.deciding:
            return
        self.evacuate.review()
        for host in self._parts.world.hosts.values():
            self._look_at(host)
        self.fencing.go_on()
        self.clone.review()

    def _look_at(self, host: Host) -> None:
        pacemaker = self._parts.world.pacemaker
        if pacemaker.online(host.node):
            return
        if not pacemaker.is_fenced(host.node) and host.node not in pacemaker.at_peace:
            self.fencing.request(host, "is unclean")
        pacemaker.connect(host)

    def _may_connect(self, host: Host) -> bool:
        pacemaker = self._parts.world.pacemaker
        fenced = pacemaker.is_fenced(host.node) or host.node in pacemaker.at_peace
        pending = self.fencing.is_pending(host.node)
        return self.controllers.deciding and fenced and not pending

    def _lost(self, host: Host) -> None:
        self.clone.lost(host)
        if self.controllers.deciding:
            self.fencing.request(host, "is lost")

    def _fence(self, node: NodeName) -> None:
        """A program of ours asks for it."""
        world = self._parts.world
        host = world.host(node)
        service = world.database.services[host.name]
        flags = {name: world.flag(name) for name in world.hosts}
        world.core.journal.note(
            FencingAsked(
                world.now,
                host.name,
                "" if service.enabled else service.reason,
                host.listening and service.up,
                tuple(one for one in world.database.servers if host.runs_guest(one)),
                tuple(name for name, flag in flags.items() if flag and flag.pending),
            )
        )
        self.fencing.request(host, "is to be fenced by NovaEvacuate")

    def _died(self, controller: str) -> None:
        self.evacuate.controller_died(controller)
        self.by_hand.controller_died(controller)
        self.fencing.abandon(controller)
        if not self.controllers.quorate:
            self.evacuate.stop()
            self.fencing.abandon()

    def _record_changed(self) -> None:
        self.evacuate.changed()
        self._parts.after(self._parts.timing.rule, self._apply_rule)

    def _apply_rule(self) -> None:
        if self.controllers.deciding:
            self.clone.review()

    def _monitor_later(self) -> None:
        self._parts.after(self._parts.timing.monitor, self._monitor)

    def _monitor(self) -> None:
        self.clone.monitor()
        self.guests.monitor()
        self.measuring.monitor()
        self._monitor_later()
