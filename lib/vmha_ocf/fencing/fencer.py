"""Fence one host: it is fenced when its BMC answered OFF and the flag was read back.

Every step can be repeated. A host that is off already is told off and recorded too, because whoever
switched it off has not, and because a BMC says off that has just restarted. Over ports only.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from vmha_ocf.errors import FlagNotWritten, VmhaError
from vmha_ocf.fencing import switch as power_switch
from vmha_ocf.fencing.request import Patience, Target
from vmha_ocf.model import Evidence, Flag, FlagState
from vmha_ocf.ports import Bmc, Clock, Flags

log = logging.getLogger(__name__)

ON_AFTER_OFF = 10.0
"""Seconds that a reboot waits for ON. It is fenced by then: others wait for us, and past its
timeout Pacemaker would kill us and take it for failed."""


@dataclass(frozen=True, slots=True)
class Fencer:
    """``controller`` is the name of this machine, for the evidence."""

    flags: Flags
    clock: Clock
    patience: Patience
    controller: str

    def off(self, target: Target, bmc: Bmc, before: str = "") -> None:
        """``before``: what was to be told of the host before that. Raises what Bmc and Flags raise, and
        PowerNotVerified; then nothing was reported."""
        power_switch.off(bmc, self.clock, self.patience)
        told = f", {before}" if before else ""
        self.record(target, f"BMC {target.access} answered off{told}")

    def reboot(self, target: Target, bmc: Bmc, before: str = "") -> None:
        """As ``off``. That the host comes up again is tried and not needed."""
        self.off(target, bmc, before)
        wait = min(self.patience.power or ON_AFTER_OFF, ON_AFTER_OFF)
        try:
            power_switch.on(bmc, self.clock, replace(self.patience, power=wait))
        except VmhaError as error:
            log.warning("%s is fenced and recorded, but did not come on: %s", target.host, error)

    def on(self, bmc: Bmc) -> None:
        """Only the power. It never waits for evacuations: no other host could be fenced meanwhile,
        and what must not start too early waits at its own gate."""
        for _ in range(self.patience.retries):
            try:
                return power_switch.on(bmc, self.clock, self.patience)
            except VmhaError as error:
                log.warning("trying again: %s", error)
        return power_switch.on(bmc, self.clock, self.patience)

    def record(self, target: Target, proof: str) -> None:
        """Write the flags of all its hosts, whatever they say by now: this may be a new failure.

        Raises FlagNotWritten."""
        evidence = Evidence(self.controller, self.clock.now(), proof)
        for host in target.hosts:
            self._write(Flag(host, FlagState.NEEDED, node=target.node, evidence=evidence))
            log.info("recorded: %s is to be evacuated (%s)", host, proof)

    def _write(self, flag: Flag) -> None:
        try:
            self.flags.write(flag)
        except VmhaError as error:
            raise FlagNotWritten(
                f"{flag.host} is off, but its flag was not written: {error.message}",
                hint=f"{error.hint or 'look at the cluster'}; until this is repeated with "
                "success, nothing is evacuated from it",
            ) from error
