"""What Placement says of each compute host's room. One list, then two requests for each host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keystoneauth1.adapter import LegacyJsonAdapter

from vmha_ocf.backends.openstack.api import Api
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.backends.process.threads import Threads
from vmha_ocf.cloud.capacity import CLASSES, HostRoom
from vmha_ocf.errors import NovaUnavailable
from vmha_ocf.model import NovaHost

AT_ONCE = 8


def read_room(credentials: Credentials, timeout: float) -> Sequence[HostRoom]:
    """A provider's name is the hypervisor's: for libvirt the host's full name. Providers without
    vCPUs (shared disks, GPUs) are left out. Raises NovaUnavailable, NovaDenied."""
    login = Login(credentials, timeout)
    adapter = LegacyJsonAdapter(login.session, service_type="placement")
    api = Api("Placement", "placement", login, adapter)
    answer = api.get("/resource_providers", "list resource providers")
    providers = answer.get("resource_providers")
    if not isinstance(providers, list):
        raise NovaUnavailable("Placement's list of resource providers makes no sense")
    rooms = Threads(AT_ONCE)(lambda one: _room(api, one), providers)
    return [room for room in rooms if "VCPU" in room.capacity]


def _room(api: Api, provider: Mapping[str, Any]) -> HostRoom:
    path = f"/resource_providers/{provider['uuid']}"
    inventories = api.get(f"{path}/inventories", "read an inventory").get("inventories", {})
    usages = api.get(f"{path}/usages", "read a usage").get("usages", {})
    try:
        return HostRoom(
            NovaHost(str(provider["name"])),
            {name: _capacity(inventories[name]) for name in CLASSES if name in inventories},
            {name: int(usages.get(name, 0)) for name in CLASSES},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NovaUnavailable(f"Placement's answer cannot be understood: {error}") from error


def _capacity(inventory: Mapping[str, Any]) -> int:
    usable = int(inventory["total"]) - int(inventory.get("reserved", 0))
    return int(usable * float(inventory.get("allocation_ratio", 1.0)))
