"""The compute hosts of an inventory, checked: what script and file are made of. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.agent.endpoint import Endpoint, parse_endpoint, unclear
from vmha_ocf.agent.spelling import one_spelling
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.request import read_access
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.operator.inventories.bmc_keys import located, scheme_of
from vmha_ocf.operator.inventories.details import is_hidden
from vmha_ocf.operator.inventories.drivers import IPMI, NOT_OURS, protocol_of, way_out
from vmha_ocf.operator.inventories.machine import Machine
from vmha_ocf.operator.inventories.tree import wrong

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,198}[A-Za-z0-9_-])?")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
"""What an INI file cannot hold in a value; a tab in the middle it can."""
_HALVES = re.compile(r"[\ud800-\udfff]")
_OF_IPMI = frozenset({"cipher", "privlvl", "hexadecimal_kg"})
_OF_REDFISH = frozenset({"protocol", "systems_uri", "redfish_uri", "ssl_insecure", "ssl_ca_file"})


@dataclass(frozen=True, slots=True)
class DeployedHost:
    node: NodeName
    address: str
    host: NovaHost
    bmc: BmcAccess
    options: Mapping[str, str] = field(repr=False)
    """Of its section of fence_compute's inventory. They hold secrets."""
    why: str = ""
    """It is taken for a compute host."""

    def __repr__(self) -> str:
        return f"DeployedHost({self.node})"


@dataclass(frozen=True, slots=True)
class Deployment:
    hosts: Sequence[DeployedHost]
    left_out: Sequence[tuple[str, str]] = ()
    """Name, and why."""
    notes: Sequence[str] = ()


def deployed(
    machines: Sequence[Machine], reasons: Sequence[str], drivers: Mapping[str, str], path: str
) -> list[DeployedHost]:
    """``reasons``: why each was taken; ``drivers``: what an operator says of them. Raises
    LocalParameterError, which repeats no secret."""
    _refuse_undrivable(machines, drivers, path)
    hosts = [
        _host(one, _protocol(one, drivers), why, path)
        for one, why in zip(machines, reasons, strict=True)
    ]
    _refuse_doubles(hosts, path)
    return hosts


def _refuse_undrivable(machines: Sequence[Machine], drivers: Mapping[str, str], path: str) -> None:
    foreign: dict[str, list[str]] = {}
    for one in machines:
        protocol = _protocol(one, drivers)
        if not protocol:
            foreign.setdefault(one.driver, []).append(one.where)
        elif protocol == IPMI and one.undrivable:
            raise wrong(path, f"{one.where} cannot be switched: {one.undrivable}", NOT_OURS)
    for driver, names in foreign.items():
        are = "is" if len(names) == 1 else "are"
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        what = f"{shown} {are} driven by {driver}, not by IPMI or Redfish"
        raise wrong(path, what, way_out(driver))


def _protocol(one: Machine, drivers: Mapping[str, str]) -> str:
    """ "" is neither of those that fence_compute speaks. The address says it where nothing else does."""
    told = one.options.get("protocol", "").strip().lower()
    by_driver = protocol_of(one.driver, drivers)
    by_address = scheme_of(one.options) if not (one.driver and by_driver) else ""
    return told or by_address or by_driver


def _spoken(one: Machine, protocol: str) -> dict[str, str]:
    """The options of that protocol: a file may know how to reach a BMC by both."""
    if protocol == IPMI:
        return {key: value for key, value in one.options.items() if key not in _OF_REDFISH}
    options = {key: value for key, value in one.options.items() if key not in _OF_IPMI}
    return {"protocol": protocol, **options}


def _host(one: Machine, protocol: str, why: str, path: str) -> DeployedHost:
    node = one.node or one.name
    host = one.host or node
    if not _NAME.fullmatch(node) or node == "DEFAULT":
        what = f"{one.where} has no name that Pacemaker could take"
        raise wrong(path, what, "letters, digits, - . _ in the middle, and not DEFAULT")
    if not _NAME.fullmatch(host):
        raise wrong(path, f"the host of {one.where}, {host!r}, is no name of a host in Nova")
    address = _remote_address(one.address, one.where, path) if one.address else node
    options = _spoken(one, protocol)
    _check_bmc(one, options, path)
    options = located(options, protocol, path, one.where)
    try:
        access = read_access(options)
    except ParameterError as error:
        raise wrong(path, f"BMC of {one.where}: {error.message}", error.hint) from error
    return DeployedHost(NodeName(node), address, NovaHost(host), access, options, why)


def _remote_address(text: str, where: str, path: str) -> str:
    """Pacemaker connects to it, and believes whoever is there."""
    found = parse_endpoint(text)
    plain = found == Endpoint(found.address) if found else False
    if not found or not plain or not found.address.isascii():
        what = f"the address of {where}, {text!r}, is no name and no address"
        raise wrong(path, what, "without a user, a port and https://")
    if why := unclear(found.address):
        raise wrong(path, f"the address of {where}, {found.address}, {why}", "as in 192.0.2.7")
    return found.address


def _check_bmc(one: Machine, options: Mapping[str, str], path: str) -> None:
    hidden = next((key for key, value in options.items() if is_hidden(value)), "")
    if hidden:
        raise wrong(
            path,
            f"the {hidden} of {one.where}'s BMC is hidden there, as ****** or a template",
            "write it into a file for --details: bmc: {password: ...}, or of one host, see docs/vmha.rst",
        )
    if not options.get("ip"):
        raise wrong(
            path,
            f"{one.where} has no address of its BMC",
            "write it there, or into a file for --details, see docs/vmha.rst",
        )
    for key, value in options.items():
        if what := _unwritable(value):
            hint = "an inventory file cannot hold that: set another one, or use password_script"
            raise wrong(path, f"the {key} of {one.where}'s BMC {what}", hint)


def _unwritable(value: str) -> str:
    if value != value.strip():
        return "begins or ends with a blank"
    if _CONTROLS.search(value):
        return "has several lines or a control character"
    return "has half of a character, a lone surrogate" if _HALVES.search(value) else ""


def _refuse_doubles(hosts: Sequence[DeployedHost], path: str) -> None:
    """Of names, and of remote nodes' addresses. One BMC under two, and names that cross, are refused where
    fence_compute's file is read."""
    seen: dict[object, DeployedHost] = {}
    for one in hosts:
        for key in (
            ("node", one.node.casefold()),
            ("host", one.host.casefold()),
            ("address", one_spelling(one.address)),
        ):
            other = seen.setdefault(key, one)
            if other is one:
                continue
            hint = "each machine has names of its own and its own address; case does not tell names apart"
            if other.node == one.node:
                raise wrong(path, f"two machines have the name {one.node}", hint)
            raise wrong(path, f"{other.node} and {one.node} have the same {key[0]}", hint)
