"""fence_compute's actions: from a request to its words and its exit code. Over ports only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.cluster.flag_texts import check
from vmha_ocf.errors import BmcDenied, LocalParameterError, ParameterError, Unavailable, VmhaError
from vmha_ocf.fencing.device import too_short
from vmha_ocf.fencing.fencer import Fencer
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.kdump import Messages, await_dump
from vmha_ocf.fencing.levels import judge
from vmha_ocf.fencing.refusals import Denials, RefusalStore
from vmha_ocf.fencing.request import FenceRequest, Mode, Target, host_of
from vmha_ocf.fencing.views import (
    Asker,
    OpenBmc,
    check_bmcs,
    describe,
    list_hosts,
    list_power,
    recorded_power,
)
from vmha_ocf.model import Flag, FlagState, NodeName, Power
from vmha_ocf.ports import Clock, Flags, Parallel

log = logging.getLogger(__name__)

SUCCESS, POWERED_OFF = 0, 2
"""Exit codes of fence agents: POWERED_OFF is an answer of status only, and a failure is 1."""

ONE_FENCING = 180.0
"""Seconds, longer than one fencing with all its repetitions: what was refused is not believed within
them, because the levels may have been mended in the middle."""

RECORDED = "another device of its fencing level switched it off"
RECORDED_BY_HAND = "said by hand to be off"


@dataclass(frozen=True, slots=True)
class FencePorts:
    flags: Flags
    clock: Clock
    open_bmc: OpenBmc
    parallel: Parallel
    read_inventory: Callable[[str, str], Inventory]
    """From the file's path and the domain."""
    refusals: RefusalStore
    denials: Denials
    configuration: Callable[[], Configuration]
    """Pacemaker's. Raises Unavailable."""
    listen: Callable[[Sequence[str]], Messages]
    """For the dump of a host, by the names or addresses from which it sends."""


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    lines: Sequence[str] = ()


