"""Items of Nova's lists as microversion 2.90 shows them to an admin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

Body = dict[str, Any]
IMAGE = "c0ffee00-0000-4000-8000-000000000001"


def uuid(number: int) -> str:
    return str(UUID(int=number, version=4))


def service(host: str, **changes: object) -> Body:
    return {
        "id": uuid(hash(host) & 0xFFFFFFFF),
        "binary": "nova-compute",
        "host": host,
        "zone": "nova",
        "status": "enabled",
        "state": "up",
        "updated_at": "2026-11-21T04:08:39.000000",
        "disabled_reason": None,
        "forced_down": False,
        **changes,
    }


def down_cell_service(host: str) -> Body:
    """From microversion 2.69."""
    return {"binary": "nova-compute", "host": host, "status": "UNKNOWN"}


def server(number: int, host: str, **changes: object) -> Body:
    return {
        "id": uuid(number),
        "name": f"server-{number}",
        "status": "ACTIVE",
        "tenant_id": "d8a4b5c0f6a14dd1a8cf1cbb3b3ad6bb",
        "user_id": "0f6c0ef6cbd94a7c9a4b8e6a9d4fd6aa",
        "metadata": {},
        "hostId": "9f1a3b",
        "image": {
            "id": IMAGE,
            "links": [{"rel": "bookmark", "href": f"http://nova/images/{IMAGE}"}],
        },
        "flavor": {
            "vcpus": 1,
            "ram": 64,
            "disk": 1,
            "ephemeral": 0,
            "swap": 0,
            "original_name": "m1.nano",
            "extra_specs": {},
        },
        "created": "2026-11-21T03:58:11Z",
        "updated": "2026-11-21T03:58:15Z",
        "addresses": {},
        "links": [{"rel": "self", "href": f"http://nova/v2.1/servers/{uuid(number)}"}],
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-AZ:availability_zone": "nova",
        "OS-EXT-SRV-ATTR:host": host,
        "OS-EXT-SRV-ATTR:instance_name": f"instance-{number:08x}",
        "OS-EXT-SRV-ATTR:hypervisor_hostname": host,
        "OS-EXT-STS:task_state": None,
        "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:power_state": 1,
        "os-extended-volumes:volumes_attached": [],
        "locked": False,
        "description": None,
        "tags": [],
        "trusted_image_certificates": None,
        **changes,
    }


def down_cell_server(number: int) -> Body:
    return {
        "id": uuid(number),
        "status": "UNKNOWN",
        "tenant_id": "d8a4",
        "created": "",
        "links": [],
    }


def migration(number: int, source: str, **changes: object) -> Body:
    return {
        "id": number,
        "uuid": uuid(0x100000 + number),
        "instance_uuid": uuid(number),
        "migration_type": "evacuation",
        "source_compute": source,
        "source_node": source,
        "dest_compute": None,
        "dest_node": None,
        "dest_host": None,
        "status": "accepted",
        "created_at": f"2026-11-21T04:00:{number % 60:02d}.000000",
        "updated_at": None,
        **changes,
    }


def group(number: int, *members: str, policy: str = "anti-affinity") -> Body:
    return {
        "id": uuid(number),
        "name": f"group-{number}",
        "policy": policy,
        "rules": {},
        "members": list(members),
        "project_id": "d8a4",
        "user_id": "0f6c",
    }


def flavor(number: int, **extra_specs: str) -> Body:
    return {"id": str(number), "name": f"flavor-{number}", "extra_specs": extra_specs}


def image(image_id: str, *tags: str, **properties: object) -> Body:
    return {"id": image_id, "name": "cirros", "status": "active", "tags": list(tags), **properties}
