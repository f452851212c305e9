"""What tells at once that something has changed in the CIB or its status section: a node that is lost,
a fencing, what a compute host says of its guests.

Alerts run on the controller that Pacemaker chooses, which need not be the worker's, and the move of a
remote connection wipes attributes without one. ``crm_mon``, left running, is subscribed to the local
CIB and prints anew after each change: at once, or within two seconds of the change before (its
``refresh_after_event``). Nothing of what it prints is read but that it does.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from vmha_ocf.backends.process.command import ENVIRONMENT

COMMAND = (
    *("crm_mon", "--output-as=text", "--include=none,times", "--interval=1s"),
    "--output-to=/dev/stdout",
)
"""Named as a file: that of Pacemaker 3.0 writes once and ends where its output is plainly stdout."""
AGAIN = 5.0
"""Seconds before one that has ended, as where Pacemaker is stopped, is started anew."""
ENDS = 2.0
"""Seconds from TERM to KILL."""


class Subscriber:
    """``changed`` is called from a thread of its own. It only adds to the polls: whatever becomes of it
    is no failure."""

    def __init__(self, changed: Callable[[], None], command: Sequence[str] = COMMAND) -> None:
        self._changed = changed
        self._command = command
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="subscriber", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._child is not None:
            _end(self._child)
        self._thread.join(ENDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError):  # no crm_mon here, or no room for a process
                self._listen()
            self._stopping.wait(AGAIN)

    def _listen(self) -> None:
        with subprocess.Popen(  # noqa: S603 - a constant, but in tests
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        ) as child:
            self._child = child
            if self._stopping.is_set():
                _end(child)
            assert child.stdout is not None
            while os.read(child.stdout.fileno(), 65536):
                self._changed()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(ENDS)
    except subprocess.TimeoutExpired:
        child.kill()
