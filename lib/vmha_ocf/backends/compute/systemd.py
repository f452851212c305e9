"""Units over systemctl. The names that distributions give nova-compute are found by themselves."""

from __future__ import annotations

import os
from collections.abc import Sequence

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.compute.unit_commands import last_line
from vmha_ocf.backends.process.command import Result, Run, run
from vmha_ocf.errors import NotInstalled, UnitFailed, UnitUnavailable, VmhaError
from vmha_ocf.ports import Clock

_SHARE_FOR_TERM, _SHARE_IF_HUNG = 0.6, 0.2
"""Of the time for a stop; the rest is for KILL. One that hangs hears no TERM."""


class SystemdUnit:
    """``unit`` empty: the one of probe.UNITS that is there. ``until`` is a time of
    ``clock.monotonic()``: nothing that is asked of the unit takes longer."""

    def __init__(
        self,
        unit: str,
        clock: Clock,
        *,
        until: float,
        hangs: bool = False,
        what: str = "nova-compute",
        systemctl: str = "systemctl",
        booted: str = probe.BOOTED,
        run: Run = run,
    ) -> None:
        self._names: Sequence[str] = (unit,) if unit else probe.UNITS
        self._what = what
        self._clock = clock
        self._until = until
        self._for_term = _SHARE_IF_HUNG if hangs else _SHARE_FOR_TERM
        self._program = systemctl
        self._booted = booted
        self._run = run

    def is_active(self) -> bool:
        """As long as its process is there: "activating" (of Type=notify) and "deactivating" are for
        ``is-active`` the same as ended."""
        return self._is_up() or self._has_process()

    def start(self) -> None:
        unit = self.find()
        result = self._systemctl("start", "--", unit, timeout=self._left())
        if result.rc != 0 or not self._is_up():
            raise UnitFailed(
                f"{unit} did not start: {last_line(result)}", hint=f"journalctl -u {unit}"
            )

    def stop(self) -> None:
        """TERM to all, then KILL to nova-compute itself: its unit may hold what is a guest's.

        Also where nothing runs: a start that systemd has queued, or a restart after a failure, is
        cancelled by that."""
        try:
            self._systemctl("stop", "--", *self._names, timeout=self._left() * self._for_term)
        except UnitUnavailable:
            self._kill()
        while self.is_active():
            if self._left() <= 1.0:
                raise UnitFailed(
                    f"{self._what} still runs after KILL", hint="look at its processes"
                )
            self._kill()
            self._clock.sleep(0.5)

    def find(self) -> str:
        """The unit that exists here. Raises NotInstalled, UnitUnavailable."""
        for name in self._names:
            shown = self._systemctl(
                "show", "--property=LoadState", "--value", "--", name, timeout=self._left()
            )
            if shown.rc != 0:  # It is 0 for an unknown unit too: nobody knows.
                raise self._no_answer(shown)
            if shown.stdout.strip() == "loaded":
                return name
        raise NotInstalled(
            f"no unit {' or '.join(self._names)} on this node",
            hint=f"install {self._what}, or name its unit: unit=...",
        )

    def _no_answer(self, result: Result) -> VmhaError:
        if not os.path.isdir(self._booted):
            return probe.no_systemd()
        return UnitUnavailable(f"systemctl show: {last_line(result)}", hint="run it by hand")

    def _is_up(self) -> bool:
        return probe.unit_runs(
            self._names,
            min(probe.LONGEST, self._left()),
            systemctl=self._program,
            booted=self._booted,
        )

    def _has_process(self) -> bool:
        shown = self._systemctl(
            "show", "--property=MainPID", "--value", "--", *self._names, timeout=self._left()
        )
        if shown.rc != 0:
            raise self._no_answer(shown)
        return any(word.isdecimal() and int(word) for word in shown.stdout.split())

    def _kill(self) -> None:
        """And the command of the unit's that hangs (ExecStop=): no start would get past it."""
        for process in ("main", "control"):
            kill = ("kill", f"--kill-who={process}", "--signal=KILL")
            self._systemctl(*kill, "--", *self._names, timeout=self._left())

    def _left(self) -> float:
        return max(1.0, self._until - self._clock.monotonic())

    def _systemctl(self, *words: str, timeout: float) -> Result:
        try:
            return self._run([self._program, *words], timeout=timeout)
        except NotInstalled:
            raise
        except VmhaError as error:
            raise UnitUnavailable(f"systemctl {words[0]}: {error.message}") from error
