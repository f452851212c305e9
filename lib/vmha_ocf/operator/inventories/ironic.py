"""TripleO's instackenv, the file of ``openstack baremetal create``, Ironic's own JSON, bifrost's.
Pure.

All have the same nodes under other names: ``pm_addr`` or ``driver_info: {ipmi_address: }``,
``capabilities`` here or in ``properties``; ``openstack baremetal node list --long`` writes
``Driver Info``.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.operator.inventories.bmc_keys import read_bmc, undrivable, unread
from vmha_ocf.operator.inventories.machine import Machine, Role
from vmha_ocf.operator.inventories.tree import first, leaf, mapping, said, sequence, words, wrong

_IDLE = frozenset(
    {
        "enroll",
        "manageable",
        "available",
        "clean failed",
        "inspect failed",
        "clean wait",
        "cleaning",
        "adopt failed",
    }
)
_PAIR = re.compile(r"(\w+)='((?:[^'\\]|\\.)*)'")


def nodes_of(top: Mapping[str, object], path: str) -> Sequence[object]:
    """Of ``nodes``, and of the ``nodes`` of each of ``chassis``."""
    found = list(sequence(top.get("nodes", []), path, "nodes"))
    for number, item in enumerate(sequence(top.get("chassis", []), path, "chassis"), 1):
        chassis = mapping(item, path, f"chassis {number}")
        found += sequence(chassis.get("nodes", []), path, f"nodes of chassis {number}")
    return found


def read_nodes(items: Sequence[object], path: str) -> Iterator[Machine]:
    for number, item in enumerate(items, 1):
        yield read_node(mapping(item, path, f"node {number}"), f"node {number}", path)


def is_bifrost(top: Mapping[str, object]) -> bool:
    return any(isinstance(one, Mapping) and "driver" in one for one in top.values())


def read_bifrost(top: Mapping[str, object], path: str) -> Iterator[Machine]:
    """Its inventory is a mapping of names; ``name`` inside counts, as it does for bifrost."""
    for name, item in top.items():
        node = mapping(item, path, name)
        yield read_node({"name": name, **node}, name, path)


def read_node(item: Mapping[str, object], place: str, path: str) -> Machine:
    one = {key.lower().replace(" ", "_"): value for key, value in said(item).items()}
    name = leaf(one, "name", path, place)
    where = name or place
    info = _flat(_values(one.get("driver_info"), path, f"driver_info of {where}"))
    told = {**one, **said(info)}
    driver = _driver(one, path, where)
    return Machine(
        name,
        where,
        read_bmc(told, path, where, driver),
        host=_deployed_as(one, path, where),
        address=first(one, ("ipv4_address", "ansible_ssh_host"), path, where),
        driver=driver,
        undrivable=undrivable(told, path, where),
        roles=tuple(_roles(one, path, where)),
        idle=_idle(one, path, where),
    )


def not_read(items: Sequence[object]) -> list[str]:
    """Names of a BMC's that nobody knows, of all nodes."""
    return sorted({key for item in items if isinstance(item, Mapping) for key in unread(item)})


def _driver(one: Mapping[str, object], path: str, where: str) -> str:
    """What switches the power, where that was chosen apart from the rest of the hardware type."""
    power = leaf(one, "power_interface", path, where)
    if power and power != "no-power":
        return power
    return first(one, ("pm_type", "driver"), path, where)


def _idle(one: Mapping[str, object], path: str, where: str) -> str:
    """Where the file is Ironic's answer: what is rescued, or has failed to be rebuilt, is deployed, too."""
    state = first(one, ("provision_state", "provisioning_state"), path, where)
    return state if state in _IDLE else ""


def _deployed_as(one: Mapping[str, object], path: str, where: str) -> str:
    """What the undercloud's Nova, or metalsmith, has called the machine that it made of the node."""
    return leaf(_values(one.get("instance_info"), path, where), "display_name", path, where)


def _roles(one: Mapping[str, object], path: str, where: str) -> Iterator[Role]:
    properties = _values(one.get("properties"), path, f"properties of {where}")
    for found in (one.get("capabilities"), properties.get("capabilities")):
        for key, value in _capabilities(found).items():
            yield from _by_capability(key, value)
    for key in ("profile", "flavor"):
        if word := leaf(one, key, path, where):
            yield Role(key, word)
    # TripleO's classes are baremetal.compute and the like, which says nothing of bare metal.
    kind = leaf(one, "resource_class", path, where)
    if word := re.sub(r"(?i)^(custom_)?baremetal[._-]?", "", kind):
        yield Role("resource class", word)
    for group in words(one.get("host_groups"), path, f"host_groups of {where}"):
        yield Role("group", group)


def _by_capability(key: str, value: str) -> Iterator[Role]:
    if key == "profile" and value:
        yield Role("profile", value)
    elif key.endswith("_profile") and value.lower() in ("1", "true"):
        yield Role("profile", key.removesuffix("_profile"))
    elif key == "node":
        yield Role("node capability", value)


def _capabilities(found: object) -> Mapping[str, str]:
    """``profile:compute,boot_option:local``, or a mapping."""
    if isinstance(found, Mapping):
        return {key: value for key, value in found.items() if isinstance(value, str)}
    text = found if isinstance(found, str) else ""
    pairs = (part.partition(":") for part in text.split(","))
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _flat(info: Mapping[str, object]) -> Mapping[str, object]:
    """bifrost has ``power:`` inside, with what others have beside it."""
    inner = info.get("power")
    return {**info, **inner} if isinstance(inner, Mapping) else info


def _values(found: object, path: str, what: str) -> Mapping[str, object]:
    """A mapping, or one that a client has written as text: JSON, Python's form, or a='b', c='d'."""
    if not isinstance(found, str):
        return mapping(found, path, what)
    text = found.strip()
    pairs = {key: re.sub(r"\\(.)", r"\1", value) for key, value in _PAIR.findall(text)}
    if not text or (pairs and not text.startswith("{")):
        return pairs
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
        if isinstance(value, dict):
            return {str(key): _as_text(each) for key, each in value.items()}
    raise wrong(
        path, f"{what} is a text that is no mapping", "ask for it with -f json, not -f value"
    )


def _as_text(value: object) -> object:
    plain = value is None or isinstance(value, (bool, str, Mapping))
    return value if plain else str(value)
