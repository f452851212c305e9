"""Notifications by a program of the operator's."""

from __future__ import annotations

import json
import os

from vmha_ocf.backends.process.command import Run, run
from vmha_ocf.backends.telling.outbox import Message, NotDelivered
from vmha_ocf.errors import VmhaError

TIMEOUT = 20.0
"""Seconds; then it is killed, and all that it has started."""


class NotifyCommand:
    def __init__(self, path: str, run: Run = run) -> None:
        self._path = path
        self._run = run

    def problem(self) -> str:
        """What would keep it from running here, as far as can be seen; empty if nothing."""
        if os.path.isfile(self._path) and os.access(self._path, os.X_OK):
            return ""
        return f"{self._path} is no program on this controller"

    def deliver(self, message: Message) -> None:
        """Raises NotDelivered."""
        environment = {
            "VMHA_STEP": message["step"],
            "VMHA_HOST": message["host"],
            "VMHA_INCIDENT": message["incident"]["id"],
            "VMHA_AT": f"{message['at']:.3f}",
            "VMHA_TEXT": message["text"].replace("\0", "?"),
        }
        try:
            result = self._run(
                [self._path], timeout=TIMEOUT, input=json.dumps(message), env=environment
            )
        except VmhaError as error:
            raise NotDelivered(str(error)) from error
        if result.rc != 0:
            said = " ".join(result.stderr.split())[:200]
            raise NotDelivered(f"{self._path} exited {result.rc}{': ' if said else ''}{said}")
