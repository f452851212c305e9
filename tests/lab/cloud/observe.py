"""What Nova's databases say, read beside Nova: nobody's log and no API in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.lab.cloud import database
from tests.lab.cloud.site import Site


@dataclass(frozen=True)
class InstanceRow:
    uuid: str
    name: str
    host: str | None
    vm_state: str
    task_state: str | None
    power_state: int
    launched_at: str | None


@dataclass(frozen=True)
class MigrationRow:
    id: int
    instance_uuid: str
    migration_type: str
    status: str
    source_compute: str
    dest_compute: str | None
    created_at: str
    updated_at: str | None


@dataclass(frozen=True)
class ServiceRow:
    uuid: str
    host: str
    binary: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool
    last_seen_up: str | None
    updated_at: str | None


_INSTANCE = (
    "uuid", "display_name", "host", "vm_state", "task_state", "power_state", "launched_at",
)  # fmt: skip
_MIGRATION = (
    "id", "instance_uuid", "migration_type", "status", "source_compute", "dest_compute",
    "created_at", "updated_at",
)  # fmt: skip
_SERVICE = (
    "uuid", "host", "binary", "disabled", "disabled_reason", "forced_down", "last_seen_up",
    "updated_at",
)  # fmt: skip


def instances(site: Site) -> list[InstanceRow]:
    """All that are not deleted; those that never found a host are in cell0."""
    found = []
    for cell in ("nova", "nova_cell0"):
        where = f"FROM {cell}.instances WHERE deleted = 0 ORDER BY id"
        found += database.rows(site.socket, _INSTANCE, where)
    return [InstanceRow(name=row.pop("display_name"), **row) for row in found]


def migrations(site: Site) -> list[MigrationRow]:
    found = database.rows(site.socket, _MIGRATION, "FROM nova.migrations ORDER BY id")
    return [MigrationRow(**row) for row in found]


def faults(site: Site) -> dict[str, str]:
    """The last thing that went wrong with each instance."""
    found: dict[str, str] = {}
    for cell in ("nova", "nova_cell0"):
        columns = ("instance_uuid", "message")
        for row in database.rows(site.socket, columns, f"FROM {cell}.instance_faults ORDER BY id"):
            found[row["instance_uuid"]] = row["message"]
    return found


def services(site: Site) -> list[ServiceRow]:
    where = "FROM nova.services WHERE deleted = 0 ORDER BY host"
    return [_service(row) for row in database.rows(site.socket, _SERVICE, where)]


def _service(row: dict[str, Any]) -> ServiceRow:
    row["disabled"] = bool(row["disabled"])
    row["forced_down"] = bool(row["forced_down"])
    return ServiceRow(**row)
