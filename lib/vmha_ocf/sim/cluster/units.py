"""The Units port of one host: systemd, or the operator's commands, for its nova-compute."""

from __future__ import annotations

from collections.abc import Callable

from vmha_ocf.errors import NotInstalled, UnitFailed, UnitUnavailable
from vmha_ocf.sim.base.core import Core, Wire
from vmha_ocf.sim.cluster.hosts import Host

HostAction = Callable[[Host], None]


class SimUnits:
    def __init__(self, core: Core, host: Host, start: HostAction, stop: HostAction) -> None:
        self._core = core
        self._host = host
        self._start = start
        self._stop = stop
        before = {"silent": self._silent, "missing": self._missing}
        self._wire = Wire(core, "units", before, {})

    def is_active(self) -> bool:
        return self._wire.call("is_active", self._active, self._host.node)

    def start(self) -> None:
        self._wire.call("start", self._begin, self._host.node)

    def stop(self) -> None:
        self._wire.call("stop", self._end, self._host.node)

    def _active(self) -> bool:
        self._verify_booted()
        return self._host.compute.running

    def _begin(self) -> None:
        if self._active():
            return
        if self._core.strike("units.start", "start-fails", self._host.node):
            raise UnitFailed(
                f"nova-compute did not start on {self._host.node}", hint="look at its log"
            )
        self._start(self._host)
        if self._core.strike("units.start", "start-then-dies", self._host.node):
            self._core.timeline.after(1.0, lambda: self._stop(self._host))

    def _end(self) -> None:
        self._verify_booted()
        if self._core.strike("units.stop", "stop-fails", self._host.node):
            raise UnitFailed(
                f"nova-compute did not stop on {self._host.node}", hint="look at its processes"
            )
        self._stop(self._host)

    def _verify_booted(self) -> None:
        """Nobody asks from a host that is off; a test that does is wrong."""
        if not self._host.booted:
            raise self._silent("any")

    def _silent(self, _: str) -> UnitUnavailable:
        return UnitUnavailable(f"systemd of {self._host.node} does not answer")

    def _missing(self, _: str) -> NotInstalled:
        return NotInstalled("nova-compute is not installed", hint="install nova-compute")
