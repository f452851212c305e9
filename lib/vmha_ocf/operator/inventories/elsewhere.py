"""MAAS' machines and openstack-ansible's hosts: who there is; their BMCs are kept elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.operator.inventories.bmc_keys import read_bmc
from vmha_ocf.operator.inventories.machine import Machine, Role
from vmha_ocf.operator.inventories.tree import first, leaf, mapping, words

_OF_OSA = "_hosts"


def is_maas(items: Sequence[object]) -> bool:
    return any(isinstance(item, Mapping) and "system_id" in item for item in items)


def read_maas(items: Sequence[object], path: str) -> Iterator[Machine]:
    """``maas PROFILE machines read``; ``power_parameters`` is there if somebody has added it."""
    for number, item in enumerate(items, 1):
        one = mapping(item, path, f"machine {number}")
        name = first(one, ("hostname", "fqdn"), path, f"machine {number}")
        where = name or f"machine {number}"
        tags = words(one.get("tag_names"), path, f"tag_names of {where}")
        pool = leaf(mapping(one.get("pool"), path, f"pool of {where}"), "name", path, where)
        power = mapping(one.get("power_parameters"), path, f"power_parameters of {where}")
        yield Machine(
            name,
            where,
            read_bmc(power, path, where, leaf(one, "power_type", path, where)),
            address=leaf(one, "fqdn", path, where),
            driver=leaf(one, "power_type", path, where),
            roles=tuple(Role("tag", word) for word in (*tags, pool) if word),
        )


def is_roles(items: Sequence[object]) -> bool:
    """TripleO's overcloud-baremetal-deploy.yaml."""
    roles = [
        item
        for item in items
        if isinstance(item, Mapping) and item.keys() & {"count", "instances"}
    ]
    return bool(roles) and not any(
        item.keys() & {"driver", "driver_info", "pm_type", "pm_addr"} for item in roles
    )


def is_osa(top: Mapping[str, object]) -> bool:
    return any(name.endswith(_OF_OSA) and isinstance(top[name], Mapping) for name in top)


def read_osa(top: Mapping[str, object], path: str) -> Iterator[Machine]:
    """openstack_user_config.yml: ``compute_hosts: {compute1: {ip: 192.0.2.16}}``."""
    found: dict[str, list[str]] = {}
    addresses: dict[str, str] = {}
    for group in (name for name in top if name.endswith(_OF_OSA)):
        for host, item in mapping(top[group], path, group).items():
            one = mapping(item, path, host)
            found.setdefault(host, []).append(group.removesuffix(_OF_OSA))
            addresses.setdefault(host, leaf(one, "ip", path, host))
    for host, groups in found.items():
        roles = tuple(Role("group", group) for group in groups)
        yield Machine(host, host, address=addresses[host], roles=roles)
