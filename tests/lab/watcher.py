"""A person who leaves a command running on a terminal, and ends it with Ctrl-C."""

from __future__ import annotations

import os
import pty
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from tests.lab import power
from tests.lab.command import on_terminal
from tests.lab.layout import Lab
from tests.lab.wait import wait_until

CLEAR = "\x1b[2J"
"""What a terminal is told before the next answer is shown."""
_CTRL_C = b"\x03"
_ENDED = "ended with "


class Watcher:
    def __init__(self, lab: Lab, node: str, argv: Sequence[str]) -> None:
        self._keyboard, screen = pty.openpty()
        environment = lab.node_environment() | {"TERM": "xterm", "COLUMNS": "200"}
        # What enters the node ends at Ctrl-C as well, so the node's own shell has to tell the code.
        shell = ("sh", "-c", f'trap : INT; "$@"; echo "{_ENDED}$?"', "sh", *argv)
        entering = power.entering(lab, node, shell)
        self._program = on_terminal(entering, screen, environment)
        os.close(screen)
        self._shown = bytearray()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def frames(self) -> list[str]:
        """Each answer that was shown, as far as it is."""
        return self._shown.decode(errors="replace").split(CLEAR)

    def interrupt(self) -> str:
        """Ctrl-C; the exit code, as the shell on the node shows it."""
        os.write(self._keyboard, _CTRL_C)
        wait_until("the end at Ctrl-C", lambda: _ENDED in self.frames[-1], 30.0)
        self.close()
        return self.frames[-1].partition(_ENDED)[2].strip()

    def close(self) -> None:
        """However it stands with the program."""
        if self._program.poll() is None:
            self._program.kill()
            self._program.wait()
        self._reader.join(5.0)
        with suppress(OSError):
            os.close(self._keyboard)

    def _read(self) -> None:
        # Linux answers with an error once nobody has the terminal open any more.
        with suppress(OSError):
            while more := os.read(self._keyboard, 65536):
                self._shown += more
