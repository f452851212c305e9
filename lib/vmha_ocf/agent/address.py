"""The address that the API listens on: ``127.0.0.1:9179``, ``[::1]:9179``. Pure.

Imported with the agent's table by every monitor: nothing heavy here.
"""

from __future__ import annotations

from vmha_ocf.errors import ParameterError

_LONGEST_NAME = 253
_LONGEST_LABEL = 63


def parse_address(text: str) -> tuple[str, int]:
    """Host and port. Raises ParameterError."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    numbered = port.isascii() and port.isdecimal() and len(port) <= 5
    if not colon or not numbered or not 0 < int(port) < 65536 or not _is_host(bare, host):
        raise ParameterError(f"{text!r} is not an address and a port such as 127.0.0.1:9179")
    return bare, int(port)


def is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ParameterError:
        return False
    return True


def is_web_url(text: str) -> bool:
    """http or https, with a host, and without what no URL has in it."""
    scheme, separator, rest = text.partition("://")
    authority = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    where = authority.rpartition("@")[2]
    return (
        scheme in ("http", "https")
        and bool(separator)
        and is_address(where if _has_port(where) else f"{where}:80")
        and text.isascii()
        and text.isprintable()
        and " " not in text
    )


def _has_port(where: str) -> bool:
    return ":" in where.rpartition("]")[2]


def _is_host(bare: str, written: str) -> bool:
    if ":" in bare:
        # IPv6 goes in brackets, or its port is a part of it.
        return bare != written and _has_only(bare, ".:-_%")
    return is_name(bare)


def is_name(text: str) -> bool:
    """Whether it can be a host's name or its IPv4 address: what has an empty label, or one of more
    than 63 characters (RFC 1035, 2.3.4), is refused by Python with an error that nobody expects."""
    labels = text.removesuffix(".").split(".")
    return (
        len(text) <= _LONGEST_NAME
        and all(0 < len(label) <= _LONGEST_LABEL for label in labels)
        and _has_only(text, ".-_%")
    )


def _has_only(text: str, others: str) -> bool:
    return all(c.isascii() and (c.isalnum() or c in others) for c in text)
