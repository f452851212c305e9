"""One address can be spelled in several ways: what counts is where a request goes. Pure.

getaddrinfo(3) takes of IPv4 all that inet_aton(3) takes (``127.1``, ``0x7f.1``, ``0177.0.0.1``),
IPv6 has its long and its short form (RFC 4291), an IPv4 address may be mapped into it, and DNS
knows neither case nor the dot at the end (RFC 4343, RFC 1034). Two names of DNS for one address
are not seen here: nothing is looked up.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

_PART = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")
_LONGEST_PART = 12
"""Digits; 32 bits in octal, and more."""


def one_spelling(address: str) -> str:
    """The same text for all that mean the same."""
    text = address.strip().removeprefix("[").removesuffix("]")
    plain, percent, zone = text.partition("%")
    try:
        six = IPv6Address(plain)
    except ValueError:
        four = _inet_aton(text)
        return str(four) if four is not None else text.rstrip(".").casefold()
    return str(six.ipv4_mapped or six) + percent + zone


def _inet_aton(text: str) -> IPv4Address | None:
    """As inet_aton(3): one to four parts, and the last one fills what is left."""
    parts = text.split(".")
    if len(parts) > 4 or not all(
        len(part) <= _LONGEST_PART and _PART.fullmatch(part) for part in parts
    ):
        return None
    *bytes_before, last = [_number(part) for part in parts]
    room = 8 * (4 - len(bytes_before))
    if any(one > 255 for one in bytes_before) or last >= 1 << room:
        return None
    value = 0
    for one in bytes_before:
        value = value << 8 | one
    return IPv4Address(value << room | last)


def _number(part: str) -> int:
    if part[:2] in ("0x", "0X"):
        return int(part[2:], 16)
    return int(part, 8) if part.startswith("0") else int(part)
