"""The deployer's inventory: compute hosts and their BMCs -> values. Pure.

Ours, in YAML::

    domain: example.com          # of the names in Nova; may be left out
    bmc: {username: fencing, password: swordfish}     # for all
    hosts:
      - name: compute-1          # Pacemaker's name of the node
        address: 192.0.2.101     # of its pacemaker_remote; by default its name
        host: compute-1.example.com                   # its name in Nova; by default name and domain
        bmc: {address: 192.0.2.7}                     # and what differs from above

or TripleO's instackenv.json, or the file that ``openstack baremetal create`` takes: there a compute
host is a node whose profile is compute or that has none, and it needs a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.request import host_of, read_access
from vmha_ocf.model import NodeName, NovaHost

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}")
_HOST_KEYS = frozenset({"name", "address", "host", "bmc"})
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
_IRONIC = {"ipmi", "pxe_ipmitool", "pxe_ipmitool_socat", "agent_ipmitool"}


@dataclass(frozen=True, slots=True)
class DeployedHost:
    node: NodeName
    address: str
    host: NovaHost
    bmc: BmcAccess
    options: Mapping[str, str]
    """Of its section of fence_compute's inventory. They hold secrets."""

    def __repr__(self) -> str:
        return f"DeployedHost({self.node})"


@dataclass(frozen=True, slots=True)
class Deployment:
    hosts: Sequence[DeployedHost]


def read_deployment(content: object, path: str) -> Deployment:
    """``content``: what YAML or JSON gave. Raises LocalParameterError, which repeats no secret."""
    top = _mapping(content, path, "the file")
    found = _ironic(top, path) if "nodes" in top else _ours(top, path)
    if not found:
        raise _wrong(path, "it has no compute host")
    for what in ("node", "bmc", "host"):
        _refuse_doubles(found, what, path)
    return Deployment(found)


def _ours(top: Mapping[str, Any], path: str) -> Sequence[DeployedHost]:
    _refuse_unknown(top, {"domain", "bmc", "hosts"}, path, "the file")
    domain = str(top.get("domain") or "")
    common = _mapping(top.get("bmc") or {}, path, "bmc")
    hosts = top.get("hosts")
    if not isinstance(hosts, list):
        raise _wrong(
            path, "it has no list of hosts", hint="hosts: and a list of name, address, bmc"
        )
    return [_our_host(one, number, common, domain, path) for number, one in enumerate(hosts, 1)]


def _our_host(
    item: object, number: int, common: Mapping[str, Any], domain: str, path: str
) -> DeployedHost:
    one = _mapping(item, path, f"host {number}")
    name = str(one.get("name") or "")
    where = name or f"host {number}"
    _refuse_unknown(one, _HOST_KEYS, path, where)
    bmc = {**common, **_mapping(one.get("bmc") or {}, path, f"bmc of {where}")}
    _refuse_unknown(bmc, _BMC_KEYS.keys(), path, f"bmc of {where}")
    options = {_BMC_KEYS[key]: str(value) for key, value in bmc.items() if value is not None}
    host = host_of(str(one.get("host") or name), domain)
    return _host(name, host, options, path, address=str(one.get("address") or name), where=where)


def _ironic(top: Mapping[str, Any], path: str) -> Sequence[DeployedHost]:
    nodes = top["nodes"]
    if not isinstance(nodes, list):
        raise _wrong(path, "nodes is not a list")
    items = [_mapping(one, path, f"node {number}") for number, one in enumerate(nodes, 1)]
    return [
        _ironic_host(one, number, path)
        for number, one in enumerate(items, 1)
        if _profile(one) in ("", "compute")
    ]


def _ironic_host(one: Mapping[str, Any], number: int, path: str) -> DeployedHost:
    name = str(one.get("name") or "")
    where = name or f"node {number}"
    driver = str(one.get("pm_type") or one.get("driver") or "ipmi")
    if driver not in _IRONIC:
        raise _wrong(
            path,
            f"{where} is driven by {driver}, not by IPMI",
            hint="give it the fencing device of its kind, then pcs-examples/fence-behind-other.sh",
        )
    info = _mapping(one.get("driver_info") or {}, path, f"driver_info of {where}")
    told = {
        "ip": one.get("pm_addr") or info.get("ipmi_address"),
        "ipport": one.get("pm_port") or info.get("ipmi_port"),
        "username": one.get("pm_user") or info.get("ipmi_username"),
        "password": one.get("pm_password") or info.get("ipmi_password"),
        "cipher": info.get("ipmi_cipher_suite"),
        "privlvl": str(info.get("ipmi_priv_level") or "").lower(),
        "hexadecimal_kg": info.get("ipmi_hex_kg_key"),
    }
    options = {key: str(value) for key, value in told.items() if value not in (None, "")}
    return _host(name, NovaHost(name), options, path, address=name, where=where)


def _profile(node: Mapping[str, Any]) -> str:
    """Of ``capabilities``, "profile:compute,boot_option:local" or a mapping, or in properties."""
    properties = node.get("properties")
    inner = properties.get("capabilities") if isinstance(properties, Mapping) else None
    found = node.get("capabilities") or inner or ""
    if isinstance(found, Mapping):
        return str(found.get("profile") or "")
    match = re.search(r"(?:^|,)\s*profile:([^,\s]+)", str(found))
    return match[1] if match else ""


def _host(
    name: str, host: NovaHost, options: Mapping[str, str], path: str, *, address: str, where: str
) -> DeployedHost:
    if not _NAME.fullmatch(name):
        raise _wrong(
            path, f"{where} has no name that Pacemaker could take", hint="letters, digits, - . _"
        )
    if not _ADDRESS.fullmatch(address) or not _NAME.fullmatch(host):
        raise _wrong(path, f"{where} has an address or a host that is no name and no address")
    if not options.get("ip"):
        raise _wrong(path, f"{where} has no address of its BMC")
    if any("\n" in value or value != value.strip() for value in options.values()):
        raise _wrong(
            path,
            f"a value of the BMC of {where} begins or ends with a blank, or has several lines",
            hint="an inventory file cannot hold that: set another password, or use password_script",
        )
    try:
        return DeployedHost(NodeName(name), address, host, read_access(options), options)
    except ParameterError as error:
        raise _wrong(path, f"BMC of {where}: {error.message}", hint=error.hint) from error


def _mapping(value: object, path: str, what: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _wrong(path, f"{what} is not a mapping of names to values")


def _refuse_unknown(
    found: Mapping[str, Any], known: Collection[str], path: str, where: str
) -> None:
    unknown = sorted(str(name) for name in found if name not in known)
    if unknown:
        raise _wrong(
            path,
            f"{where} has the unknown name {unknown[0]}",
            hint=f"known are {', '.join(sorted(known))}",
        )


def _refuse_doubles(hosts: Sequence[DeployedHost], what: str, path: str) -> None:
    """One BMC under two names would switch off a host that nobody asked to fence."""
    seen: dict[str, NodeName] = {}
    for one in hosts:
        other = seen.setdefault(str(getattr(one, what)), one.node)
        if other != one.node or sum(it.node == one.node for it in hosts) > 1:
            raise _wrong(path, f"{other} and {one.node} have the same {what}")


def _wrong(path: str, what: str, *, hint: str = "") -> LocalParameterError:
    return LocalParameterError(f"{path}: {what}", hint=hint or "see docs/vmha.rst for its form")
