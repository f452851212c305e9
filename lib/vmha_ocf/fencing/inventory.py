"""The inventory: all hosts and their BMCs, for one fence device. Pure.

An INI file. A section is a node, by Pacemaker's name; ``[DEFAULT]`` holds for all::

    [DEFAULT]
    username = fencing
    password = swordfish

    [compute-1]
    ip = 192.0.2.7
    host = compute-1.example.com

``host`` is Nova's name of it, by default the section's name, with ``domain`` if it has no dot. A machine
that runs several nova-computes has several, by commas: ``host = compute-1-a, compute-1-b``. The others
are named as the device's parameters: protocol, ip, ipport, username, password; for IPMI cipher, privlvl,
hexadecimal_kg; for Redfish systems_uri, redfish_uri, ssl_insecure, ssl_ca_file; kdump_address. Values are
taken as they are: no quotes, no interpolation, no comment behind them.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.agent.spelling import one_spelling
from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.names import short
from vmha_ocf.fencing.request import Target, host_of, read_access, read_addresses
from vmha_ocf.model import NodeName

KEYS = frozenset(
    {"ip", "ipport", "username", "password", "cipher", "privlvl", "hexadecimal_kg", "host"}
    | {"protocol", "systems_uri", "redfish_uri", "ssl_insecure", "ssl_ca_file", "kdump_address"}
)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
"""A tab may be in a password."""


@dataclass(frozen=True, slots=True)
class Inventory:
    path: str
    targets: Sequence[Target]
    exposed: str = ""
    """Who can read its passwords that should not, and how that ends: of its file."""

    def find(self, plug: str, node: NodeName | None = None) -> Target:
        """Raises ParameterError."""
        found = find_target(self.targets, plug, node)
        other = next((one for one in self.targets if _is_called(one, plug)), found)
        if found and other and other is not found:
            raise ParameterError(
                f"{node} is the node [{found.node}] of {self.path}, and {plug} is [{other.node}]: "
                "nothing is done to either",
                hint="let pcmk_host_map of this device give a node its own name in Nova",
            )
        if found:
            return found
        raise ParameterError(f"{plug} is not in {self.path}", hint=self._known(plug))

    def _known(self, plug: str) -> str:
        owner = next((one for one in self.targets if plug in one.hosts), None)
        if owner:
            return (
                f"[{owner.node}] has that name in Nova, and is another machine by its own: give {plug} "
                "its section"
            )
        some = ", ".join(target.node for target in self.targets[:8])
        more = ", ..." if len(self.targets) > 8 else ""
        return f"it has {some}{more}; names are case-sensitive"


def find_target(targets: Sequence[Target], plug: str, node: NodeName | None) -> Target | None:
    """By Pacemaker's name or by Nova's, letter by letter.

    ``node`` is who is to be fenced, and its own section comes first. Without one it is who is called
    ``plug``: a node, or else a host of Nova. Where Pacemaker passes one name as both, no operator has
    said that it is Nova's: then a host counts only if its node is called alike, as compute-1 and
    compute-1.example.com are, or another machine would be switched off for a node that was forgotten."""
    by_node = {target.node: target for target in targets}
    named = by_node.get(node) if node else None
    by_host = next((target for target in targets if plug in target.hosts), None)
    if by_host and node == plug and short(by_host.node) != short(plug):
        by_host = None
    return named or by_node.get(NodeName(plug)) or by_host


def _is_called(target: Target, name: str) -> bool:
    return name in (target.node, *target.hosts)


def parse_inventory(text: str, path: str, domain: str) -> Inventory:
    """Raises LocalParameterError, which repeats no line of the file: it may hold a password."""
    parser = configparser.ConfigParser(
        interpolation=None, delimiters=("=",), empty_lines_in_values=False, strict=True
    )
    try:
        parser.read_string(text)
    except configparser.DuplicateSectionError as error:
        raise _wrong(
            path, f"[{error.section}] is there twice, again in line {error.lineno}"
        ) from None
    except configparser.DuplicateOptionError as error:
        where = f"[{error.section}] has {error.option} twice, again in line {error.lineno}"
        raise _wrong(path, where) from None
    except configparser.MissingSectionHeaderError as error:
        raise _wrong(path, f"line {error.lineno} comes before any [section]") from None
    except configparser.ParsingError as error:
        lines = ", ".join(str(number) for number, _ in error.errors)
        raise _wrong(path, f"no 'name = value' in line {lines}") from None
    _refuse_unclear(path, "DEFAULT", parser.defaults())
    targets = [_target(path, name, dict(parser[name]), domain) for name in parser.sections()]
    if not targets:
        raise _wrong(path, "it has no host", "a host is a [section] with an ip")
    _refuse_doubles(path, targets)
    _refuse_crossing(path, targets)
    return Inventory(path, targets)


def _target(path: str, name: str, section: Mapping[str, str], domain: str) -> Target:
    unknown = sorted(set(section) - KEYS)
    if unknown:
        allowed = f"allowed are {', '.join(sorted(KEYS))}"
        raise _wrong(path, f"[{name}] has the unknown name {unknown[0]}", allowed)
    _refuse_unclear(path, name, section)
    if not section.get("ip"):
        raise _wrong(path, f"[{name}] has no ip")
    try:
        access = read_access(section)
    except ParameterError as error:
        raise _wrong(path, f"[{name}]: {error.message}", error.hint) from error
    hosts = [
        host_of(host, domain) for host in re.split(r"[,\s]+", section.get("host", "")) if host
    ]
    first, *others = hosts or [host_of(name, domain)]
    return Target(first, NodeName(name), access, tuple(others), read_addresses(section))


def _refuse_unclear(path: str, name: str, section: Mapping[str, str]) -> None:
    """A line that begins with a blank goes on with the value above it: a password would become a part of a
    user name, and be logged with it."""
    for key, value in section.items():
        if "\n" in value:
            raise _wrong(
                path,
                f"[{name}]: the value of {key} goes on in the next line, which begins with a blank",
                "begin each line with its name, without a blank before it",
            )
        if _CONTROLS.search(value):
            raise _wrong(
                path,
                f"[{name}]: the value of {key} holds a control character",
                "set another value; a file with lone carriage returns has to be converted first",
            )


def _refuse_doubles(path: str, targets: Sequence[Target]) -> None:
    """One BMC under two names would switch off a host that nobody asked to fence."""
    seen: dict[object, NodeName] = {}
    systems: dict[object, dict[str, NodeName]] = {}
    for target in targets:
        assert target.access is not None
        for host in target.hosts:
            other = seen.setdefault(host, target.node)
            if other != target.node:
                raise _wrong(path, f"[{other}] and [{target.node}] have the same host {host}")
        known = systems.setdefault(_bmc(target.access), {})
        system = target.access.systems_uri
        if known and (not system or "" in known or system in known):
            other = known.get(system) or next(iter(known.values()))
            raise _wrong(path, f"[{other}] and [{target.node}] have the same BMC {target.access}")
        known[system] = target.node


def _bmc(access: BmcAccess) -> object:
    """It is the same one by either protocol; one that has a port of its own is behind a gateway."""
    port = None if access.port == access.protocol.port else access.port
    return one_spelling(access.address), port


def _refuse_crossing(path: str, targets: Sequence[Target]) -> None:
    """A node that is called like another one's host: who is meant by that name nobody could say. Letters
    of either case: Pacemaker takes them for the same name."""
    nodes = {target.node.casefold(): target.node for target in targets}
    for target in targets:
        for host in target.hosts:
            other = nodes.get(host.casefold(), target.node)
            if other != target.node:
                raise _wrong(
                    path,
                    f"the host {host} of [{target.node}] is called like the node [{other}]",
                    "one name may not mean two machines: rename the node in Pacemaker, or set host to its "
                    "full name in Nova",
                )


def _wrong(path: str, what: str, hint: str = "") -> LocalParameterError:
    repair = "correct the file, then try: fence_compute -o validate-all --inventory=FILE"
    return LocalParameterError(f"inventory {path}: {what}", hint=hint or repair)
