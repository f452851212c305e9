"""A file that others could have written is not read: it would say what is done as root."""

from __future__ import annotations

import os
import stat

from vmha_ocf.errors import LocalParameterError


def without_waiting(path: str, flags: int) -> int:
    """An opener. A pipe would keep its reader waiting for somebody who writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def refuse_of_others(what: str, path: str, mode: str, status: os.stat_result) -> None:
    """``what``: what the file is, in words; ``mode``: the one that it ought to have. Raises
    LocalParameterError."""
    repair = f"look at what is in it, then chown root {path} && chmod {mode} {path}"
    if not stat.S_ISREG(status.st_mode):
        raise LocalParameterError(f"{what} {path} is not a file", hint="name a file")
    if status.st_uid not in (0, os.geteuid()):
        raise LocalParameterError(f"{what} {path} belongs to user id {status.st_uid}", hint=repair)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise LocalParameterError(
            f"{what} {path} can be written by others (mode {status.st_mode & 0o777:o})",
            hint=repair,
        )
