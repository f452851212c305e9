"""The policy's file. It holds no secret: anybody may read it, and nobody but root may write it."""

from __future__ import annotations

import os
from dataclasses import replace

from vmha_ocf.backends.process.owned_file import refuse_of_others, without_waiting
from vmha_ocf.cloud.policy.read import Understood, understand
from vmha_ocf.cloud.policy.telling import not_understood
from vmha_ocf.errors import LocalParameterError

LONGEST = 256 * 1024
"""Characters: some thousand projects."""


class PolicyFile:
    """Called, it says what the file says now; it is read again only if it has changed. Without a path there
    is no policy."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._known: tuple[object, Understood] | None = None

    def __call__(self) -> Understood:
        """Its faults are in the answer. Raises LocalParameterError where it cannot or may not be read."""
        if not self._path:
            return Understood()
        try:
            state = _state(os.stat(self._path))
            if self._known is None or self._known[0] != state:
                self._known = self._read()
        except OSError as error:
            raise LocalParameterError(
                f"the policy {self._path} cannot be read: {error.strerror}",
                hint="it has to be on every controller, and the same",
            ) from None
        return self._known[1]

    def verify(self) -> None:
        """Raises LocalParameterError with all that is wrong."""
        found = self()
        if found.faults:
            raise LocalParameterError(
                not_understood(found, len(found.faults)),
                hint="correct the file on each controller, then run: vmha check",
            )

    def _read(self) -> tuple[object, Understood]:
        path = self._path
        try:
            with open(path, encoding="utf-8", newline="", opener=without_waiting) as file:
                status = os.fstat(file.fileno())
                refuse_of_others("the policy", path, "644", status)
                text = file.read(LONGEST + 1)
        except UnicodeDecodeError:
            raise LocalParameterError(
                f"the policy {path} is not UTF-8 text", hint="see docs/policy.rst for its form"
            ) from None
        if len(text) > LONGEST:
            raise LocalParameterError(
                f"the policy {path} is too long to be one", hint="name the right file"
            )
        return _state(status), replace(understand(text), path=path)


def _state(status: os.stat_result) -> object:
    """Differs if the file does: an editor writes a new one, and who writes into it changes its time."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
