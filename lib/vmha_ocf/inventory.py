"""The inventory: all hosts and their BMCs, for one fence device. Pure.

An INI file. A section is a node, by Pacemaker's name; ``[DEFAULT]`` holds for all::

    [DEFAULT]
    username = fencing
    password = swordfish

    [compute-1]
    ip = 192.0.2.7
    host = compute-1.example.com

``host`` is Nova's name of it, by default the section's name, with ``domain`` if it has no dot. The
others are named as the device's parameters: ip, ipport, username, password, cipher, privlvl,
hexadecimal_kg. Values are taken as they are: no quotes, no interpolation, no comment behind them.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fence_request import Target, host_of, read_access
from vmha_ocf.model import NodeName

KEYS = frozenset(
    {"ip", "ipport", "username", "password", "cipher", "privlvl", "hexadecimal_kg", "host"}
)


@dataclass(frozen=True, slots=True)
class Inventory:
    path: str
    targets: Sequence[Target]

    def find(self, *names: str) -> Target:
        """By Pacemaker's name or by Nova's, the first name that is known. Case matters."""
        for name in names:
            for target in self.targets:
                if name in (target.node, target.host):
                    return target
        raise ParameterError(
            f"{names[0]} is not in {self.path}",
            hint=f"it has {', '.join(target.node for target in self.targets[:8]) or 'no host'}"
            f"{', ...' if len(self.targets) > 8 else ''}; names are case-sensitive",
        )


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
    targets = [_target(path, name, parser[name], domain) for name in parser.sections()]
    _refuse_doubles(path, targets)
    return Inventory(path, targets)


def _target(path: str, name: str, section: Mapping[str, str], domain: str) -> Target:
    unknown = sorted(set(section) - KEYS)
    if unknown:
        allowed = f"allowed are {', '.join(sorted(KEYS))}"
        raise _wrong(path, f"[{name}] has the unknown name {unknown[0]}", allowed)
    if not section.get("ip"):
        raise _wrong(path, f"[{name}] has no ip")
    try:
        access = read_access(section)
    except ParameterError as error:
        raise _wrong(path, f"[{name}]: {error.message}", error.hint) from error
    host = section.get("host") or name
    return Target(host_of(host, domain), NodeName(name), access)


def _refuse_doubles(path: str, targets: Sequence[Target]) -> None:
    """One BMC under two names would switch off a host that nobody asked to fence."""
    seen: dict[object, NodeName] = {}
    for target in targets:
        assert target.access is not None
        for what in (f"BMC {target.access}", f"host {target.host}"):
            other = seen.setdefault(what, target.node)
            if other != target.node:
                raise _wrong(path, f"[{other}] and [{target.node}] have the same {what}")


def _wrong(path: str, what: str, hint: str = "") -> LocalParameterError:
    repair = "correct the file, then try: fence_compute -o validate-all --inventory=FILE"
    return LocalParameterError(f"inventory {path}: {what}", hint=hint or repair)
