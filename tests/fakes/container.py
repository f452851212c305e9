"""The operator's commands for a nova-compute in a container: they keep a real process."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from vmha_ocf.backends.compute.unit_commands import UnitCommands
from vmha_ocf.backends.process.clock import SystemClock

CLOCK = SystemClock()


class Container:
    """The process is ``sleep 60``, and its id is in a file."""

    def __init__(self, folder: Path) -> None:
        self.pid = folder / "pid"
        self.start = f"sh -c 'sleep 60 >/dev/null 2>&1 & echo $! >{self.pid}'"
        self.stop = f"sh -c 'kill -KILL $(cat {self.pid}) && rm {self.pid}'"
        self.status = f"sh -c 'kill -0 $(cat {self.pid})'"

    def units(self, seconds: float = 10.0, **other: str) -> UnitCommands:
        """``seconds``: what the calls of this one have in all."""
        given = {"start": self.start, "stop": self.stop, "status": self.status, **other}
        until = CLOCK.monotonic() + seconds
        return UnitCommands(given["start"], given["stop"], given["status"], CLOCK, until=until)

    def runs(self) -> bool:
        return self.pid.exists() and Path(f"/proc/{self.pid.read_text().strip()}").exists()

    def begin(self) -> None:
        """As the operator does it, without us."""
        subprocess.run(["sh", "-c", self.start], check=True)

    def end(self) -> None:
        """It crashes, or the test is over."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(self.pid.read_text()), signal.SIGKILL)
            self.pid.unlink()
