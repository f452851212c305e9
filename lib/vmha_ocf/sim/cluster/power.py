"""Hosts that come and go: power on, boot, and what Pacemaker notices of it when."""

from __future__ import annotations

from collections.abc import Callable

from vmha_ocf.model import Power
from vmha_ocf.sim.base.core import Core
from vmha_ocf.sim.cluster.cluster import Pacemaker
from vmha_ocf.sim.cluster.hosts import Host


class PowerSupply:
    def __init__(
        self, core: Core, pacemaker: Pacemaker, start_compute: Callable[[Host], None]
    ) -> None:
        self._core = core
        self._pacemaker = pacemaker
        self._start_compute = start_compute

    def switch_on(self, host: Host) -> None:
        if host.power is Power.ON:
            return
        host.power = Power.ON
        host.power_ons += 1
        this = host.power_ons
        self._core.journal.say(host.node, "power is on")

        def booted() -> None:
            if host.power is Power.ON and host.power_ons == this:
                self._booted(host)

        self._core.timeline.after(self._core.timing.boot, booted)

    def lose(self, host: Host) -> None:
        """Pacemaker hears no more of the host, and notices in a while."""

        def notice() -> None:
            if not host.reachable:
                self._pacemaker.lose(host)

        self._core.timeline.after(self._core.timing.detect, notice)

    def _booted(self, host: Host) -> None:
        host.booted, host.booted_at = True, self._core.now
        self._core.journal.say(host.node, "has booted")
        self._pacemaker.connect(host)
        if host.starts_compute:
            self._start_compute(host)
