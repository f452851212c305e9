"""Pacemaker's ``pcmk_host_map``, read as Pacemaker reads it. Pure.

As build_port_aliases() of Pacemaker's daemons/fenced/fenced_commands.c (2.1): ``:`` and ``=`` end
a node's name, ``;``, blank, tab and the end of the text end its plug, a backslash takes the next
character as it is and is left out of the plug. What comes without a name is passed over, and a
node named twice has its last plug.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.model import NodeName


def parse_host_map(text: str) -> Mapping[NodeName, str]:
    """Node -> plug. A plug may be empty."""
    found: dict[NodeName, str] = {}
    name = ""
    since = at = 0
    while at <= len(text):
        char = text[at : at + 1]
        if char == "\\":
            at += 1
        elif char and char in "=:":
            name = text[since:at] or name
            since = at + 1
        elif char in ("", ";", " ", "\t"):
            if name:
                found[NodeName(name)] = text[since:at].replace("\\", "")
            name, since = "", at + 1
        at += 1
    return found
