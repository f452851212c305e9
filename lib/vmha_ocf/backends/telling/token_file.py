"""The token that shows names of instances: a secret, so a file of root's, and no parameter."""

from __future__ import annotations

import os
import stat

from vmha_ocf.backends.process.owned_file import refuse_of_others, without_waiting
from vmha_ocf.errors import LocalParameterError, VmhaError

SHORTEST, LONGEST = 16, 500
"""Characters."""


class TokenFile:
    """Called, it says what the file says now; "" without a path."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self) -> str:
        """Raises LocalParameterError."""
        path = self._path
        if not path:
            return ""
        try:
            with open(path, encoding="utf-8", opener=without_waiting) as file:
                status = os.fstat(file.fileno())
                refuse_of_others("the token", path, "600", status)
                text = file.read(LONGEST + 2)
        except OSError as error:
            raise LocalParameterError(
                f"the token {path} cannot be read: {error.strerror}",
                hint="it has to be on every controller, and the same",
            ) from None
        except UnicodeDecodeError:
            text = ""
        return _checked(path, text, status)

    def problem(self) -> str:
        """Why nobody can be shown names, where a file is named; "" if nothing is wrong."""
        try:
            self()
        except VmhaError as error:
            return str(error)
        return ""


def _checked(path: str, text: str, status: os.stat_result) -> str:
    token = text.strip()
    if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise LocalParameterError(
            f"the token {path} can be read by others (mode {status.st_mode & 0o777:o})",
            hint=f"chmod 600 {path}",
        )
    if not SHORTEST <= len(token) <= LONGEST or not token.isascii() or not token.isprintable():
        raise LocalParameterError(
            f"the token {path} is not one line of {SHORTEST} to {LONGEST} plain characters",
            hint=f"(umask 077; openssl rand -hex 24 >{path})",
        )
    return token
