"""What anybody may ask of Nova about an instance: the API's checks, in its order and in its words.

We ask through the Nova port (sim/cloud/nova.py); owners, operators and other tools ask beside us. Whatever
needs the host is a message to its nova-compute: where that is dead, it waits, and the task_state with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vmha_ocf.errors import NovaFailed, NovaRefused
from vmha_ocf.living.guests.states import Shutoff
from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import OWNER, US, EvacuateAccepted, RestartAccepted, StartAccepted
from vmha_ocf.sim.cloud.api_checks import verify_idle, verify_state
from vmha_ocf.sim.cloud.database import Database, Record, Server
from vmha_ocf.sim.cloud.moves import Moves
from vmha_ocf.sim.cloud.rebuild import Rebuilder
from vmha_ocf.sim.cluster.hosts import Host

_EVACUABLE = frozenset({"active", "stopped", "error"})
_STOPPABLE = frozenset({"active", "rescued", "error"})
_REBOOTABLE = frozenset({"active", "stopped", "paused", "suspended", "error"})
_TAGGABLE = frozenset({"active", "paused", "suspended", "stopped"})
_REBOOTING = frozenset({"rebooting_hard", "reboot_started_hard"})
_INTERRUPTED = frozenset({"rebooting_hard", "pausing", "unpausing", "suspending", "resuming"})
"""Tasks that a hard reboot may come upon; one more that its nova-compute has begun with it may not."""
_API = 0.3
"""Seconds from its first look at an instance to what it writes."""
_MOVED = frozenset({"done", "completed"})


class InstanceRequests:
    def __init__(
        self,
        core: Core,
        database: Database,
        hosts: Mapping[NovaHost, Host],
        rebuilder: Rebuilder,
        moves: Moves,
    ) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self._rebuilder = rebuilder
        self.moves = moves
        self.checks_task_state = False
        """As Nova before 23.2.2, 24.2.0 and 25.1.0: a task_state makes an evacuation a 409."""

    def named(self, name: str) -> list[Server]:
        """An instance by its name, or all whose names are this one and a number."""
        servers = list(self._database.servers.values())
        group = [one for one in servers if one.name.rpartition("-")[0] == name]
        return group or [one for one in servers if one.name == name]

    def evacuate(self, instance: InstanceId, by: str = US) -> None:
        server = self._database.find(instance)
        self._verify_evacuable(server)
        rivals = (
            *(one.id for one in self._rivals(server)),
            *self.moves.running_elsewhere(server),
        )
        fact = EvacuateAccepted(self._core.now, server.host, server.id, rivals, by)
        self._core.journal.note(fact)
        server.asked("evacuate", self._core.now, by)
        if by != US:
            self._say(server, f"is to be evacuated from {server.host}, says {by}")
        self._rebuilder.accept(server)

    def reset_to_error(self, instance: InstanceId) -> None:
        server = self._database.find(instance)
        server.fail()
        self._say(server, "is reset to error")

    def stop(self, instance: InstanceId, by: str = OWNER, takes: float = 0.0) -> None:
        """Also on a host that is down: then it waits for its nova-compute. The guest takes its time to
        shut down; of a nova-compute that ends meanwhile the next one stops it, at once."""
        server = self._database.find(instance)
        verify_state("stop", server, _STOPPABLE)
        verify_idle("stop", server)
        server.asked("stop", self._core.now, by)
        server.task_state, server.stop_asked = "powering-off", self._core.now
        host = self._hosts[server.host]
        host.send(lambda: self._shut_down(host, server, takes))

    def start(self, instance: InstanceId, by: str = OWNER) -> None:
        server = self._database.find(instance)
        verify_state("start", server, {"stopped"})
        verify_idle("start", server)
        server.asked("start", self._core.now, by)
        fact = StartAccepted(self._core.now, server.host, server.id, server.looked, by)
        self._core.journal.note(fact)
        server.task_state = "powering-on"
        host = self._hosts[server.host]
        host.send(lambda: self._start_on(host, server))

    def reboot(self, instance: InstanceId, by: str = OWNER) -> None:
        """Hard. Also on a host that is down: then it waits for its nova-compute, and so does one more."""
        server = self._database.find(instance)
        verify_state("reboot", server, _REBOOTABLE)
        if server.task_state not in _INTERRUPTED:
            self._verify_no_stop_began(server)
            verify_idle("reboot", server)
        host = self._hosts[server.host]
        well = host.runs_guest(server.id) and host.libvirt.is_well(server.id)
        now, state = self._core.now, server.vm_state
        self._core.journal.note(
            RestartAccepted(now, host.name, server.id, server.looked, well, state, by)
        )
        server.asked("reboot", self._core.now, by)
        server.task_state = "rebooting_hard"
        host.send(lambda: self._reboot_on(host, server))

    def delete(self, instance: InstanceId) -> None:
        """By Nova itself where the host is known to be down; else its nova-compute has to do it."""
        server = self._database.find(instance)
        host = self._hosts[server.host]
        if self._database.is_up(server.host) and not host.listening:
            server.task_state, server.delete_waits_for = "deleting", server.host
            server.marks_changed = self._core.now
            self._say(server, f"is to be deleted, once {server.host} answers")
            return
        for each in self._hosts.values():
            each.destroy(server.id)
        del self._database.servers[server.id]
        self._say(server, "is deleted")

    def tag(self, instance: InstanceId, tag: str) -> None:
        server = self._database.find(instance)
        verify_state("update_tags", server, _TAGGABLE)
        server.tags |= {tag}
        server.marks_changed = self._core.now
        self._say(server, f"is tagged {tag}")

    def untag(self, instance: InstanceId, tag: str) -> None:
        server = self._database.find(instance)
        verify_state("update_tags", server, _TAGGABLE)
        server.tags -= {tag}
        server.marks_changed = self._core.now
        self._say(server, f"is not tagged {tag} any more")

    def set_metadata(self, instance: InstanceId, key: str, value: str) -> None:
        server = self._database.find(instance)
        verify_state("update_instance_metadata", server, _TAGGABLE)
        server.metadata = {**server.metadata, key: value}
        server.marks_changed = self._core.now
        self._say(server, f"has {key}={value} now")

    def _verify_evacuable(self, server: Server) -> None:
        """The task_state is not looked at: that is how Nova accepts a second evacuation."""
        if server.vtpm:
            text = "Operation 'evacuate' not supported for vTPM-enabled instance"
            raise NovaRefused(400, f"{text} {server.id}.")
        verify_state("evacuate", server, _EVACUABLE)
        if self.checks_task_state:
            verify_idle("evacuate", server)
        if not server.launched:
            text = f"Instance {server.id} is in an invalid state for 'evacuate'"
            raise NovaRefused(409, text)
        if self._database.is_up(server.host):
            raise NovaRefused(400, f"Compute service of {server.host} is still in use.")

    def _rivals(self, server: Server) -> Iterable[Record]:
        """What makes another request a second one: an evacuation that still has an effect, or one
        that Nova shows as accepted, unless a later one has moved the instance since.

        One that is pre-migrating is judged by its effect alone: its destination may have died and
        be back, and then nobody works on it."""
        truly = self._rebuilder.in_flight(server.id)
        records = list(self._database.records_of(server.id))
        moved = max((one.id for one in records if one.status in _MOVED), default=0)
        for record in records:
            shown = record.status == "accepted" and record.source == server.host
            if record in truly or (shown and record.id > moved):
                yield record

    def pending(self, host: Host, server: Server) -> None:
        """nova-compute of the host has started, and finds what was asked of it before it died."""
        self.moves.begin_again(host, server)
        match server.task_state:
            case "powering-off":
                self._stop_on(host, server)
            case "powering-on":
                self._start_on(host, server)
            case "soft-deleting":
                host.halt(server.id)
                server.vm_state, server.task_state, server.powered_off = "soft-delete", None, True
            case "reboot_started_hard" if server.vm_state in _REBOOTABLE:
                self._reboot_on(host, server)
            case str() as task if task.startswith("reboot") and server.vm_state == "active":
                host.run(server.id)
                server.task_state = None
            case str() as task if task.startswith("image_"):
                server.task_state = None
            case _:
                pass

    def _verify_no_stop_began(self, server: Server) -> None:
        """Its task is looked at first and written last. What begins in between is an error of the API's own
        (UnexpectedTaskStateError), which leaves no action behind."""
        if self._core.now - server.stop_asked < _API:
            raise NovaFailed("Nova answered 500 when asked to restart it")

    def _shut_down(self, host: Host, server: Server, takes: float) -> None:
        life = host.compute.life

        def is_down() -> None:
            if host.compute.life == life:
                self._stop_on(host, server)

        if takes:
            self._core.timeline.after(takes, is_down)
        else:
            is_down()

    def _stop_on(self, host: Host, server: Server) -> None:
        """What is off already on this host is stopped in the database whatever its task is: also an
        instance that was evacuated while the request waited here."""
        expected = {"powering-off"} if host.runs_guest(server.id) else {"powering-off", None}
        if server.task_state in expected and server.id in self._database.servers:
            host.halt(server.id, Shutoff.SHUTDOWN)
            server.vm_state, server.task_state, server.powered_off = "stopped", None, True
            self._say(server, "is stopped")

    def _start_on(self, host: Host, server: Server) -> None:
        """It is started first. Then Nova looks whether it still was to be."""
        if server.id not in self._database.servers:
            return
        host.define(server.id)
        if self._core.strike("nova.destination", "spawn-fails", host.name):
            server.task_state = None
            self._say(server, f"cannot be started on {host.name}")
            return
        host.run(server.id)
        if server.task_state == "powering-on":
            server.vm_state, server.task_state, server.powered_off = "active", None, False
            self._say(server, f"is started on {host.name}")

    def _reboot_on(self, host: Host, server: Server) -> None:
        """Its guest is destroyed and made anew."""
        if server.id not in self._database.servers or server.task_state not in _REBOOTING:
            return
        server.task_state = "reboot_started_hard"
        host.halt(server.id)
        host.define(server.id)
        life = host.compute.life

        def made() -> None:
            if host.compute.life == life and server.id in self._database.servers:
                self._rebooted(host, server)

        self._core.timeline.after(self._core.timing.reboot, made)

    def _rebooted(self, host: Host, server: Server) -> None:
        failed = self._core.strike("nova.host", "reboot-fails", host.name)
        if failed or host.libvirt.trouble is not None:
            server.fail_at_request()
            server.fault = "internal error: process exited while connecting to monitor"
            self._say(server, f"cannot be rebooted on {host.name}, now in error")
            return
        host.run(server.id)
        server.vm_state, server.task_state, server.powered_off = "active", None, False
        self._say(server, f"is rebooted on {host.name}")

    def _say(self, server: Server, what: str) -> None:
        self._core.journal.say("nova", f"{server.name} {what}")
