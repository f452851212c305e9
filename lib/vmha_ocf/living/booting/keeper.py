"""nova-compute behind its gate: the start that waits there, and what a probe says of one that it finds.
Over ports only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from vmha_ocf.errors import (
    OCF_DEGRADED,
    OCF_ERR_GENERIC,
    OCF_NOT_RUNNING,
    OCF_SUCCESS,
    Unavailable,
    VmhaError,
)
from vmha_ocf.living.booting import gate
from vmha_ocf.model import Flag, NovaHost
from vmha_ocf.ports import Clock, Units

Look = Callable[[], gate.Open | gate.Wait]
"""At the gate, now."""
Say = Callable[[str], None]


class Machine(Protocol):
    """This host, and what is noted of it. Notes raise a VmhaError where they cannot be written."""

    def guests(self) -> int:
        """How many guests of Nova run here. Never raises."""

    def note_boot(self) -> None:
        """nova-compute runs in this boot from now on, by our will."""

    def note_served(self) -> None:
        """nova-compute runs in this boot, by whose will ever; only the first note of it counts."""

    def note_guests(self, proof: float) -> None:
        """Guests run although the host is flagged, with this time of its proof."""


SHARE = 0.5
"""Of a start's time, after which it gives up at the gate; the rest is nova-compute's."""
BETWEEN = 1.0
"""Seconds between two looks."""
NOTING = 10.0
"""Seconds, at most, that a start waits for a note that could not be written at first."""


class GateClosed(VmhaError):
    pass


@dataclass(frozen=True, slots=True)
class Found:
    """What a probe answers, and why."""

    code: int
    reason: str = ""


def look(host: NovaHost, read: Callable[[], Flag | None]) -> gate.Open | gate.Wait:
    """``read`` asks for the flag of this host."""
    try:
        return gate.decide(host, read())
    except Unavailable as error:
        return gate.unknown(host, str(error))


def start(
    units: Units, machine: Machine, look: Look, clock: Clock, *, until: float, log: Say
) -> None:
    """Wait at the gate, then start it. Raises GateClosed, and what Units raises.

    A host that was fenced without our agent is flagged by the worker, some time later: perhaps between
    our look and the start. So there is another look after it, and nova-compute is stopped again."""
    while True:
        _wait(units, machine, look, clock, until=until, log=log)
        note(machine.note_boot, log)
        units.start()
        noted = note(machine.note_served, log)
        if not _is_flagged(look()):
            if not noted:
                _note_again(machine.note_served, clock, until=until)
            return
        log("its host was flagged while nova-compute started: it is stopped again")
        units.stop()


def _is_flagged(verdict: gate.Open | gate.Wait) -> bool:
    """Not to know would have kept it waiting; it does not stop what runs."""
    return isinstance(verdict, gate.Wait) and verdict.flagged


def note(action: Callable[[], None], log: Say) -> bool:
    """A note is a help for others: what keeps it from being written keeps no host out of service. Whether
    it was written."""
    try:
        action()
    except VmhaError as error:
        log(f"goes on without a note: {error}")
        return False
    return True


def _note_again(action: Callable[[], None], clock: Clock, *, until: float) -> None:
    """nova-compute runs: there is time for it. Without this one nobody is told what the boot of this host
    has left off."""
    end = min(until, clock.monotonic() + NOTING)
    while clock.monotonic() < end:
        clock.sleep(BETWEEN)
        with suppress(VmhaError):
            action()
            return


def look_for_guests(machine: Machine, verdict: gate.Open | gate.Wait, log: Say) -> str:
    """Guests behind the gate are noted, and what there is to say of them; "" is nothing."""
    if isinstance(verdict, gate.Open) or not verdict.flagged or not machine.guests():
        return ""
    note(lambda: machine.note_guests(verdict.proof), log)
    return (
        "guests of Nova run on this host although it is flagged: something else than nova-compute "
        "started them (libvirt's autostart, libvirt-guests), or it was never off"
    )


def stop(units: Callable[[], Units], machine: Machine, look: Look, log: Say) -> None:
    """Never fails: a stop that fails gets a healthy host fenced, with all its guests.

    Pacemaker stops it on a host that is flagged, too: where a flag was written, typed or restored for a
    host that lives, its guests are the only ones that can still say so. They are noted before nova-compute
    is gone, whose heartbeat said it until then."""
    try:
        _tell_guests(machine, look, log)
    except Exception as error:  # noqa: BLE001 - a help, which may not even by a bug keep the stop from being made
        log(f"whether guests run behind the gate was not noted: {error}")
    try:
        units().stop()
    except VmhaError as error:
        log(f"nova-compute is taken for stopped, although it may not be: {error}")


def _tell_guests(machine: Machine, look: Look, log: Say) -> None:
    if machine.guests() and (found := look_for_guests(machine, look(), log)):
        log(found)


def _wait(
    units: Units, machine: Machine, look: Look, clock: Clock, *, until: float, log: Say
) -> None:
    """Nothing is started behind us meanwhile. Raises GateClosed before Pacemaker would kill us."""
    said = ""
    while isinstance(verdict := look(), gate.Wait):
        if verdict.reason != said:
            said = verdict.reason
            log(f"waiting at the gate: {said}")
            found = look_for_guests(machine, verdict, log)
            if found:
                log(found)
        if units.is_active():
            log(f"nova-compute runs, and Pacemaker has not started it: it is stopped ({said})")
            note(machine.note_served, log)
            units.stop()
        if clock.monotonic() > until:
            raise GateClosed(
                said,
                hint="nova-compute starts when that is over; the location rule on the node attribute "
                "'evacuation' keeps Pacemaker from trying before",
            )
        clock.sleep(BETWEEN)


def wait_open(look: Look, clock: Clock, log: Say) -> None:
    """However long it takes, for nova-compute that somebody else starts afterwards."""
    said = ""
    while isinstance(verdict := look(), gate.Wait):
        if verdict.reason != said:
            said = verdict.reason
            log(f"waiting at the gate: {said}")
        clock.sleep(BETWEEN)


def judge_running(look: Look, machine: Machine, log: Say) -> Found:
    """A probe has found nova-compute running. Failed, if it must not run: Pacemaker then stops it,
    and starts it through the gate."""
    note(machine.note_served, log)
    try:
        verdict = look()
    except VmhaError as error:  # a probe's 5 would say that nothing runs here
        return Found(OCF_DEGRADED, str(error))
    if isinstance(verdict, gate.Open):
        return Found(OCF_SUCCESS)
    if not verdict.flagged:
        return Found(OCF_DEGRADED, verdict.reason)
    look_for_guests(machine, verdict, log)
    return Found(
        OCF_ERR_GENERIC,
        f"nova-compute runs although its host is flagged ({verdict.reason}): something else than "
        "Pacemaker started it; systemctl disable its unit",
    )


def judge_guests(look: Look, machine: Machine, log: Say) -> Found:
    """A probe has found guests, and no nova-compute."""
    try:
        reason = look_for_guests(machine, look(), log)
    except VmhaError as error:
        reason = str(error)
    return Found(OCF_NOT_RUNNING, reason)


def judge_enabled(look: Look, unit: str) -> Found:
    """A probe has found that systemd is about to start nova-compute, as this host boots. The
    location rule would keep Pacemaker from looking again, so unless the gate is open this is a
    failure: Pacemaker then stops it, which also cancels what systemd has queued."""
    try:
        verdict = look()
    except VmhaError as error:
        why = str(error)
    else:
        if isinstance(verdict, gate.Open):
            return Found(OCF_NOT_RUNNING)
        why = verdict.reason
    return Found(
        OCF_ERR_GENERIC,
        f"{unit} is enabled, so that systemd may start it at any moment ({why}): Pacemaker stops "
        f"it; systemctl disable {unit}",
    )
