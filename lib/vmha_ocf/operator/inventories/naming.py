"""What Pacemaker and Nova call a machine, where the inventory has a third name for it. Pure.

TripleO's nodes are compute-0 in Ironic, and overcloud-novacompute-0 when they are deployed; which
becomes which is certain only where the node says so itself (``capabilities: node:compute-0``), or
by its name. The place in the file says nothing: Nova's scheduler has dealt them out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.request import host_of
from vmha_ocf.operator.inventories.machine import Machine
from vmha_ocf.operator.inventories.tree import wrong

_NUMBER = re.compile(r"(\d+)$")


def check_pattern(pattern: str) -> str:
    """Raises ParameterError."""
    left = pattern.replace("%index%", "").replace("%name%", "")
    if "%" in left or left == pattern:
        raise ParameterError(
            f"{pattern} is no pattern of names",
            hint="such as overcloud-novacompute-%index%.localdomain, or %name%.example.com",
        )
    return pattern


def named(machines: Sequence[Machine], pattern: str, domain: str, path: str) -> list[Machine]:
    """With the names that hold: said for it, else by the pattern, else with the domain."""
    return [_named(one, pattern, domain, path) for one in machines]


def _named(one: Machine, pattern: str, domain: str, path: str) -> Machine:
    if one.said:
        return one
    host = _by_pattern(one, pattern, path) if pattern else one.host
    if not host:
        return replace(one, host=host_of(one.name, domain)) if domain else one
    # The machine is called so by itself, too: its remote node is, and finds it by that name.
    short = host.partition(".")[0]
    return replace(one, host=host_of(host, domain), node=one.node or short)


def _by_pattern(one: Machine, pattern: str, path: str) -> str:
    made = pattern.replace("%name%", one.name)
    if "%index%" not in pattern:
        return made
    placed = [role.word for role in one.roles if role.source == "node capability"]
    number = next(
        (found[1] for word in (*placed, one.name) if (found := _NUMBER.search(word))), ""
    )
    if not number:
        raise wrong(
            path,
            f"{one.where} has no number that could be the %index% of its name in Nova",
            "name it in a file for --details: hosts: [{name: ITS-NAME, host: NOVA-NAME}]",
        )
    return made.replace("%index%", number.lstrip("0") or "0")
