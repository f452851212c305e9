"""Where a machine is, as people write it down: a name, an address, with a port, or a URL. Pure.

What looks like an IPv4 address has to be one that everybody reads alike. getaddrinfo(3) takes all
that inet_aton(3) takes: ``10.0.0.010`` of a spreadsheet is 10.0.0.8 there, and ``192.0.2`` is
192.0.0.2, other machines than their owner means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_URL = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9+.-]*)://)?([^/]*)(/.*)?")
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\](?::(.*))?")
_NAME = re.compile(r"\w[\w.-]{0,252}")
_ZONE = re.compile(r"[\w.-]+")
_NUMBERS = re.compile(r"[0-9][0-9.]*")
_OCTAL = "has a part with a zero in front, which the system reads as octal"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Of a text such as ``redfish+https://[2001:db8::7]:8443/redfish/v1``; what it does not say is ""."""

    address: str
    """A name, or an address without brackets."""
    port: str = ""
    scheme: str = ""
    """In small letters."""
    path: str = ""


def parse_endpoint(text: str) -> Endpoint | None:
    """None: it is neither a name nor an address. One with a user or a password in it is none either."""
    parts = _URL.fullmatch(text.strip())
    if not parts:
        return None
    scheme, where, path = (part or "" for part in parts.groups())
    address, port = _parted(where)
    digits = port is not None and port.isascii() and port.isdecimal() and len(port) <= 5
    if not _is_place(address) or (port is not None and not digits) or (path and not scheme):
        return None
    return Endpoint(address, port or "", scheme.lower(), path)


def ambiguous(address: str) -> str:
    """Why an IPv4 address is read in two ways, as a clause; "" for others: ``010`` is 8 to the system."""
    if not _NUMBERS.fullmatch(address):
        return ""
    differ = [one for one in _padded(address) if len(one.lstrip("0")) > 1 or one[-1] in "89"]
    return _OCTAL if differ else ""


def unclear(address: str) -> str:
    """Why nobody should have to find out which machine is meant, as a clause: digits and dots that are no
    IPv4 address as it is written today (RFC 6943, 3.1.1)."""
    if not _NUMBERS.fullmatch(address):
        return ""
    try:
        IPv4Address(address)
    except AddressValueError:
        return _OCTAL if _padded(address) else "is digits and dots, and no IPv4 address"
    return ""


def _padded(address: str) -> list[str]:
    return [one for one in address.split(".") if len(one) > 1 and one.startswith("0")]


def _parted(where: str) -> tuple[str, str | None]:
    """Address and port; None where there is no colon for one."""
    if found := _IN_BRACKETS.fullmatch(where):
        inside: str = found[1]
        return (inside if _is_six(inside) else "", found[2])
    if _is_six(where):
        return where, None
    address, colon, port = where.partition(":")
    return address, port if colon else None


def _is_place(address: str) -> bool:
    return bool(_NAME.fullmatch(address)) or _is_six(address)


def _is_six(text: str) -> bool:
    plain, percent, zone = text.partition("%")
    try:
        six = IPv6Address(plain)
    except AddressValueError:
        return False
    return not six.is_unspecified and (not percent or bool(_ZONE.fullmatch(zone)))
