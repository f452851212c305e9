"""The inventory's file. Read only if nobody else could have written it: whoever says where a host's BMC
is says when that host is off. That others can read it is told, and keeps no host from being fenced."""

from __future__ import annotations

import grp
import os
import stat
from dataclasses import replace

from vmha_ocf.backends.process.owned_file import refuse_of_others, without_waiting
from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.inventory import Inventory, parse_inventory

PACEMAKERS = "haclient"
LONGEST = 4 * 1024 * 1024
"""Characters: some ten thousand hosts."""


def read_inventory(path: str, domain: str) -> Inventory:
    """Raises LocalParameterError, also for a file that others could have written."""
    try:
        # newline: a lone carriage return stays where it is, and is refused, instead of ending a line.
        with open(path, encoding="utf-8-sig", newline="", opener=without_waiting) as file:
            status = os.fstat(file.fileno())
            refuse_of_others("the inventory", path, "600", status)
            text = file.read(LONGEST + 1)
    except OSError as error:
        raise LocalParameterError(
            f"the inventory {path} cannot be read: {error.strerror}",
            hint="it has to be on every controller that may run this device",
        ) from error
    except UnicodeDecodeError as error:
        raise LocalParameterError(
            f"the inventory {path} is not UTF-8 text",
            hint="see docs/fence-compute.rst for its form",
        ) from error
    except ValueError as error:  # a NUL, or half a pair of surrogates
        raise LocalParameterError(
            f"inventory={path} is not the name of a file", hint="name a file"
        ) from error
    if len(text) > LONGEST:
        raise LocalParameterError(
            f"the inventory {path} is too long to be one", hint="name the right file"
        )
    return replace(parse_inventory(text, path, domain), exposed=_exposed(path, status))


def _exposed(path: str, status: os.stat_result) -> str:
    """Pacemaker's own group has the whole configuration anyway."""
    if status.st_mode & stat.S_IROTH:
        return f"{path} can be read by every user of this node: chmod 600 {path}"
    if status.st_mode & stat.S_IRGRP and status.st_gid:
        name = _name_of(status.st_gid)
        if name != PACEMAKERS:
            return f"{path} can be read by the group {name}: chmod 600 {path}"
    return ""


def _name_of(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)
