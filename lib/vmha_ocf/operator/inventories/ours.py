"""The deployer's inventory in our own form. Pure.

::

    domain: example.com          # of the names in Nova; may be left out
    bmc: {username: fencing, password: swordfish}     # for all
    hosts:
      - name: compute-1          # Pacemaker's name of the node
        address: 192.0.2.101     # of its pacemaker_remote; by default its name
        host: compute-1.example.com                   # its name in Nova; by default name and domain
        bmc: {address: 192.0.2.7}                     # and what differs from above

The same form says, beside another inventory, what that one does not know: ``name`` is then the
other file's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from vmha_ocf.fencing.request import host_of
from vmha_ocf.operator.inventories.machine import Machine
from vmha_ocf.operator.inventories.tree import leaf, mapping, refuse_unknown, sequence, wrong

_HOST_KEYS = frozenset({"name", "node", "address", "host", "bmc"})
_BMC_KEYS: Mapping[str, str] = {
    "address": "ip",
    "port": "ipport",
    "username": "username",
    "password": "password",
    "cipher": "cipher",
    "privlvl": "privlvl",
    "hexadecimal_kg": "hexadecimal_kg",
    "protocol": "protocol",
    "systems_uri": "systems_uri",
    "redfish_uri": "redfish_uri",
    "ssl_insecure": "ssl_insecure",
    "ssl_ca_file": "ssl_ca_file",
}
"""Ours by the names of the fencing device's parameters."""


def is_ours(top: Mapping[str, object]) -> bool:
    return isinstance(top.get("hosts"), list) or bool(top.keys() & {"bmc", "domain"})


def read_ours(top: Mapping[str, object], path: str) -> Iterator[Machine]:
    """Its hosts, with what holds for all of them."""
    common = common_bmc(top, path)
    for one in read_each(top, path):
        yield replace(one, options={**common, **one.options})


def read_each(top: Mapping[str, object], path: str) -> Iterator[Machine]:
    """Its hosts, with what is said of each alone."""
    refuse_unknown(top, {"domain", "bmc", "hosts"}, path, "the file")
    if not isinstance(top.get("hosts"), list):
        hint = "hosts: and a list of name, address, bmc"
        raise wrong(path, "it has no list of hosts", hint)
    domain = leaf(top, "domain", path, "the file")
    for number, item in enumerate(sequence(top["hosts"], path, "hosts"), 1):
        yield _host(mapping(item, path, f"host {number}"), number, domain, path)


def common_bmc(top: Mapping[str, object], path: str) -> dict[str, str]:
    """What holds for all hosts, by the names of fence_compute's parameters."""
    return _bmc(top.get("bmc"), path, "bmc")


def _host(one: Mapping[str, object], number: int, domain: str, path: str) -> Machine:
    name = leaf(one, "name", path, f"host {number}")
    where = name or f"host {number}"
    refuse_unknown(one, _HOST_KEYS, path, where)
    host = leaf(one, "host", path, where)
    return Machine(
        name,
        where,
        _bmc(one.get("bmc"), path, f"bmc of {where}"),
        node=leaf(one, "node", path, where),
        host=host_of(host or name, domain) if host or domain else "",
        address=leaf(one, "address", path, where),
        listed=True,
        said=bool(host or domain),
    )


def _bmc(value: object, path: str, where: str) -> dict[str, str]:
    found = mapping(value, path, where)
    refuse_unknown(found, _BMC_KEYS.keys(), path, where)
    told = {_BMC_KEYS[key]: leaf(found, key, path, where) for key in found}
    return {key: text for key, text in told.items() if text}
