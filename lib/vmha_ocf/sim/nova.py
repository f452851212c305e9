"""The Nova port: the API's checks, in its order and in its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vmha_ocf.errors import NovaBusy, NovaDenied, NovaRefused, NovaUnavailable, NovaUnreached
from vmha_ocf.model import (
    ComputeService,
    Evacuation,
    ImageId,
    Instance,
    NovaHost,
    ServerGroup,
    ServiceChange,
)
from vmha_ocf.sim.core import Core, Wire
from vmha_ocf.sim.database import Database, Record, Server
from vmha_ocf.sim.hosts import Host
from vmha_ocf.sim.journal import EvacuateAccepted
from vmha_ocf.sim.rebuild import Rebuilder
from vmha_ocf.sim.services import Services

_EVACUABLE = frozenset({"active", "stopped", "error"})
_STOPPABLE = frozenset({"active", "rescued", "error"})
_MOVED = frozenset({"done", "completed"})
_NO = frozenset({"", "false", "no", "0", "off"})


class SimNova:
    def __init__(
        self,
        core: Core,
        database: Database,
        hosts: Mapping[NovaHost, Host],
        rebuilder: Rebuilder,
        services: Services,
    ) -> None:
        self._core = core
        self._database = database
        self._hosts = hosts
        self._rebuilder = rebuilder
        self._services = services
        before = {"down": _no_connection, "busy": _busy, "denied": _denied}
        self._wire = Wire(
            core, "nova", before, {"lost-answer": _lost, "timeout": _lost, "late": _lost}
        )

    def services(self, host: NovaHost | None = None) -> Sequence[ComputeService]:
        return self._wire.call("services", lambda: self._list_services(host), host)

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        return self._wire.call(
            "update_service", lambda: self._services.change(service.id, change), service.host
        )

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        return self._wire.call("instances_on", lambda: self._list_instances(host), host)

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        return self._wire.call("evacuations_from", lambda: self._list_evacuations(host), host)

    def evacuate(self, instance: Instance) -> None:
        self._wire.call("evacuate", lambda: self._evacuate(instance), instance.host)

    def reset_to_error(self, instance: Instance) -> None:
        self._wire.call("reset_to_error", lambda: self._reset(instance), instance.host)

    def stop(self, instance: Instance) -> None:
        self._wire.call("stop", lambda: self._stop(instance), instance.host)

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

    def _list_services(self, host: NovaHost | None) -> Sequence[ComputeService]:
        if any(self._cell_is_down(name) for name in self._hosts):
            raise NovaUnavailable("a cell is down: os-services is incomplete")
        found = self._database.services.values()
        return [one.view() for one in found if host in (None, one.host.name)]

    def _list_instances(self, host: NovaHost) -> Sequence[Instance]:
        if self._cell_is_down(host):
            return []
        return [server.view() for server in self._database.on(host)]

    def _list_evacuations(self, host: NovaHost) -> Sequence[Evacuation]:
        found = [record for record in self._database.records if record.source == host]
        return [record.view() for record in reversed(found)]

    def _cell_is_down(self, host: NovaHost) -> bool:
        return self._core.strike("nova.cell", "down", host) is not None

    def _evacuate(self, instance: Instance) -> None:
        server = self._find(instance)
        self._verify_evacuable(server)
        rivals = tuple(record.id for record in self._rivals(server))
        fact = EvacuateAccepted(self._core.now, server.host, server.id, rivals)
        self._core.journal.note(fact)
        self._rebuilder.accept(server)

    def _verify_evacuable(self, server: Server) -> None:
        """The task_state is not looked at: that is how Nova accepts a second evacuation."""
        if server.vtpm:
            text = "Operation 'evacuate' not supported for vTPM-enabled instance"
            raise NovaRefused(400, f"{text} {server.id}.")
        if server.vm_state not in _EVACUABLE:
            raise _wrong_state("evacuate", server, f"vm_state {server.vm_state}")
        if not server.launched:
            text = f"Instance {server.id} is in an invalid state for 'evacuate'"
            raise NovaRefused(409, text)
        if self._database.services[server.host].up:
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

    def _reset(self, instance: Instance) -> None:
        server = self._find(instance)
        server.fail()
        self._core.journal.say("nova", f"{server.name} is reset to error")

    def _stop(self, instance: Instance) -> None:
        server = self._find(instance)
        if server.task_state is not None:
            raise _wrong_state("stop", server, f"task_state {server.task_state}")
        if server.vm_state not in _STOPPABLE:
            raise _wrong_state("stop", server, f"vm_state {server.vm_state}")
        if not self._database.services[server.host].up:
            raise NovaRefused(409, "Service is unavailable at this time.")
        server.task_state = "powering-off"
        self._core.timeline.after(self._core.timing.save, lambda: self._stopped(server))

    def _stopped(self, server: Server) -> None:
        if server.task_state == "powering-off" and self._hosts[server.host].listening:
            self._hosts[server.host].halt(server.id)
            server.vm_state, server.task_state, server.powered_off = "stopped", None, True
            self._core.journal.say("nova", f"{server.name} is stopped")

    def _any_mark(self, keys: frozenset[str]) -> bool:
        database = self._database
        servers = database.servers.values()
        tagged = any(server.tags & keys for server in servers)
        specs = [server.extra_specs for server in servers]
        marks = [*specs, *database.flavors, *database.images.values()]
        return tagged or any(_marks(properties, keys) for properties in marks)

    def _find(self, instance: Instance) -> Server:
        server = self._database.servers.get(instance.id)
        if server is None:
            raise NovaRefused(404, f"Instance {instance.id} could not be found.")
        return server


def _marks(properties: Mapping[str, str], keys: frozenset[str]) -> bool:
    return any(properties.get(key, "").strip().lower() not in _NO for key in keys)


def _wrong_state(action: str, server: Server, state: str) -> NovaRefused:
    text = f"Cannot '{action}' instance {server.id} while it is in {state}"
    return NovaRefused(409, text)


def _no_connection(method: str) -> NovaUnreached:
    return NovaUnreached(f"no connection to Nova ({method})")


def _busy(method: str) -> NovaBusy:
    return NovaBusy(f"Nova is busy: 429 Too Many Requests ({method})")


def _denied(method: str) -> NovaDenied:
    return NovaDenied(f"Policy does not allow {method}", hint="is the role admin?")


def _lost(method: str) -> NovaUnavailable:
    return NovaUnavailable(f"Nova did not answer in time ({method})")
