"""What fence_compute tells of its hosts and BMCs: status, monitor, list. Over ports only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from vmha_ocf.cluster.flag_texts import same
from vmha_ocf.errors import BmcDenied, BmcUnavailable, VmhaError
from vmha_ocf.fencing import switch as power_switch
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.fencing.refusals import Denials
from vmha_ocf.fencing.request import Target
from vmha_ocf.model import Flag, FlagState, NovaHost, Power
from vmha_ocf.ports import Bmc, Clock, Flags, Parallel

OpenBmc = Callable[[Target], Bmc]

ASKING = 30.0
"""Seconds after which no further BMC is asked. A dead one takes 12, a monitor may take 60."""


def recorded_power(flags: Flags, host: NovaHost) -> Power:
    """For a device that only records: OFF is a host that is recorded and not yet back."""
    return Power.OFF if _find(host, flags) else Power.ON


def describe(target: Target, power: Power, flags: Flags) -> Sequence[str]:
    """For a person. An unreachable cluster is said, not raised: a BMC is often asked elsewhere."""
    source = f"BMC: {target.access} answered {power.value}" if target.access else "BMC: not asked"
    hosts = ", ".join(filter(None, target.hosts)) or "not given"
    told = [f"flag: {_flag_of(target.host, flags)}"]
    if target.others:
        told = [f"flag of {host}: {_flag_of(host, flags)}" for host in target.hosts]
    return (f"host: {hosts} (node {target.node or 'not given'})", source, *told)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks many BMCs at once, and in bounded time: Pacemaker kills a monitor without a word."""

    open_bmc: OpenBmc
    parallel: Parallel
    clock: Clock
    denials: Denials
    by_hand: bool = False
    """A person asks: also one that has just refused the password."""

    def power_of(self, targets: Sequence[Target]) -> Sequence[Power | VmhaError]:
        end = self.clock.monotonic() + ASKING
        denied = self.denials.read()

        def ask(target: Target) -> Power | VmhaError:
            if self.clock.monotonic() > end:
                return BmcUnavailable(f"BMC {target.access} was not asked, for want of time")
            try:
                return self._ask(target, denied)
            except VmhaError as error:
                return error

        return self.parallel(ask, targets)

    def power(self, target: Target) -> Power:
        """Of one. Raises what the BMC raises, and BmcDenied where it is better not asked."""
        return self._ask(target, self.denials.read())

    def _ask(self, target: Target, denied: Mapping[str, str]) -> Power:
        access = target.access
        age = self.denials.age(access, denied) if access and not self.by_hand else None
        if access and age is not None:
            raise BmcDenied(
                f"BMC {access} is not asked: {age:.0f} s ago it refused this password for user "
                f"{access.username or 'anonymous'}, and many lock an account for that",
                hint="correct password, password_script or the inventory; "
                "fence_compute -o status asks it at once",
            )
        with closing(self.open_bmc(target)) as bmc:
            try:
                power = power_switch.read(bmc, self.clock)
            except BmcDenied:
                if access:
                    self.denials.note(access)
                raise
        if access:
            self.denials.forget(access, denied)
        return power


def check_bmcs(targets: Sequence[Target], asker: Asker) -> None:
    """Ask each BMC for its power state. Raises BmcUnavailable that names those who failed."""
    answers = asker.power_of(targets)
    failed = [
        f"{target.node}: {answer.message}"
        for target, answer in zip(targets, answers, strict=True)
        if isinstance(answer, VmhaError)
    ]
    if failed:
        raise BmcUnavailable(
            f"{len(failed)} of {len(targets)} BMCs failed: {'; '.join(failed)}",
            hint="these hosts cannot be fenced, the others can; "
            "fence_compute -o status -n HOST tells more of each",
        )


def list_hosts(inventory: Inventory, separator: str) -> Sequence[str]:
    return [f"{target.node}{separator}{target.host}" for target in inventory.targets]


def list_power(inventory: Inventory, separator: str, asker: Asker) -> Sequence[str]:
    answers = asker.power_of(inventory.targets)
    return [
        line + separator + (answer.value.upper() if isinstance(answer, Power) else "UNKNOWN")
        for line, answer in zip(list_hosts(inventory, separator), answers, strict=True)
    ]


def _flag_of(host: NovaHost, flags: Flags) -> str:
    if not host:
        return "not looked up"
    try:
        flag = _find(host, flags)
    except VmhaError as error:
        return f"unknown: {error}"
    return _describe_flag(flag) if flag else "none"


def _find(host: NovaHost, flags: Flags) -> Flag | None:
    return next((flag for flag in flags.read().values() if same(flag.host, host)), None)


def _describe_flag(flag: Flag) -> str:
    match flag.state:
        case FlagState.NEEDED:
            told = "evacuation needed"
        case FlagState.CLAIMED:
            told = f"being evacuated by {flag.owner}"
        case FlagState.DONE:
            told = "evacuated"
    if flag.evidence:
        told += f"; recorded by {flag.evidence.by}: {flag.evidence.proof}"
    return told
