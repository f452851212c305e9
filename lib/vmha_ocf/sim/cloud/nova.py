"""The Nova port. What it asks of instances and services is in requests.py and services.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from vmha_ocf.errors import NovaBusy, NovaDenied, NovaUnavailable, NovaUnreached
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
    ServiceChange,
)
from vmha_ocf.model import Services as ListedServices
from vmha_ocf.sim.base.core import Core, Wire
from vmha_ocf.sim.base.journal import US
from vmha_ocf.sim.base.timeline import EPOCH
from vmha_ocf.sim.cloud.database import Database
from vmha_ocf.sim.cloud.moves import MIGRATION
from vmha_ocf.sim.cloud.requests import InstanceRequests
from vmha_ocf.sim.cloud.services import Services
from vmha_ocf.sim.cluster.hosts import Host

_NO = frozenset({"", "false", "no", "0", "off"})


class SimNova:
    def __init__(
        self,
        core: Core,
        database: Database,
        hosts: Mapping[NovaHost, Host],
        services: Services,
        requests: InstanceRequests,
    ) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self._services = services
        self._requests = requests
        before = {"down": _no_connection, "busy": _busy, "denied": _denied}
        self._wire = Wire(
            core, "nova", before, {"lost-answer": _lost, "timeout": _lost, "late": _lost}
        )

    def services(self, host: NovaHost | None = None) -> ListedServices:
        return self._wire.call("services", lambda: self._list_services(host), host)

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        return self._wire.call(
            "update_service", lambda: self._change_service(service, change), service.host
        )

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return self._wire.call("instances_on", lambda: self._list_instances(host), host)

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        return self._wire.call("evacuations_from", lambda: self._list_evacuations(host), host)

    def evacuations_since(self, at: float) -> Sequence[Evacuation]:
        return self._wire.call("evacuations_since", lambda: self._list_since(at - EPOCH))

    def moves_of(self, instance: Instance) -> Sequence[Move]:
        return self._wire.call("moves_of", lambda: self._list_moves(instance), instance.host)

    def moves_since(self, host: NovaHost, at: float) -> Sequence[Move]:
        return self._wire.call("moves_since", lambda: self._list_moves_at(host, at), host)

    def actions_of(self, instance: Instance) -> Sequence[Action]:
        return self._wire.call("actions_of", lambda: self._list_actions(instance), instance.host)

    def evacuate(self, instance: Instance) -> None:
        self._wire.call(
            "evacuate", lambda: self._act(self._requests.evacuate, instance), instance.host
        )

    def reset_to_error(self, instance: Instance) -> None:
        self._wire.call(
            "reset_to_error",
            lambda: self._act(self._requests.reset_to_error, instance),
            instance.host,
        )

    def stop(self, instance: Instance) -> None:
        stop = partial(self._requests.stop, by=US)
        self._wire.call("stop", lambda: self._act(stop, instance), instance.host)

    def start(self, instance: Instance) -> None:
        start = partial(self._requests.start, by=US)
        self._wire.call("start", lambda: self._act(start, instance), instance.host)

    def reboot(self, instance: Instance) -> None:
        reboot = partial(self._requests.reboot, by=US)
        self._wire.call("reboot", lambda: reboot(instance.id), instance.host)

    def migrate(self, instance: Instance) -> None:
        migrate = partial(self._requests.moves.cold_move, kind=MIGRATION, by=US)
        self._wire.call("migrate", lambda: self._act(migrate, instance), instance.host)

    def confirm(self, instance: Instance) -> None:
        confirm = partial(self._requests.moves.confirm, by=US)
        self._wire.call("confirm", lambda: self._act(confirm, instance), instance.host)

    def live_migrate(self, instance: Instance) -> None:
        migrate = partial(self._requests.moves.live_migrate, by=US)
        self._wire.call("live_migrate", lambda: self._act(migrate, instance), instance.host)

    def image_marks(self, images: Iterable[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
        asked = tuple(images)
        return self._wire.call(
            "image_marks",
            lambda: {image: dict(self._database.images.get(image, {})) for image in asked},
        )

    def anything_marked(self, keys: Sequence[str]) -> bool:
        return self._wire.call("anything_marked", lambda: self._any_mark(frozenset(keys)))

    def server_groups(self) -> Sequence[ServerGroup]:
        return self._wire.call("server_groups", lambda: tuple(self._database.groups))

    def _list_services(self, host: NovaHost | None) -> ListedServices:
        """Nova reads all cells and filters then: a cell that is down shows its hosts as unknown."""
        if host is not None:
            self._verify_cell(host)
        every = self._database.services.values()
        found = [one for one in every if host in (None, one.host.name)]
        hidden = frozenset(one.host.name for one in found if self._cell_is_down(one.host.name))
        shown = [one for one in found if one.host.name not in hidden]
        self._services.look(shown)
        return ListedServices([one.view() for one in shown], hidden)

    def _list_instances(self, host: NovaHost) -> Sequence[Instance]:
        if self._cell_is_down(host):
            return []
        found = self._database.on(host)
        for server in found:
            server.looked = self._core.now
        return [server.view() for server in found]

    def _list_evacuations(self, host: NovaHost) -> Sequence[Evacuation]:
        self._verify_cell(host)
        found = [record for record in self._database.records if record.source == host]
        return [record.view() for record in reversed(found)]

    def _list_moves(self, instance: Instance) -> Sequence[Move]:
        """Missing without a word, as the instances."""
        if self._cell_is_down(instance.host):
            return []
        return self._database.moves_of(instance.id)

    def _list_moves_at(self, host: NovaHost, at: float) -> Sequence[Move]:
        if self._cell_is_down(host):
            return []
        found = self._database.moves_at(host)
        return [one for one in found if _changed(one) >= at]

    def _list_actions(self, instance: Instance) -> Sequence[Action]:
        """Not Nova's part alone: its cell has them."""
        self._verify_cell(instance.host)
        server = self._database.find(instance.id)
        server.looked = self._core.now
        return list(reversed(server.actions))

    def _change_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        self._verify_cell(service.host)
        return self._services.change(service.id, change)

    def _act(self, act: Callable[[InstanceId], None], instance: Instance) -> None:
        self._verify_cell(instance.host)
        act(instance.id)

    def _verify_cell(self, host: NovaHost) -> None:
        if self._cell_is_down(host):
            raise NovaUnavailable(f"Nova cannot tell about {host}: its cell is down")

    def _list_since(self, at: float) -> Sequence[Evacuation]:
        found = [
            one for one in self._database.records if max(one.created, one.updated or 0.0) >= at
        ]
        return [record.view() for record in reversed(found)]

    def _cell_is_down(self, host: NovaHost) -> bool:
        return self._core.strike("nova.cell", "down", host) is not None

    def _any_mark(self, keys: frozenset[str]) -> bool:
        database = self._database
        servers = database.servers.values()
        tagged = any(server.tags & keys for server in servers)
        specs = [server.extra_specs for server in servers]
        own = [server.metadata for server in servers]
        marks = [*specs, *own, *database.flavors, *database.images.values()]
        return tagged or any(_marks(properties, keys) for properties in marks)


def _changed(move: Move) -> float:
    """In seconds since the epoch."""
    text = move.updated_at or move.created_at
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _marks(properties: Mapping[str, str], keys: frozenset[str]) -> bool:
    return any(properties.get(key, "").strip().lower() not in _NO for key in keys)


def _no_connection(method: str) -> NovaUnreached:
    return NovaUnreached(f"no connection to Nova ({method})")


def _busy(method: str) -> NovaBusy:
    return NovaBusy(f"Nova is busy: 429 Too Many Requests ({method})")


def _denied(method: str) -> NovaDenied:
    return NovaDenied(f"Policy does not allow {method}", hint="is the role admin?")


def _lost(method: str) -> NovaUnavailable:
    return NovaUnavailable(f"Nova did not answer in time ({method})")
