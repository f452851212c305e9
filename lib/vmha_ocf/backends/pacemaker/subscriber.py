"""What tells at once that something has changed in the CIB or its status section: a node that is lost,
a fencing, the record of a flag, what a compute host says of its guests.

Alerts run on the controller that Pacemaker chooses, which need not be the worker's, and the move of a
remote connection wipes attributes without one. ``crm_mon``, left running, is subscribed to the local
CIB and prints anew after each change: at once, or within two seconds of the change before (its
``refresh_after_event``). Of what it prints nothing is read but whether it knows the cluster.
"""

from __future__ import annotations

import os
import select
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
_KNOWS = b"Last updated"
"""Is in what it prints once it has the CIB; where it waits for the cluster, it says something else."""
AGAIN = 5.0
"""Seconds before one that has ended, as where Pacemaker is stopped, is started anew, and in which a new
one has to print something."""
RENEWED = 300.0
"""Seconds of silence after which it is ended and started anew. It may be cut off, which nothing shows; a
new one prints how things are, or does not work."""
LEAST = 1.0
"""Seconds between two wakings: however much happens, the worker does nothing else only now and then."""
ENDS = 2.0
"""Seconds from TERM to KILL."""
_REST = 0.02
"""Seconds in which the rest of one print comes."""
WORKS = "woken by Pacemaker: attrd is asked every 5 s while nothing happens"
DOES_NOT = "not woken by Pacemaker, crm_mon tells nothing: attrd is asked every 0.6 s"


class Subscriber:
    """``changed`` is called from a thread of its own, as is ``say``. The polls are there without it:
    whatever becomes of it is no failure."""

    def __init__(
        self,
        changed: Callable[[], None],
        say: Callable[[str], None],
        command: Sequence[str] = COMMAND,
        *,
        renewed: float = RENEWED,
    ) -> None:
        self.changes = 0
        self.works = False
        self._changed = changed
        self._say = say
        self._said = ""
        self._command = command
        self._renewed = renewed
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
            worked = False
            with suppress(OSError):  # no crm_mon here, or no room for a process
                worked = self._listen()
            self.works = False
            if not worked:
                self._tell(DOES_NOT)
                self._stopping.wait(AGAIN)

    def _listen(self) -> bool:
        """Whether it worked, and has only been silent for long."""
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
            out = child.stdout.fileno()
            while _has_more(out, self._renewed if self.works else AGAIN):
                if not (printed := os.read(out, 65536)):
                    return False
                self._heard(printed, out)
            _end(child)
            return self.works

    def _heard(self, printed: bytes, out: int) -> None:
        """What a new one prints first is of how things are, and not of a change."""
        self.changes += self.works
        self._changed()
        if _has_more(out, _REST):
            printed += os.read(out, 65536)
        self.works = _KNOWS in printed
        self._tell(WORKS if self.works else DOES_NOT)
        self._stopping.wait(LEAST)

    def _tell(self, what: str) -> None:
        if what != self._said and not self._stopping.is_set():
            self._said = what
            self._say(what)


def _has_more(out: int, seconds: float) -> bool:
    """Within so many seconds, or it has ended."""
    return bool(select.select([out], [], [], seconds)[0])


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(ENDS)
    except subprocess.TimeoutExpired:
        child.kill()
