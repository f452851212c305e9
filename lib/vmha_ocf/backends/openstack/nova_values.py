"""Nova's JSON -> our values, small enough to know 20,000 instances. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from vmha_ocf.errors import NovaDenied, NovaUnavailable
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
    Services,
)

P = ParamSpec("P")
R = TypeVar("R")
Item = Mapping[str, Any]
SHUTDOWN = 4
"""Nova's power_state of a guest that is off."""
_HOST = "OS-EXT-SRV-ATTR:host"
_VM_STATE = "OS-EXT-STS:vm_state"
_ID = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.:-]{0,254}")
"""UUIDs, really. An id becomes part of the address of a request."""
NOT_ADMIN = "the user needs the admin role in its project"


class Pool:
    """Keeps one of each of the small mappings and sets that thousands of instances have alike."""

    _MOST = 4096

    def __init__(self) -> None:
        self._mappings: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def mapping(self, values: Mapping[str, Any]) -> Mapping[str, str]:
        items = tuple((sys.intern(str(key)), str(value)) for key, value in values.items())
        # Metadata can be unique to each instance: what does not repeat is not worth keeping.
        if len(self._mappings) >= self._MOST:
            self._mappings.clear()
        return self._mappings.setdefault(items, dict(items))

    def words(self, values: list[str]) -> frozenset[str]:
        words = frozenset(sys.intern(str(value)) for value in values)
        if len(self._sets) >= self._MOST:
            self._sets.clear()
        return self._sets.setdefault(words, words)


def _understood(convert: Callable[P, R]) -> Callable[P, R]:
    """NovaUnavailable for an answer of another shape than Nova's."""

    @wraps(convert)
    def converted(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return convert(*args, **kwargs)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise NovaUnavailable(
                f"Nova's answer cannot be understood: {type(error).__name__} {error}"
            ) from error

    return converted


@_understood
def to_services(items: Iterable[Item]) -> Services:
    """What microversion 2.69 and later show of a cell that is down is a host's name alone."""
    known: list[ComputeService] = []
    unknown: list[NovaHost] = []
    for item in items:
        if item.get("status") == "UNKNOWN" or "id" not in item:
            unknown.append(NovaHost(sys.intern(str(item["host"]))))
        else:
            known.append(_service(item))
    return Services(known, frozenset(unknown))


def _service(item: Item) -> ComputeService:
    return ComputeService(
        id=_id(item["id"]),
        host=NovaHost(sys.intern(str(item["host"]))),
        up=item.get("state") == "up",
        enabled=item.get("status") == "enabled",
        forced_down=item.get("forced_down") is True,
        disabled_reason=str(item.get("disabled_reason") or ""),
        updated_at=str(item.get("updated_at") or ""),
    )


@_understood
def to_instance(item: Item, host: NovaHost, pool: Pool) -> Instance:
    """Raises NovaDenied, NovaUnavailable: nothing may be concluded from such a listing."""
    if item.get("status") == "UNKNOWN" and _VM_STATE not in item:
        raise NovaUnavailable(
            f"Nova cannot list the instances of {host}: a cell is down",
            hint="its database does not answer Nova",
        )
    _verify_host(item.get(_HOST), host, "instances")
    flavor = item.get("flavor") or {}
    image = item.get("image") or {}
    task_state = item.get("OS-EXT-STS:task_state")
    return Instance(
        id=InstanceId(_id(item["id"])),
        host=host,
        name=str(item.get("name") or ""),
        vm_state=sys.intern(str(item[_VM_STATE])),
        task_state=sys.intern(str(task_state)) if task_state else None,
        powered_off=item.get("OS-EXT-STS:power_state") == SHUTDOWN,
        tags=pool.words(item.get("tags") or []),
        metadata=pool.mapping(item.get("metadata") or {}),
        extra_specs=pool.mapping(flavor["extra_specs"]) if "extra_specs" in flavor else None,
        # "" or nothing: booted from a volume.
        image=ImageId(sys.intern(_id(image["id"]))) if image else None,
        project=sys.intern(str(item.get("tenant_id") or "")),
        fault=str((item.get("fault") or {}).get("message") or ""),
    )


@_understood
def to_evacuation(item: Item, host: NovaHost | None = None) -> Evacuation:
    """Off ``host``, or off any. Raises NovaDenied as to_instance does."""
    source = item.get("source_compute")
    _verify_host(source, NovaHost(str(source)) if host is None else host, "evacuations")
    if item.get("migration_type", "evacuation") != "evacuation":
        raise NovaDenied("Nova was asked for evacuations and listed other moves", hint=NOT_ADMIN)
    dest = item.get("dest_compute")
    return Evacuation(
        id=int(item["id"]),
        instance=InstanceId(_id(item["instance_uuid"])),
        source=NovaHost(sys.intern(str(source))),
        dest=NovaHost(sys.intern(str(dest))) if dest else None,
        status=sys.intern(str(item["status"])),
        created_at=str(item.get("created_at") or ""),
        updated_at=str(item.get("updated_at") or ""),
    )


@_understood
def to_move(item: Item) -> Move | None:
    """None for an evacuation. Raises NovaDenied as to_instance does."""
    kind, source, dest = (
        item["migration_type"],
        item.get("source_compute"),
        item.get("dest_compute"),
    )
    if kind == "evacuation":
        return None
    if not source:
        raise NovaDenied("Nova does not show which hosts moves are between", hint=NOT_ADMIN)
    return Move(
        id=int(item["id"]),
        instance=InstanceId(str(item["instance_uuid"])),
        kind=sys.intern(str(kind)),
        source=NovaHost(sys.intern(str(source))),
        dest=NovaHost(sys.intern(str(dest))) if dest else None,
        status=sys.intern(str(item["status"])),
        created_at=str(item.get("created_at") or ""),
        updated_at=str(item.get("updated_at") or ""),
    )


@_understood
def to_action(item: Item, instance: InstanceId, me: str) -> Action:
    """Raises NovaDenied as to_instance does. Those that Nova asked for itself have no user. ``me``: the id
    of who we are; "" where that is not known."""
    if item.get("instance_uuid") != instance:
        raise NovaDenied(
            f"Nova was asked for the actions of {instance} and listed another's", hint=NOT_ADMIN
        )
    at, _, _ = str(item["start_time"]).partition(".")
    user = str(item["user_id"] or "")
    return Action(sys.intern(str(item["action"])), at, user, is_ours=not me or user == me)


@_understood
def to_group(item: Item) -> ServerGroup:
    """``policy`` since microversion 2.64; ``policies`` before, which we never ask for."""
    members = (InstanceId(sys.intern(str(member))) for member in item.get("members") or [])
    return ServerGroup(str(item["id"]), sys.intern(str(item["policy"])), frozenset(members))


def _id(value: object) -> str:
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ValueError(f"{value!r:.60} is no id")


def _verify_host(found: object, host: NovaHost, what: str) -> None:
    """Nova drops a filter that the user may not use and lists the whole cloud instead."""
    if found and found == host:
        return
    if not found:
        raise NovaDenied(f"Nova does not show which host the {what} are on", hint=NOT_ADMIN)
    raise NovaDenied(
        f"Nova was asked for the {what} of {host} and listed some of {found}: "
        "it ignored what was asked, so none of them can be trusted",
        hint=NOT_ADMIN,
    )
