"""The inventory's file: read only if nobody else can read it."""

from __future__ import annotations

import os
import stat

from vmha_ocf.errors import LocalParameterError
from vmha_ocf.fencing.inventory import Inventory, parse_inventory

LONGEST = 4 * 1024 * 1024
"""Characters: some ten thousand hosts."""


def read_inventory(path: str, domain: str) -> Inventory:
    """Raises LocalParameterError, also for a file that others can read or could have written."""
    try:
        # newline: a lone carriage return stays where it is, and is refused, instead of ending a line.
        with open(path, encoding="utf-8-sig", newline="", opener=_without_waiting) as file:
            _refuse_exposed(path, os.fstat(file.fileno()))
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
    return parse_inventory(text, path, domain)


def _without_waiting(path: str, flags: int) -> int:
    """A pipe would keep a fencing waiting for somebody who writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def _refuse_exposed(path: str, status: os.stat_result) -> None:
    repair = f"chown root {path} && chmod 600 {path}; then change the passwords that were exposed"
    if not stat.S_ISREG(status.st_mode):
        raise LocalParameterError(f"the inventory {path} is not a file", hint="name a file")
    if status.st_uid not in (0, os.geteuid()):
        raise LocalParameterError(
            f"the inventory {path} belongs to user id {status.st_uid}", hint=repair
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise LocalParameterError(
            f"the inventory {path} is open to others (mode {status.st_mode & 0o777:o})",
            hint=repair,
        )
