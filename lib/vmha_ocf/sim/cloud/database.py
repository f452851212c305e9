"""Nova's database: what Nova believes. Rows change in place; ports hand out frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from math import floor
from typing import Any, TypedDict

from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.errors import NovaRefused
from vmha_ocf.model import (
    Action,
    ComputeService,
    Evacuation,
    ImageId,
    Instance,
    InstanceId,
    Move,
    NovaHost,
    ServerGroup,
)
from vmha_ocf.sim.base.journal import US
from vmha_ocf.sim.base.timeline import EPOCH
from vmha_ocf.sim.cluster.hosts import Host

IN_FLIGHT = frozenset({"accepted", "pre-migrating"})
NOTIFY = "notify"
"""What owners say of ``evacuable`` in scenarios whose policy has somebody told then."""


class Booting(TypedDict, total=False):
    """What may be said of a new instance; the rest is that of an ordinary one."""

    name: str
    vm_state: str
    task_state: str | None
    powered_off: bool
    tags: frozenset[str]
    metadata: Mapping[str, str]
    extra_specs: Mapping[str, str]
    image: ImageId | None
    vtpm: bool
    launched: bool
    project: str
    excluded: bool
    excluded_since: float
    left_alone: bool


@dataclass
class Server:
    id: InstanceId
    host: NovaHost
    name: str = ""
    vm_state: str = "active"
    task_state: str | None = None
    powered_off: bool = False
    tags: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    image: ImageId | None = None
    vtpm: bool = False
    launched: bool = True
    project: str = ""
    excluded: bool = False
    """A scenario's author says that nobody may evacuate it."""
    excluded_since: float = -1.0
    """Or that since then nobody need to, unless it was begun."""
    left_alone: bool = False
    """Or that somebody is told of it instead, as long as its owner does not say otherwise."""
    before: str = field(init=False)
    """Its vm_state when it was made."""
    born_on: NovaHost = field(init=False)
    owned: bool = False
    """Its owner stops, starts or deletes it: what it was before counts no more."""
    marks_changed: float = 0.0
    """When its owner has last said whether it is ours: tagged it, set metadata, asked for its end."""
    delete_waits_for: NovaHost | None = None
    """A delete request waits for the nova-compute of this host."""
    actions: list[Action] = field(default_factory=list)
    """What was asked of it, newest last."""
    stop_asked: float = -1.0
    """When its stop was asked for last, by anybody or by Nova itself; below 0 is never."""
    fault: str = ""
    """Nova's reason, while it is in error."""
    looked: float = -1.0
    """When Nova has told us of it last, its state or what was asked of it; below 0 is never."""

    def __post_init__(self) -> None:
        self.before, self.born_on = self.vm_state, self.host
        self.owned = self.task_state is not None

    @property
    def is_left_alone(self) -> bool:
        return self.left_alone and self.metadata.get("evacuable", NOTIFY) == NOTIFY

    def asked(self, what: str, now: float, user: str) -> None:
        """Nova keeps it; ``user`` is "" where it asks itself."""
        self.actions.append(Action(what, _text(floor(now)), user, is_ours=user == US))

    def fail(self) -> None:
        self.vm_state, self.task_state = "error", None

    def fail_at_request(self) -> None:
        """At what was asked of it last: what is not ours is no harm of ours, nor of its host's failure."""
        self.fail()
        asked = next((one for one in reversed(self.actions) if one.user), None)
        if asked is not None and not asked.is_ours:
            self.before = self.vm_state

    def view(self) -> Instance:
        return Instance(
            id=self.id,
            host=self.host,
            name=self.name,
            vm_state=self.vm_state,
            task_state=self.task_state,
            powered_off=self.powered_off,
            tags=self.tags,
            metadata=dict(self.metadata),
            extra_specs=dict(self.extra_specs),
            image=self.image,
            project=self.project,
            fault=self.fault if self.vm_state == "error" else "",
        )


@dataclass
class Record:
    """A row of os-migrations, type evacuation."""

    id: int
    server: InstanceId
    source: NovaHost
    created: float
    dest: NovaHost | None = None
    status: str = "accepted"
    updated: float | None = None

    def view(self) -> Evacuation:
        # Of whole seconds, as Nova's database keeps them.
        created = _text(floor(self.created))
        updated = "" if self.updated is None else _text(floor(self.updated))
        return Evacuation(
            self.id, self.server, self.source, self.dest, self.status, created, updated
        )


