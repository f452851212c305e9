"""What IPMI's completion codes mean for us (IPMI 2.0, table 5-2; 22.18 for Set Session Privilege). Pure.

Three things: the BMC refuses, and will again; it cannot now, and may a while later; or nobody can tell
whether it has done what it was asked. Codes that the table does not have are the third.
"""

from __future__ import annotations

from collections.abc import Mapping

SILENT = 0xFFFF
"""pyghmi's own number for no answer."""

_NOT_YET: Mapping[int, str] = {
    0xC0: "node busy",
    0xC4: "out of space",
    0xD0: "its SDR repository is being updated",
    0xD1: "its firmware is being updated",
    0xD2: "it is initialising",
    0xD3: "what it has to ask does not answer",
    0xD5: "not in its present state",
}
_REFUSED: Mapping[int, str] = {
    0xC1: "it does not know the command",
    0xC2: "not for this LUN",
    0xC6: "request truncated",
    0xC7: "wrong length",
    0xC8: "too long",
    0xC9: "a value out of range",
    0xCB: "not present",
    0xCC: "a value that it does not know",
    0xCD: "not for this kind of record",
    0xD6: "disabled or not available",
}
_UNKNOWN: Mapping[int, str] = {
    0xC3: "timeout within the BMC",
    0xCE: "no response could be provided",
    0xCF: "it takes the request for a repeated one",
    0xFF: "unspecified",
}
_LEVELS: Mapping[int, str] = {
    0x80: "not at this level for this user",
    0x81: "above the limit of the user or the channel",
    0x82: "it cannot be disabled",
}


def meaning(code: int, asked: str) -> tuple[str, str]:
    """A kind of ``ipmi_errors``, and the code in words. ``asked``: login, set, power, service."""
    if code == SILENT:
        return "silent", "no answer"
    if asked == "login" and code in _LEVELS:
        return "privilege", _told(code, _LEVELS[code])
    if code == 0xD4:
        return "privilege", _told(code, "insufficient privilege")
    if code == 0xD5 and asked == "set":
        return "already", _told(code, "")
    for kind, codes in (("not-yet", _NOT_YET), ("refused", _REFUSED)):
        if code in codes:
            return kind, _told(code, codes[code])
    return "unknown", _told(code, _UNKNOWN.get(code, "its vendor knows"))


def _told(code: int, words: str) -> str:
    return f"completion code {code:#04x}" + (f", {words}" if words else "")
