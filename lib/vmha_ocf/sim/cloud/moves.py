"""Live migrations, and the cold moves: resize and migration. Each is a process of its own in virtual time.

Nova's part is done by the nova-compute of the source, and ends where that dies: the record stays as it
is, ``running`` for example, until it starts again. What the hypervisors do between them goes on without
it: a guest may run on its destination while Nova still says that it is on its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from vmha_ocf.errors import NovaRefused
from vmha_ocf.model import InstanceId, NovaHost
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.base.journal import ADMIN, ConfirmAccepted, LiveMigrationAccepted, MoveAccepted
from vmha_ocf.sim.cloud.api_checks import verify_idle, verify_state
from vmha_ocf.sim.cloud.database import Database, Server
from vmha_ocf.sim.cloud.rebuild import Rebuilder
from vmha_ocf.sim.cluster.hosts import Host

LIVE = "live-migration"
MIGRATION = "migration"
RESIZE = "resize"
_RUNNING = "running"
_IN_VAIN = 20.0
"""Seconds for which a QEMU waits for the rest of a guest whose source is gone."""


@dataclass
class Moving:
    """One move, and how far it has come."""

    server: Server
    record: int
    source: Host
    dest: Host
    life: int = -1
    """The life of the nova-compute that works on it."""
    was_on: bool = True
    begun_by: str = ADMIN
    over: bool = False
    lost: bool = False
    """Its nova-compute has lost its libvirt: it hears no more of it."""


class Moves:
    def __init__(
        self,
        core: Core,
        database: Database,
        hosts: Mapping[NovaHost, Host],
        rebuilder: Rebuilder,
    ) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self._rebuilder = rebuilder
        self._moving: list[Moving] = []

    def running_elsewhere(self, server: Server) -> Iterable[int]:
        """The records of moves whose destination runs it, while Nova has it on another host."""
        for one in self._moving:
            here = one.server is server and one.dest.name != server.host
            if here and one.dest.runs_guest(server.id):
                yield one.record

    def live_migrate(
        self, instance: InstanceId, to: NovaHost | None = None, by: str = ADMIN
    ) -> None:
        server = self._database.find(instance)
        verify_state("os-migrateLive", server, {"active", "paused"})
        verify_idle("os-migrateLive", server)
        server.asked("live-migration", self._core.now, by)
        self._note_live(server, by)
        server.task_state = "migrating"
        record = self._database.add_move(server, LIVE, self._core.now, "accepted", to)
        self._say(server, f"live migration {record} accepted")
        self._later(lambda: self._schedule_live(server, record, to), self._core.timing.schedule)

    def _note_live(self, server: Server, by: str) -> None:
        service = self._database.services[server.host]
        reason = "" if service.enabled else service.reason
        busy = sum(one.task_state == "migrating" for one in self._database.on(server.host))
        now, host = self._core.now, server.host
        self._core.journal.note(LiveMigrationAccepted(now, host, server.id, by, reason, busy))

    def lose(self, instance: InstanceId) -> None:
        """nova-compute of the source loses its libvirt in the middle of a live migration, which goes on: as
        measured on Nova 34, where it had been frozen."""
        for one in self._moving:
            if one.server.id == instance and self._database.move(one.record).status == _RUNNING:
                one.lost = True
                self._mark(one, "error")
                one.server.fail_at_request()
                self._say(one.server, f"live migration {one.record} error, by Nova's word")

    def cold_move(
        self, instance: InstanceId, kind: str, to: NovaHost | None = None, by: str = ADMIN
    ) -> None:
        """A resize or a migration."""
        server = self._database.find(instance)
        verify_state(kind, server, {"active", "stopped"})
        verify_idle(kind, server)
        if not self._database.is_up(server.host):
            raise NovaRefused(409, "Service is unavailable at this time.")
        now = self._core.now
        server.asked("migrate" if kind == MIGRATION else kind, now, by)
        self._core.journal.note(MoveAccepted(now, server.host, server.id, server.looked, by))
        server.task_state = "resize_prep"
        record = self._database.add_move(server, kind, self._core.now, "pre-migrating", to)
        self._say(server, f"{kind} {record} accepted")
        delay = self._core.timing.schedule
        self._later(lambda: self._schedule_cold(server, record, to, by), delay)

    def confirm(self, instance: InstanceId, by: str = ADMIN) -> None:
        """The source forgets it."""
        server = self._database.find(instance)
        verify_state("confirmResize", server, {"resized"})
        moving = next((one for one in reversed(self._moving) if one.server is server), None)
        if moving is None or self._database.move(moving.record).status != "finished":
            raise NovaRefused(400, "Instance has not been resized.")
        now, kind = self._core.now, self._database.move(moving.record).kind
        server.asked("confirmResize", now, by)
        fact = ConfirmAccepted(now, moving.source.name, server.id, kind, moving.begun_by, by)
        self._core.journal.note(fact)
        self._mark(moving, "confirming")
        moving.source.send(lambda: self._confirmed(moving))

    def begin_again(self, host: Host, server: Server) -> None:
        """nova-compute of the host has started, and finds this instance in the middle of a move."""
        if server.task_state == "migrating":
            self._abort(server)
            server.task_state = None
        elif server.task_state == "resize_prep":
            server.task_state = None
        elif server.task_state == "resize_migrating":
            self._revert(host, server)

    def _abort(self, server: Server) -> None:
        """What has switched over is not taken back. Other records than running ones stay as they are."""
        for one in self._moving:
            if one.server is server and self._database.move(one.record).status == _RUNNING:
                self._mark(one, "error")
                one.over = True
                self._say(server, f"live migration {one.record} is over: error")

    def _revert(self, host: Host, server: Server) -> None:
        """Its record stays as it is. What ran is started here again."""
        moving = next((one for one in reversed(self._moving) if one.server is server), None)
        server.task_state = None
        if moving is not None:
            moving.over = True
        if moving is None or moving.was_on:
            host.run(server.id)
        self._say(server, f"is back on {host.name}")

    def _schedule_live(self, server: Server, record: int, to: NovaHost | None) -> None:
        source = self._hosts[server.host]
        dest = self._hosts[to] if to else self._rebuilder.pick(server)
        if dest is None or not self._database.is_up(source.name):
            self._database.change_move(record, self._core.now, status="error")
            if server.task_state == "migrating":
                server.task_state = None
            self._say(server, f"live migration {record} error: no host for it, or its own is down")
            return
        moving = self._begin(server, record, source, dest)
        source.send(lambda: self._prepare(moving))

    def _begin(self, server: Server, record: int, source: Host, dest: Host) -> Moving:
        moving = Moving(server, record, source, dest)
        self._moving.append(moving)
        self._database.change_move(record, self._core.now, dest=dest.name)
        return moving

    def _prepare(self, moving: Moving) -> None:
        """The source's nova-compute has it. It may have waited in its queue meanwhile."""
        moving.life = moving.source.compute.life
        if not self._is_still(moving, "migrating") or not moving.source.runs_guest(
            moving.server.id
        ):
            self._mark(moving, "error")
            return
        self._mark(moving, "preparing")
        if moving.dest.listening:
            self._while_source_works(moving, self._core.timing.attach, self._transfer)
        else:
            self._roll_back(moving, "error")

    def _transfer(self, moving: Moving) -> None:
        self._mark(moving, _RUNNING)
        moving.dest.libvirt.arrives(moving.server.id)
        self._later(lambda: self._switch(moving), self._core.timing.live_migration)

    def _switch(self, moving: Moving) -> None:
        """Between the hypervisors, whether a nova-compute lives or not."""
        source, dest, server = moving.source, moving.dest, moving.server
        if moving.over or server.id not in self._database.servers:
            dest.libvirt.leaves(server.id)
            return
        if not (source.reachable and dest.reachable and source.runs_guest(server.id)):
            self._later(lambda: dest.libvirt.leaves(server.id), _IN_VAIN)
            if source.listening and source.compute.life == moving.life:
                self._roll_back(moving, "failed")
            return
        source.destroy(server.id)
        dest.libvirt.leaves(server.id)
        dest.run(server.id)
        self._say(server, f"runs on {dest.name} now")
        self._while_source_works(moving, self._core.timing.post_live, self._end_live)

    def _end_live(self, moving: Moving) -> None:
        server, moving.over = moving.server, True
        server.host = moving.dest.name
        if moving.dest.listening:
            self._mark(moving, "completed")
            server.task_state = None
            self._say(server, f"is on {server.host}: live migration {moving.record} completed")
        else:
            self._mark(moving, "error")
            server.fail()

    def _roll_back(self, moving: Moving, status: str) -> None:
        moving.over = True
        self._mark(moving, status)
        moving.server.task_state = None
        self._say(moving.server, f"live migration {moving.record} {status}")

    def _schedule_cold(self, server: Server, record: int, to: NovaHost | None, by: str) -> None:
        source = self._hosts[server.host]
        dest = self._hosts[to] if to else self._rebuilder.pick(server)
        if dest is None:
            self._database.change_move(record, self._core.now, status="error")
            server.task_state = None
            self._say(server, f"move {record} error: no valid host was found")
            return
        moving = self._begin(server, record, source, dest)
        moving.begun_by = by
        dest.send(lambda: source.send(lambda: self._copy(moving)))

    def _copy(self, moving: Moving) -> None:
        """The source's nova-compute switches it off, and sends its disk."""
        server, source = moving.server, moving.source
        moving.life = source.compute.life
        if not self._is_still(moving, "resize_prep"):
            self._mark(moving, "error")
            return
        self._mark(moving, "migrating")
        server.task_state = "resize_migrating"
        moving.was_on = server.vm_state == "active"
        source.halt(server.id)
        self._while_source_works(moving, self._core.timing.cold_copy, self._hand_over)

    def _hand_over(self, moving: Moving) -> None:
        if not self._is_still(moving, "resize_migrating"):
            self._mark(moving, "error")
            return
        moving.server.host, moving.server.task_state = moving.dest.name, "resize_migrated"
        self._mark(moving, "post-migrating")
        moving.dest.send(lambda: self._finish(moving))

    def _finish(self, moving: Moving) -> None:
        if not self._is_still(moving, "resize_migrated"):
            self._mark(moving, "error")
            return
        moving.server.task_state = "resize_finish"
        dest, life = moving.dest, moving.dest.compute.life
        self._later(
            lambda: self._finished(moving) if dest.compute.life == life else None,
            self._core.timing.spawn,
        )

    def _finished(self, moving: Moving) -> None:
        server, dest = moving.server, moving.dest
        dest.define(server.id)
        if self._core.strike("nova.destination", "spawn-fails", dest.name):
            moving.over = True
            self._mark(moving, "error")
            server.fail_at_request()
            server.fault = "Domain not found"
            self._say(server, f"cannot be started on {dest.name}, now in error")
            return
        if moving.was_on:
            dest.run(server.id)
        if not self._is_still(moving, "resize_finish"):
            self._mark(moving, "error")
            return
        moving.over = True
        server.vm_state, server.task_state = "resized", None
        self._mark(moving, "finished")
        self._say(server, f"is resized, on {dest.name}")

    def _confirmed(self, moving: Moving) -> None:
        server = moving.server
        moving.source.destroy(server.id)
        self._mark(moving, "confirmed")
        if server.vm_state == "resized":
            server.vm_state = "active" if moving.was_on else "stopped"
        self._say(server, f"move {moving.record} is confirmed")

    def _is_still(self, moving: Moving, task_state: str) -> bool:
        server = moving.server
        return server.id in self._database.servers and server.task_state == task_state

    def _while_source_works(
        self, moving: Moving, delay: float, act: Callable[[Moving], None]
    ) -> None:
        def go_on() -> None:
            source = moving.source
            alive = source.listening and source.compute.life == moving.life
            ended = moving.over or moving.lost
            if alive and not ended and moving.server.id in self._database.servers:
                act(moving)

        self._later(go_on, delay)

    def _later(self, act: Callable[[], None], delay: float) -> None:
        self._core.timeline.after(delay, act)

    def _mark(self, moving: Moving, status: str) -> None:
        self._database.change_move(moving.record, self._core.now, status=status)

    def _say(self, server: Server, what: str) -> None:
        self._core.journal.say("nova", f"{server.name} {what}")
