"""What a nova-compute does when it starts: it destroys the guests that were evacuated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import ComputeStarted
from vmha_ocf.sim.cloud.database import IN_FLIGHT, Database, Server
from vmha_ocf.sim.cloud.rebuild import Rebuilder
from vmha_ocf.sim.cloud.requests import InstanceRequests
from vmha_ocf.sim.cluster.hosts import Host

_GONE_FROM_HERE = IN_FLIGHT | {"done"}


class ComputeStarts:
    def __init__(
        self,
        core: Core,
        database: Database,
        hosts: Mapping[NovaHost, Host],
        rebuilder: Rebuilder,
        requests: InstanceRequests,
    ) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self._rebuilder = rebuilder
        self._requests = requests

    def start(self, host: Host, *, by_us: bool, flagged: bool) -> None:
        """It starts whether it is forced down or not: Nova has no gate."""
        if host.compute.running:
            return
        unfinished = {record.server for record in self._rebuilder.in_flight_from(host.name)}
        self._core.journal.note(
            ComputeStarted(self._core.now, host.name, by_us, flagged, tuple(sorted(unfinished)))
        )
        self._core.journal.say(host.node, "nova-compute starts")
        host.begin_compute()
        self._later(host, self._core.timing.init_host, self._init_host)

    def add(self, host: Host) -> None:
        """It has been running for long."""
        self._later(host, self._core.timing.power_sync, self._sync_power)

    def stop(self, host: Host) -> None:
        if host.compute.running:
            host.end_compute()
            self._core.journal.say(host.node, "nova-compute is stopped")

    def _later(self, host: Host, delay: float, act: Callable[[Host], None]) -> None:
        life = host.compute.life

        def go_on() -> None:
            if host.compute.life == life and not host.compute.hangs:
                act(host)

        self._core.timeline.after(delay, go_on)

    def _init_host(self, host: Host) -> None:
        if host.name not in self._database.services:
            self._database.add_service(host)
        gone = self._destroy_evacuated(host)
        for server in self._database.on(host.name):
            if server.id not in gone:
                self._init_instance(host, server)
        self._delete_waiting(host)
        waiting, host.compute.inbox = host.compute.inbox, []
        for message in waiting:
            message()
        self._later(host, self._core.timing.first_power_sync, self._sync_power)

    def _destroy_evacuated(self, host: Host) -> set[InstanceId]:
        """Also for evacuations that still run. Of two records of one instance only the last is
        completed; the other waits for another start."""
        last = {
            record.server: record
            for record in self._database.records
            if record.source == host.name and record.status in _GONE_FROM_HERE
        }
        for server, record in last.items():
            host.destroy(server)
            record.status = "completed"
        if last:
            what = f"{len(last)} evacuated instances removed, their records completed"
            self._core.journal.say(host.node, what)
        return set(last)

    def _init_instance(self, host: Host, server: Server) -> None:
        if (server.task_state or "").startswith("rebuild"):
            server.fail()
        self._requests.pending(host, server)
        off = server.id in host.guests and not host.runs_guest(server.id)
        if off and host.resumes_guests and server.vm_state == "active":
            host.run(server.id)

    def _delete_waiting(self, host: Host) -> None:
        """What was asked to be deleted before the host died is deleted now, wherever it is."""
        for server in list(self._database.servers.values()):
            if server.delete_waits_for == host.name:
                for other in self._hosts.values():
                    other.destroy(server.id)
                del self._database.servers[server.id]
                self._core.journal.say("nova", f"{server.name} is deleted")

    def _sync_power(self, host: Host) -> None:
        for server in self._database.on(host.name):
            if server.id in host.guests and server.task_state is None:
                self._align(host, server)
        self._later(host, self._core.timing.power_sync, self._sync_power)

    def _align(self, host: Host, server: Server) -> None:
        """What Nova believes and what is, once a while."""
        runs = host.runs_guest(server.id)
        if not runs and server.vm_state == "active":
            server.asked("stop", self._core.now, "")
            server.vm_state, server.powered_off = "stopped", True
            self._core.journal.say("nova", f"{server.name} is found off, now stopped")
        elif runs and server.vm_state == "stopped":
            host.halt(server.id)
            self._core.journal.say("nova", f"{server.name} is found running, and stopped")
