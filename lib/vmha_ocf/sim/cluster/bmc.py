"""The Bmc port of one simulated host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vmha_ocf.errors import BmcAlready, BmcBusy, BmcDenied, BmcRefused, BmcUnavailable
from vmha_ocf.model import Power
from vmha_ocf.sim.base.core import Core, Wire
from vmha_ocf.sim.base.journal import ProvenOff
from vmha_ocf.sim.cluster.hosts import Host

T = TypeVar("T")


class SimBmc:
    """``trusted``: it is asked with the right password."""

    def __init__(
        self, core: Core, host: Host, power_on: Callable[[Host], None], *, trusted: bool = True
    ) -> None:
        self._core = core
        self._trusted = trusted
        self._host = host
        self._power_on = power_on
        self._session: int | None = None
        """The life of the BMC that it was opened in."""
        self._told = False
        """A request was accepted in it."""
        before = {"silent": self._silent, "denied": self._denied, "busy": self._busy}
        after = {"lost-answer": self._silent, "unclear": self._busy}
        self._wire = Wire(core, "bmc", before, after)

    def power(self) -> Power:
        return self._call("power", self._answer)

    def set_power(self, wanted: Power) -> None:
        self._call("set_power", lambda: self._request(wanted))
        self._told = True

    def in_service(self) -> bool:
        return self._call("in_service", self._is_in_service)

    def close(self) -> None:
        self._session, self._told = None, False

    def _call(self, method: str, effect: Callable[[], T]) -> T:
        def in_session() -> T:
            self._log_in()
            return effect()

        return self._wire.call(method, in_session, self._host.node)

    def _answer(self) -> Power:
        answer = self._host.power
        for what, lie in (("says-on", Power.ON), ("says-off", Power.OFF)):
            if self._core.strike("bmc.power", what, self._host.node):
                answer = lie
        if answer is Power.OFF and self._host.power is Power.OFF:
            self._core.journal.note(ProvenOff(self._core.now, self._host.name, "bmc"))
        return answer

    def _request(self, wanted: Power) -> None:
        self._core.journal.say(f"BMC of {self._host.node}", f"power {wanted.value} requested")
        if self._core.strike("bmc.set_power", "already", self._host.node):
            raise BmcAlready(
                f"the BMC of {self._host.node} says that it is {wanted.value} already"
            )
        if self._core.strike("bmc.set_power", "ignored", self._host.node):
            return
        change = self._host.power_off if wanted is Power.OFF else self._on
        self._core.timeline.after(self._core.timing.power_change, change)

    def _is_in_service(self) -> bool:
        return self._core.strike("bmc.in_service", "not-in-service", self._host.node) is None

    def _on(self) -> None:
        self._power_on(self._host)

    def _log_in(self) -> None:
        if not self._trusted:
            raise BmcDenied(f"the BMC of {self._host.node} refuses the password")
        lost = self._session not in (None, self._host.bmc_starts)
        told, self._told = self._told, False if lost else self._told
        self._session = self._host.bmc_starts
        if lost and told:
            raise self._silent("any")

    def _silent(self, _: str) -> BmcUnavailable:
        return BmcUnavailable(f"the BMC of {self._host.node} does not answer")

    def _busy(self, _: str) -> BmcBusy:
        return BmcBusy(f"the BMC of {self._host.node} cannot do it now")

    def _denied(self, _: str) -> BmcRefused:
        return BmcRefused(f"the BMC of {self._host.node} refuses the password")
