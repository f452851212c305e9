"""Units over the operator's own commands, for nova-compute in a container."""

from __future__ import annotations

import shutil

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.process.command import ENVIRONMENT, Result, Run, run
from vmha_ocf.errors import NotInstalled, UnitFailed, UnitUnavailable, VmhaError
from vmha_ocf.ports import Clock


class UnitCommands:
    """Commands are split as a shell would, and run without one. ``until`` is a time of
    ``clock.monotonic()``: nothing that is asked of them takes longer."""

    def __init__(
        self, start: str, stop: str, status: str, clock: Clock, *, until: float, run: Run = run
    ) -> None:
        self._start = start
        self._stop = stop
        self._status = status
        self._clock = clock
        self._until = until
        self._run = run

    def is_active(self) -> bool:
        if not self._status:
            raise UnitUnavailable("there is no status_command to ask")
        return probe.command_runs(self._status, min(probe.LONGEST, self._left()))

    def start(self) -> None:
        """The command may return before nova-compute runs; it is waited for. It is not given where that
        runs already: nobody knows what it would make of it."""
        if self.is_active():
            return
        result = self._do("start_command", self._start)
        if result.rc != 0:
            raise UnitFailed(f"start_command failed: {last_line(result)}", hint=self._start)
        while not self.is_active():
            if self._left() <= 1.0:
                raise UnitFailed(
                    "start_command succeeded, but status_command does not see nova-compute running",
                    hint="run both by hand",
                )
            self._clock.sleep(0.5)

    def stop(self) -> None:
        """KILL is the command's own business (``podman stop --time`` has it). One that fails
        because nothing is there to be stopped has not failed."""
        if self._stopped_for_certain():
            return
        result = self._do("stop_command", self._stop)
        while self.is_active():
            if result.rc != 0 or self._left() <= 1.0:
                raise UnitFailed(
                    f"nova-compute still runs after stop_command: {last_line(result)}",
                    hint=self._stop,
                )
            self._clock.sleep(0.5)

    def find(self) -> None:
        """Raises NotInstalled if one of the programs is not here."""
        for command in (self._start, self._stop, self._status):
            program = probe.words(command)[0]
            if shutil.which(program, path=ENVIRONMENT["PATH"]) is None:
                raise NotInstalled(f"there is no program {program} on this node")

    def _stopped_for_certain(self) -> bool:
        """Unknown is not stopped."""
        try:
            return not self.is_active()
        except VmhaError:
            return False

    def _left(self) -> float:
        return max(1.0, self._until - self._clock.monotonic())

    def _do(self, name: str, command: str) -> Result:
        try:
            return self._run(probe.words(command), timeout=self._left())
        except NotInstalled:
            raise
        except VmhaError as error:
            raise UnitUnavailable(f"{name}: {error.message}") from error


def last_line(result: Result) -> str:
    """What a program has said last, which is why it failed."""
    lines = (result.stderr or result.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {result.rc}"
