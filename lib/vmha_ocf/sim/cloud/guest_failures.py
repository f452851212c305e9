"""Guests of a host that lives: how each fails by itself, and what Nova makes of one that has ended.

libvirt tells nova-compute of an end at once; that waits a while whether the guest starts again, and then
has Nova stop the instance, without a user, as if somebody had. Of a pause it makes nothing, and of a QEMU
that does not answer neither it nor libvirt hears.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.living.guests.states import Kind, Paused, Shutoff, State
from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import GuestFailed, GuestRecovered
from vmha_ocf.sim.cloud.database import Database, Server
from vmha_ocf.sim.cluster.hosts import Host

_PANICKED = 1
"""virDomainCrashedReason of a domain in the state CRASHED: it is kept for a look at it."""
_ROLLBACK = 5.0
"""Seconds after which Nova has taken back a live migration that failed."""
_IO_ERROR = (State.PAUSED, Paused.IOERROR)


class GuestFailures:
    def __init__(self, core: Core, database: Database, hosts: Mapping[NovaHost, Host]) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self._crashing: dict[InstanceId, tuple[float, NovaHost | None]] = {}
        """In a loop: so many seconds after each start, there or anywhere."""

    def shut_down(self, instance: InstanceId) -> None:
        """From within, by whoever uses it. Some want theirs back then."""
        server, host = self._find(instance)
        if server.metadata.get("recovery") == "always" and host.runs_guest(instance):
            self._fail(host, server, Kind.SHUT_DOWN)
        host.halt(instance, Shutoff.SHUTDOWN)
        self._say(server, "shuts itself down")
        self._ended(host, server, "has shut itself down")

    def crash(
        self, instance: InstanceId, again: float = 0.0, there: NovaHost | None = None
    ) -> None:
        """QEMU is killed, or dies. ``again``: so many seconds after each start there, from now on."""
        server, host = self._find(instance)
        if again and instance not in self._crashing:
            self._crashing[instance] = again, there
            self._crash_again(instance)
        if self._ends(host, server, Kind.CRASHED, "crashes"):
            host.halt(instance, Shutoff.CRASHED)
            self._ended(host, server, "is found off")

    def mend(self, instance: InstanceId) -> None:
        """No more of it."""
        self._crashing.pop(instance, None)

    def power_off_by_watchdog(self, instance: InstanceId) -> None:
        """QEMU ends without a word, which libvirt calls a crash: its event alone tells."""
        server, host = self._find(instance)
        if self._ends(host, server, Kind.WATCHDOG, "is switched off by its watchdog"):
            host.libvirt.watchdogs.append(instance)
            host.halt(instance, Shutoff.CRASHED)
            self._ended(host, server, "is found off")

    def panic(self, instance: InstanceId) -> None:
        """Its domain is kept (on_crash=preserve), of which libvirt tells nova-compute nothing."""
        server, host = self._find(instance)
        if self._ends(host, server, Kind.PANICKED, "panics"):
            host.halt(instance)
            host.libvirt.set(instance, State.CRASHED, _PANICKED)

    def run_out_of_storage(self, instance: InstanceId) -> None:
        server, host = self._find(instance)
        if self._ends(host, server, Kind.IO_ERROR, "is paused: its storage failed"):
            host.libvirt.set(instance, *_IO_ERROR)

    def freeze(self, instance: InstanceId) -> None:
        server, host = self._find(instance)
        if self._ends(host, server, Kind.HUNG, "hangs: its QEMU answers nobody"):
            host.libvirt.freeze(instance, self._core.now)

    def go_on(self, instance: InstanceId) -> None:
        """What was paused by its storage, or frozen."""
        server, host = self._find(instance)
        if host.runs_guest(instance) and not host.libvirt.is_well(instance):
            host.libvirt.goes_on(instance)
            self._core.journal.note(GuestRecovered(self._core.now, host.name, instance))
            self._say(server, "goes on by itself")

    def incoming_fails(self, instance: InstanceId, dest: NovaHost) -> None:
        """A live migration to there: the QEMU that was to take it up is dead, and its definition is there
        until Nova has taken it back. The guest runs on where it was."""
        server, host = self._database.find(instance), self._hosts[dest]
        if instance in host.guests or not host.listening:
            return
        host.define(instance)
        host.libvirt.set(instance, State.SHUTOFF, Shutoff.FAILED)
        life = host.compute.life

        def take_back() -> None:
            if host.compute.life == life and not host.runs_guest(instance):
                host.destroy(instance)

        self._core.timeline.after(_ROLLBACK, take_back)
        self._say(server, f"has not come to {host.node}: the QEMU that awaited it is dead")

    def wreck(self, instance: InstanceId) -> None:
        """It crashed before anybody looked. Where Nova does not know that, it is a failure still."""
        server, host = self._find(instance)
        host.libvirt.set(instance, State.SHUTOFF, Shutoff.CRASHED)
        if server.vm_state == "active":
            self._fail(host, server, Kind.CRASHED)

    def _find(self, instance: InstanceId) -> tuple[Server, Host]:
        server = self._database.find(instance)
        return server, self._hosts[server.host]

    def _ends(self, host: Host, server: Server, kind: Kind, told: str) -> bool:
        """Whether there is anything to fail."""
        if not host.runs_guest(server.id) or not host.libvirt.is_well(server.id):
            return False
        self._fail(host, server, kind)
        self._core.journal.say(host.node, f"the guest of {server.name} {told}")
        return True

    def _fail(self, host: Host, server: Server, kind: Kind) -> None:
        fact = GuestFailed(self._core.now, host.name, server.id, kind.value)
        self._core.journal.note(fact)

    def _ended(self, host: Host, server: Server, told: str) -> None:
        """What nova-compute does if it hears of it, and still lives then."""
        if not host.listening or host.libvirt.trouble is not None:
            return
        life = host.compute.life

        def notice() -> None:
            if host.compute.life != life or not host.listening or host.runs_guest(server.id):
                return
            there = server.id in self._database.servers and server.host == host.name
            if there and server.vm_state == "active" and server.task_state is None:
                server.asked("stop", self._core.now, "")
                server.stop_asked = self._core.now
                server.vm_state, server.powered_off = "stopped", True
                self._say(server, f"{told}, now stopped")

        self._core.timeline.after(self._core.timing.unexpected, notice)

    def _crash_again(self, instance: InstanceId) -> None:
        """Looks, once a second, whether it has run for long enough."""
        server = self._database.servers.get(instance)
        crashing = self._crashing.get(instance)
        if server is None or crashing is None:
            return
        after, there = crashing
        run = self._hosts[server.host].guests.get(instance)
        is_there = there in (None, server.host)
        if is_there and run is not None and self._core.now - run.start >= after:
            self.crash(instance)
        self._core.timeline.after(1.0, lambda: self._crash_again(instance))

    def _say(self, server: Server, what: str) -> None:
        self._core.journal.say("nova", f"{server.name} {what}")
