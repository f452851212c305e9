"""The Nova port on the real one. Only NovaEvacuate's worker imports this.

Several threads may call it at once: they share one session and one token, a request changes
nothing in either, and novaclient's managers, some of which do, are not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.backends.openstack.glance import Glance
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.backends.openstack.nova_api import NovaApi
from vmha_ocf.backends.openstack.nova_values import (
    NOT_ADMIN,
    Item,
    Pool,
    to_action,
    to_evacuation,
    to_group,
    to_instance,
    to_move,
    to_services,
)
from vmha_ocf.errors import NovaDenied, NovaUnavailable, ParameterError, VmhaError
from vmha_ocf.model import (
    Action,
    ComputeService,
    Evacuation,
    ImageId,
    Instance,
    Move,
    NovaHost,
    ServerGroup,
    ServiceChange,
    Services,
)

R = TypeVar("R", Evacuation, Move)
_TAG_LIMIT = 60
"""Characters of a server tag. None holds a comma or a slash either."""


class OpenStackNova:
    """Logs in and agrees on a microversion with its first request.

    One request per call and page; update_service and an empty list take one more."""

    def __init__(self, credentials: Credentials, timeout: float = 30.0) -> None:
        """``timeout`` in seconds, for each wait of a request.

        Raises LocalParameterError, NotInstalled."""
        self._login = login = Login(credentials, timeout)
        self._api = NovaApi(login)
        self._glance = Glance(login)
        self._pool = Pool()

    @property
    def requests(self) -> int:
        """How many were sent to Nova so far, retries included."""
        return self._api.meter.count

    @property
    def image_requests(self) -> int:
        """How many were sent to Glance."""
        return self._glance.requests

    @property
    def microversion(self) -> str:
        """ "" before the first request."""
        pinned = self._api.microversion
        return "{}.{}".format(*pinned) if pinned else ""

    def services(self, host: NovaHost | None = None) -> Services:
        query = {} if host is None else {"host": _named(host)}
        path, doing = "/os-services", "list compute services"
        answer = self._api.get(path, doing, binary="nova-compute", **query)
        items = [one for one in _list(answer, "services") if host in (None, one.get("host"))]
        # The filter by binary is checked as the one by host: a dropped one would show conductors.
        found = to_services(one for one in items if one.get("binary") == "nova-compute")
        if host is not None and found.unknown:
            raise NovaUnavailable(
                f"Nova cannot tell about {host}: its cell is down",
                hint="its database or message bus does not answer Nova",
            )
        return found

    def update_service(self, service: ComputeService, change: ServiceChange) -> ComputeService:
        path = f"/os-services/{quote(service.id)}"
        doing = f"update the compute service of {service.host}"
        self._api.send("PUT", path, doing, _changed_fields(change))
        # Its answer's updated_at is a microsecond time that the database then rounds: compared
        # with the next list it would look like a heartbeat of a host that is dead.
        for shown in self.services(service.host):
            if shown.id == service.id:
                return shown
        raise NovaUnavailable(f"the compute service of {service.host} was deleted meanwhile")

    def instances_on(self, host: NovaHost) -> Sequence[Instance]:
        found: list[Instance] = []
        query = {"all_tenants": "1", "host": _named(host)}
        for page in self._api.pages("/servers/detail", "servers", "list all instances", **query):
            found += [to_instance(item, host, self._pool) for item in page]
        self._verify_empty(found, host)
        return found

    def evacuations_from(self, host: NovaHost) -> Sequence[Evacuation]:
        found: list[Evacuation] = []
        query = {"migration_type": "evacuation", "source_compute": _named(host)}
        doing = "list evacuations"
        for page in self._api.pages("/os-migrations", "migrations", doing, marker="uuid", **query):
            found += [to_evacuation(item, host) for item in page]
        self._verify_empty(found, host)
        return _newest_first(found)

    def evacuations_since(self, at: float) -> Sequence[Evacuation]:
        found: list[Evacuation] = []
        query = {"migration_type": "evacuation", "changes-since": _utc(at)}
        doing = "list evacuations"
        for page in self._api.pages("/os-migrations", "migrations", doing, marker="uuid", **query):
            found += [to_evacuation(item) for item in page]
        return _newest_first(found)

    def moves_of(self, instance: Instance) -> Sequence[Move]:
        found = self._moves("list the moves of an instance", instance_uuid=instance.id)
        for one in found:
            if one.instance != instance.id:
                raise NovaDenied(
                    f"Nova was asked for the moves of {instance.id} and listed another's",
                    hint=NOT_ADMIN,
                )
        return found

    def moves_since(self, host: NovaHost, at: float) -> Sequence[Move]:
        query = {"host": _named(host), "changes-since": _utc(at)}
        found = self._moves("list the moves of a host", **query)
        for one in found:
            if host not in (one.source, one.dest):
                raise NovaDenied(
                    f"Nova was asked for the moves of {host} and listed another's", hint=NOT_ADMIN
                )
        return found

    def _moves(self, doing: str, **query: str) -> Sequence[Move]:
        found: list[Move | None] = []
        for page in self._api.pages("/os-migrations", "migrations", doing, marker="uuid", **query):
            found += [to_move(item) for item in page]
        return _newest_first([one for one in found if one is not None])

    def actions_of(self, instance: Instance) -> Sequence[Action]:
        path = f"/servers/{quote(instance.id)}/os-instance-actions"
        answer = self._api.get(path, "list what was asked of an instance")
        items, user = _list(answer, "instanceActions"), self._login.user
        found = [to_action(item, instance.id, user) for item in items]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def evacuate(self, instance: Instance) -> None:
        # No host: the scheduler chooses. Since microversion 2.68 there is nothing to force.
        self._act(instance, f"evacuate {instance.id}", {"evacuate": {}})

    def reset_to_error(self, instance: Instance) -> None:
        body = {"os-resetState": {"state": "error"}}
        self._act(instance, f"reset {instance.id} to error", body)

    def stop(self, instance: Instance) -> None:
        self._act(instance, f"stop {instance.id}", {"os-stop": None})

    def start(self, instance: Instance) -> None:
        self._act(instance, f"start {instance.id}", {"os-start": None})

    def reboot(self, instance: Instance) -> None:
        body = {"reboot": {"type": "HARD"}}
        self._act(instance, f"reboot {instance.id}", body)

    def migrate(self, instance: Instance) -> None:
        # No host: the scheduler chooses, and nobody is forced.
        self._act(instance, f"migrate {instance.id}", {"migrate": None})

    def confirm(self, instance: Instance) -> None:
        body = {"confirmResize": None}
        self._act(instance, f"confirm the migration of {instance.id}", body)

    def live_migrate(self, instance: Instance) -> None:
        body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
        self._act(instance, f"migrate {instance.id} live", body)

    def image_marks(self, images: Iterable[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
        return self._glance.marks(images)

    def anything_marked(self, keys: Sequence[str]) -> bool:
        # The cheapest first.
        return bool(keys) and (
            self._any_server_tagged(keys)
            or any(_is_marked(flavor, keys) for flavor in self._flavors())
            or self._glance.anything_marked(keys)
            or self._any_metadata(keys)
        )

    def server_groups(self) -> Sequence[ServerGroup]:
        """By offset, until an empty page: Nova's own limit of a page is not known."""
        found: list[ServerGroup] = []
        while True:
            query = {"all_projects": "True", "limit": 1000, "offset": len(found)}
            answer = self._api.get("/os-server-groups", "list server groups", **query)
            page = _list(answer, "server_groups")
            if not page:
                return found
            found += [to_group(item) for item in page]

    def _verify_empty(self, found: Sequence[object], host: NovaHost) -> None:
        """Of a cell that is down Nova lists nothing at all, as if there were nothing. Only its
        services tell (microversion 2.69). Raises NovaUnavailable."""
        if not found:
            self.services(host)

    def _act(self, instance: Instance, doing: str, body: object) -> None:
        self._api.send("POST", f"/servers/{quote(instance.id)}/action", doing, body)

    def _any_server_tagged(self, keys: Sequence[str]) -> bool:
        tags = [key for key in keys if len(key) <= _TAG_LIMIT and not {",", "/"} & set(key)]
        if not tags:
            return False
        query = {"all_tenants": 1, "limit": 1, "tags-any": ",".join(tags)}
        answer = self._api.get("/servers/detail", "list all instances", **query)
        servers = _list(answer, "servers")
        if servers and set(tags).isdisjoint(servers[0].get("tags") or []):
            raise NovaDenied("Nova does not filter instances by tag for us")
        return bool(servers)

    def _any_metadata(self, keys: Sequence[str]) -> bool:
        """Nova finds metadata by its exact value alone, and true is written in many ways: so every
        server is looked at. One of a cell that is down may be marked: NovaUnavailable."""
        every = {"all_tenants": "1"}
        for page in self._api.pages("/servers/detail", "servers", "list all instances", **every):
            if any(
                _is_true((server.get("metadata") or {}).get(key))
                for server in page
                for key in keys
            ):
                return True
            if any("metadata" not in server for server in page):
                raise NovaUnavailable(
                    "Nova cannot list all instances: a cell is down",
                    hint="its database does not answer Nova",
                )
        return False

    def _flavors(self) -> Iterator[Item]:
        """Private ones, too. Microversion 2.61 and later show the extra specs here."""
        every = {"is_public": "None"}
        for page in self._api.pages("/flavors/detail", "flavors", "list flavors", **every):
            if any("extra_specs" not in flavor for flavor in page):
                raise NovaDenied(
                    "Nova does not show the extra specs of flavors",
                    hint="the user needs the admin role, or untagged=all or none",
                )
            yield from page


def _newest_first(found: Iterable[R]) -> list[R]:
    """Cells number their records each for itself, and each cell's come sorted."""
    return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(host: NovaHost) -> str:
    """An empty filter is none: it would list the whole cloud."""
    if not host.strip():
        raise VmhaError("the name of a compute host is empty")
    return host


def _list(answer: Mapping[str, object], key: str) -> list[Item]:
    items = answer.get(key)
    if not isinstance(items, list):
        raise NovaUnavailable(f"Nova's answer has no {key}")
    return items


def _changed_fields(change: ServiceChange) -> Mapping[str, object]:
    fields: dict[str, object] = {}
    if change.forced_down is not None:
        fields["forced_down"] = change.forced_down
    if change.enabled is not None:
        fields["status"] = "enabled" if change.enabled else "disabled"
    if change.reason is not None:
        fields["disabled_reason"] = change.reason
    return fields


def _is_marked(flavor: Item, keys: Sequence[str]) -> bool:
    return any(_is_true(flavor["extra_specs"].get(key)) for key in keys)


def _is_true(value: object) -> bool:
    try:
        return parse_boolean(str(value))
    except ParameterError:
        return False
