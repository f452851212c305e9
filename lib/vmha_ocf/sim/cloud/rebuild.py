"""An evacuation after Nova accepted it: the conductor chooses a destination, which rebuilds there.

As measured on Nova 34 and 26. Nothing excludes a second one of the same instance: both work on the
same row, each notices the other only by an unexpected task_state, and by then its guest runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import Evacuated
from vmha_ocf.sim.cloud.database import IN_FLIGHT, Database, Record, Server
from vmha_ocf.sim.cluster.hosts import Host


@dataclass
class Rebuild:
    """One evacuation that somebody works on."""

    server: Server
    record: Record
    dest: Host | None = None
    """None: still with the conductor."""
    life: int | None = None
    """The life of the destination's nova-compute that works on it; None: still in its queue."""
    over: bool = False

    @property
    def alive(self) -> bool:
        """It can still have an effect."""
        if self.over:
            return False
        return self.dest is None or self.life is None or self.life == self.dest.compute.life


class Rebuilder:
    def __init__(self, core: Core, database: Database, hosts: dict[NovaHost, Host]) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self.rebuilds: list[Rebuild] = []

    def accept(self, server: Server) -> Record:
        """The API's part: nothing here looks at an evacuation that runs already."""
        server.task_state = "rebuilding"
        record = self._database.add_record(server, self._core.now)
        self._say(server, f"evacuation {record.id} from {server.host} accepted")
        if self._core.strike("nova.conductor", "lost", server.host):
            return record
        rebuild = Rebuild(server, record)
        self.rebuilds.append(rebuild)
        delay = self._core.timing.schedule + self._core.slowness("nova.conductor")
        self._core.timeline.after(delay, lambda: self._schedule(rebuild))
        return record

    def in_flight(self, server: InstanceId) -> list[Record]:
        """The truth: evacuations that can still have an effect."""
        return [one.record for one in self.rebuilds if one.alive and one.server.id == server]

    def in_flight_from(self, host: NovaHost) -> list[Record]:
        """But those of instances that were deleted meanwhile: what becomes of them harms nobody."""
        return [
            one.record
            for one in self.rebuilds
            if one.alive and one.record.source == host and one.server.id in self._database.servers
        ]

    def _schedule(self, rebuild: Rebuild) -> None:
        server = rebuild.server
        if server.id not in self._database.servers:
            rebuild.over = True
            return
        # The conductor does not know which record it works for: it takes the first accepted one.
        accepted = (r for r in self._database.records_of(server.id) if r.status == "accepted")
        rebuild.record = next(accepted, None) or self._database.add_record(server, self._core.now)
        dest = self.pick(server)
        if dest is None:
            self._fail(rebuild, "error", "no valid host was found")
        else:
            rebuild.dest = dest
            dest.send(lambda: self._claim(rebuild, dest))

    def pick(self, server: Server) -> Host | None:
        """The scheduler's choice, of a host that is not its own."""
        if self._core.strike("nova.conductor", "no-host", server.host):
            return None
        fitting = [host for host in self._hosts.values() if self._fits(server, host)]
        return min(
            fitting, key=lambda host: (self._load(host) / host.capacity, host.name), default=None
        )

    def _fits(self, server: Server, host: Host) -> bool:
        service = self._database.services.get(host.name)
        if host.name == server.host or not (service and service.up and service.enabled):
            return False
        if self._is_in_another_cell(server, host):
            return False
        if self._load(host) >= host.capacity:
            return False
        group = self._database.group_of(server.id)
        if group is None:
            return True
        if group.policy == "anti-affinity":
            return host.name not in self._database.group_hosts(group, server.id)
        # Its own host counts among them, which it cannot be sent to.
        return group.policy != "affinity" or host.name in self._database.group_hosts(group)

    def _is_in_another_cell(self, server: Server, host: Host) -> bool:
        """Or in one that is down: then Nova sees none of its hosts."""
        if self._core.strike("nova.cell", "down", host.name):
            return True
        return host.cell != self._hosts[server.host].cell

    def _load(self, host: Host) -> int:
        coming = {one.server.id for one in self.rebuilds if one.alive and one.dest is host}
        return len(coming | {server.id for server in self._database.on(host.name)})

    def _claim(self, rebuild: Rebuild, dest: Host) -> None:
        server, record = rebuild.server, rebuild.record
        rebuild.life = dest.compute.life
        if server.id not in self._database.servers:
            rebuild.over = True
            return
        record.dest, record.status = dest.name, "pre-migrating"
        record.updated = self._core.now
        late = self._core.strike("nova.destination", "late-claim", dest.name)
        if late or self._group_collides(server, dest):
            self._fail(rebuild, "failed", f"refused late by {dest.name}", restore=True)
        elif server.id in dest.guests:
            self._fail(rebuild, "failed", f"already exists on {dest.name}")
        else:
            self._then(rebuild, self._core.timing.attach, self._begin_spawn)

    def _group_collides(self, server: Server, dest: Host) -> bool:
        """Anti-affinity is checked again on the destination, then with those that are coming."""
        group = self._database.group_of(server.id)
        if group is None or group.policy != "anti-affinity":
            return False
        here = {other.id for other in self._database.on(dest.name)}
        here |= {
            record.server
            for record in self._database.records
            if record.dest == dest.name and record.status in IN_FLIGHT
        }
        return bool((here & group.members) - {server.id})

    def _begin_spawn(self, rebuild: Rebuild, dest: Host) -> None:
        if self._expected(rebuild, "rebuilding"):
            rebuild.server.task_state = "rebuild_spawning"
            delay = self._core.timing.spawn + self._core.slowness("nova.destination", dest.name)
            self._then(rebuild, delay, self._spawned)

    def _spawned(self, rebuild: Rebuild, dest: Host) -> None:
        server = rebuild.server
        if self._core.strike("nova.destination", "spawn-fails", dest.name):
            self._fail(rebuild, "failed", f"could not be started on {dest.name}")
            return
        dest.run(server.id)
        if dest.isolated or not self._expected(rebuild, "rebuild_spawning"):
            return
        if server.vm_state == "stopped":
            # It has run for a moment.
            dest.halt(server.id)
            server.powered_off = True
        else:
            server.vm_state, server.powered_off = "active", False
        server.task_state = None
        self._then(rebuild, self._core.timing.save, self._save_host)

    def _save_host(self, rebuild: Rebuild, dest: Host) -> None:
        rebuild.server.host = dest.name
        self._then(rebuild, self._core.timing.save, self._save_record)

    def _save_record(self, rebuild: Rebuild, dest: Host) -> None:
        """Also over a "completed" that a restart of the source wrote meanwhile."""
        rebuild.record.status = "done"
        rebuild.over = True
        server, now = rebuild.server, self._core.now
        self._core.journal.note(
            Evacuated(now, rebuild.record.source, server.id, server.name, dest.name)
        )
        self._say(server, f"is {server.vm_state} on {dest.name}")

    def _then(
        self, rebuild: Rebuild, delay: float, stage: Callable[[Rebuild, Host], None]
    ) -> None:
        """The next stage, if the nova-compute that works on it still lives then."""
        dest = rebuild.dest
        assert dest is not None

        def go_on() -> None:
            if rebuild.alive and rebuild.server.id in self._database.servers:
                stage(rebuild, dest)

        self._core.timeline.after(delay, go_on)

    def _expected(self, rebuild: Rebuild, task_state: str) -> bool:
        """Nova's compare-and-swap on the task_state. What was spawned is not taken back."""
        found = rebuild.server.task_state
        if found == task_state:
            return True
        self._fail(rebuild, "failed", f"conflict: expected {task_state}, found {found}")
        return False

    def _fail(self, rebuild: Rebuild, status: str, why: str, *, restore: bool = False) -> None:
        rebuild.record.status = status
        rebuild.over = True
        if restore:
            rebuild.server.task_state = None
        else:
            rebuild.server.fail()
        self._say(rebuild.server, f"evacuation {rebuild.record.id} {status}: {why}")

    def _say(self, server: Server, what: str) -> None:
        self._core.journal.say("nova", f"{server.name} {what}")