@dataclass
class Service:
    """A nova-compute in os-services."""

    id: str
    host: Host
    service_down: float
    enabled: bool = True
    forced_down: bool = False
    reason: str = ""
    written: float = 0.0
    disabled_by: str = ""
    forced_by: str = ""

    @property
    def up(self) -> bool:
        silence = self.host.core.now - self.host.last_heartbeat()
        return not self.forced_down and silence <= self.service_down

    def view(self) -> ComputeService:
        return ComputeService(
            id=self.id,
            host=self.host.name,
            up=self.up,
            enabled=self.enabled,
            forced_down=self.forced_down,
            disabled_reason="" if self.enabled else self.reason,
            updated_at=_text(max(self.written, self.host.last_heartbeat())),
        )


@dataclass
class Database:
    servers: dict[InstanceId, Server] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    """As the records, but no evacuations."""
    services: dict[NovaHost, Service] = field(default_factory=dict)
    groups: list[ServerGroup] = field(default_factory=list)
    images: dict[ImageId, Mapping[str, str]] = field(default_factory=dict)
    flavors: list[Mapping[str, str]] = field(default_factory=list)
    """Extra specs of flavors, used or not."""
    _numbers: int = 0
    """Of services, ever."""

    def room(self) -> Sequence[HostRoom]:
        """As Placement has it, of which here each instance takes one vCPU."""
        hosts = [one.host for one in self.services.values()]
        return [
            HostRoom(one.name, {"VCPU": one.capacity}, {"VCPU": len(self.on(one.name))})
            for one in hosts
        ]

    def on(self, host: NovaHost) -> list[Server]:
        return [server for server in self.servers.values() if server.host == host]

    def add_service(self, host: Host) -> None:
        """A nova-compute that Nova does not know registers itself."""
        self._numbers += 1
        service = Service(f"5e41ce00-{self._numbers:012d}", host, host.core.timing.service_down)
        self.services[host.name] = service

    def is_up(self, host: NovaHost) -> bool:
        """As Nova sees it. A service that was deleted is not up."""
        service = self.services.get(host)
        return service is not None and service.up

    def add_record(self, server: Server, now: float) -> Record:
        record = Record(self._next_number(), server.id, server.host, now)
        self.records.append(record)
        return record

    def add_move(
        self, server: Server, kind: str, now: float, status: str, dest: NovaHost | None
    ) -> int:
        """The number of its record."""
        at = _text(floor(now))
        number = self._next_number()
        self.moves.append(Move(number, server.id, kind, server.host, dest, status, at))
        return number

    def move(self, number: int) -> Move:
        return next(one for one in self.moves if one.id == number)

    def change_move(self, number: int, now: float, **changes: Any) -> None:
        at = self.moves.index(self.move(number))
        self.moves[at] = replace(self.moves[at], updated_at=_text(floor(now)), **changes)

    def _next_number(self) -> int:
        """Evacuations and other moves are rows of one table."""
        return len(self.records) + len(self.moves) + 1

    def find(self, server: InstanceId) -> Server:
        """Raises NovaRefused."""
        found = self.servers.get(server)
        if found is None:
            raise NovaRefused(404, f"Instance {server} could not be found.")
        return found

    def records_of(self, server: InstanceId) -> Iterator[Record]:
        return (record for record in self.records if record.server == server)

    def moves_of(self, server: InstanceId) -> list[Move]:
        """Newest first."""
        return [move for move in reversed(self.moves) if move.instance == server]

    def moves_at(self, host: NovaHost) -> list[Move]:
        """From it or to it, newest first."""
        return [move for move in reversed(self.moves) if host in (move.source, move.dest)]

    def group_of(self, server: InstanceId) -> ServerGroup | None:
        return next((group for group in self.groups if server in group.members), None)

    def group_hosts(self, group: ServerGroup, but: InstanceId | None = None) -> set[NovaHost]:
        """Where the scheduler sees the members of a group, or the others."""
        return {
            self.servers[member].host
            for member in group.members
            if member != but and member in self.servers
        }


@lru_cache(maxsize=10_000)
def _text(time: float) -> str:
    return datetime.fromtimestamp(EPOCH + time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