class FenceAction:
    """One call of the agent. ``by_hand``: a person reads the answer."""

    def __init__(
        self, request: FenceRequest, ports: FencePorts, controller: str, *, by_hand: bool = False
    ) -> None:
        self._request = request
        self._ports = ports
        self._by_hand = by_hand
        self._fencer = Fencer(ports.flags, ports.clock, request.patience, controller)

    def perform(self) -> Answer:
        """Raises VmhaError."""
        actions: Mapping[str, Callable[[], Answer]] = {
            "on": self._switch,
            "off": self._switch,
            "reboot": self._switch,
            "status": self._status,
            "monitor": self._monitor,
            "list": self._list,
            "list-status": self._list,
            "validate-all": self._validate,
        }
        return actions[self._request.action]()

    def _switch(self) -> Answer:
        action, target = self._request.action, self._target()
        if not target.host:
            raise ParameterError("no host is given", hint="-n HOST, or plug=HOST on stdin")
        dumped = ""
        if action in ("off", "reboot"):
            # What cannot be recorded would be switched off, and fail, again and again.
            for host in target.hosts:
                check(Flag(host, FlagState.NEEDED, node=target.node))
            dumped = self._delay(target)
        match self._request.mode:
            case Mode.DISABLED:
                log.warning("record_only=2: nothing is done to %s", target.host)
                return Answer(SUCCESS, ["Success: Disabled"])
            case Mode.RECORD if action == "on":
                return Answer(SUCCESS, ["Success: On"])
            case Mode.RECORD:
                return self._record(target)
            case Mode.POWER:
                return self._switch_power(target, dumped)

    def _delay(self, target: Target) -> str:
        """Before an off: as long as the device is told, and while the host dumps; what to tell of that."""
        if not self._request.kdump_wait:
            self._ports.clock.sleep(self._request.delay)
            return ""
        with closing(self._ports.listen(target.kdump_senders)) as messages:
            self._ports.clock.sleep(self._request.delay)
            return await_dump(messages, self._ports.clock, self._request.kdump_wait)

    def _record(self, target: Target) -> Answer:
        """A person who records by hand knows why; Pacemaker's configuration is looked at."""
        if not self._by_hand:
            self._verify_order(target.node)
        self._fencer.record(target, RECORDED_BY_HAND if self._by_hand else RECORDED)
        return Answer(SUCCESS, ["Success: Recorded"])

    def _verify_order(self, node: NodeName) -> None:
        """Raises ParameterError where the host may still run when Pacemaker comes to us."""
        problem = judge(node, self._ports.configuration(), self._request.power_agents)
        now = self._ports.clock.now()
        if problem:
            self._note_refusal(node, now)
            raise ParameterError(problem.what, hint=problem.hint)
        refused = self._ports.refusals.last(node)
        if refused is not None and abs(now - refused) < ONE_FENCING:
            raise ParameterError(
                f"{node} is not recorded yet: {abs(now - refused):.0f} s ago nothing switched it off, "
                "and this fencing may have been begun by the levels of then",
                hint=f"Pacemaker repeats it, and from {ONE_FENCING:.0f} s on it is recorded",
            )

    def _note_refusal(self, node: NodeName, now: float) -> None:
        """Nothing is recorded whether it is noted or not: then nothing could be recorded either."""
        try:
            self._ports.refusals.note(node, now)
        except VmhaError as error:
            log.warning("%s", error)

    def _switch_power(self, target: Target, dumped: str) -> Answer:
        """Whatever the BMC said of the password before: this may be the fencing that has to succeed."""
        try:
            return self._told_to(target, dumped)
        except BmcDenied:
            if target.access:
                self._ports.denials.note(target.access)
            raise

    def _told_to(self, target: Target, dumped: str) -> Answer:
        with closing(self._ports.open_bmc(target)) as bmc:
            match self._request.action:
                case "off":
                    self._fencer.off(target, bmc, dumped)
                    return Answer(SUCCESS, ["Success: Powered OFF"])
                case "reboot":
                    self._fencer.reboot(target, bmc, dumped)
                    return Answer(SUCCESS, ["Success: Rebooted"])
                case _:
                    self._fencer.on(bmc)
                    return Answer(SUCCESS, ["Success: Powered ON"])

    def _status(self) -> Answer:
        target = self._target()
        power = self._power(target)
        lines = [f"Status: {power.value.upper()}"]
        if self._by_hand:
            lines.extend(describe(target, power, self._ports.flags))
        return Answer(SUCCESS if power is Power.ON else POWERED_OFF, lines)

    def _power(self, target: Target) -> Power:
        match self._request.mode:
            case Mode.POWER:
                return self._asker().power(target)
            case Mode.RECORD:
                return recorded_power(self._ports.flags, target.host)
            case Mode.DISABLED:
                return Power.ON

    def _monitor(self) -> Answer:
        match self._request.mode:
            case Mode.POWER if inventory := self._inventory():
                check_bmcs(inventory.targets, self._asker())
                _refuse_exposed(inventory)
            case Mode.POWER:
                self._power(self._target())
            case Mode.RECORD:
                self._ports.flags.read()
            case Mode.DISABLED:
                pass
        return Answer(SUCCESS)

    def _list(self) -> Answer:
        """Without an inventory we know no name, and guessing one would fence the wrong host:
        Pacemaker then takes pcmk_host_list or pcmk_host_map."""
        inventory = self._inventory()
        if inventory is None:
            log.warning("no host to list: set pcmk_host_list or pcmk_host_map, or an inventory")
            return Answer(SUCCESS)
        separator = self._request.separator
        if self._request.action == "list":
            return Answer(SUCCESS, list_hosts(inventory, separator))
        return Answer(SUCCESS, list_power(inventory, separator, self._asker()))

    def _validate(self) -> Answer:
        """The request was read, so it is good; a file has to be looked at, and Pacemaker's times where
        off may wait."""
        if inventory := self._inventory():
            _refuse_exposed(inventory)
        if self._request.kdump_wait:
            self._verify_times()
        return Answer(SUCCESS)

    def _verify_times(self) -> None:
        """Of the devices that are there. Where no cluster answers, there are none."""
        try:
            configuration = self._ports.configuration()
        except Unavailable as error:
            log.warning("whether kdump_wait fits into Pacemaker's times is not known: %s", error)
            return
        for what, hint in too_short(configuration):
            raise ParameterError(what, hint=hint)

    def _asker(self) -> Asker:
        ports = self._ports
        return Asker(
            ports.open_bmc, ports.parallel, ports.clock, ports.denials, by_hand=self._by_hand
        )

    def _inventory(self) -> Inventory | None:
        request = self._request
        if not request.inventory:
            return None
        return self._ports.read_inventory(request.inventory, request.domain)

    def _target(self) -> Target:
        request = self._request
        inventory = self._inventory()
        if inventory is None:
            host = host_of(request.plug, request.domain)
            return Target(
                host,
                request.node or NodeName(request.plug),
                request.access,
                kdump_address=request.kdump_address,
            )
        if not request.plug:
            raise ParameterError("no host is given", hint="-n HOST, or plug=HOST on stdin")
        found = inventory.find(request.plug, request.node)
        return replace(found, node=request.node or found.node)


def _refuse_exposed(inventory: Inventory) -> None:
    """Where nobody is fenced by it, and as long as it lasts: "off" itself waits for no chmod."""
    if inventory.exposed:
        raise LocalParameterError(
            inventory.exposed, hint="then change the passwords that were exposed"
        )
