"""nova-compute behind its gate: the start that waits there, and what a probe says of one that it finds.
Over ports only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf import gate
from vmha_ocf.errors import (
    OCF_DEGRADED,
    OCF_ERR_GENERIC,
    OCF_NOT_RUNNING,
    OCF_SUCCESS,
    Unavailable,
    VmhaError,
)
from vmha_ocf.model import Flag, NovaHost
from vmha_ocf.ports import Clock, Units

Look = Callable[[], gate.Open | gate.Wait]
"""At the gate, now."""
Say = Callable[[str], None]

SHARE = 0.5
"""Of a start's time, after which it gives up at the gate; the rest is nova-compute's."""
BETWEEN = 1.0
"""Seconds between two looks."""


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


def start(units: Units, look: Look, clock: Clock, *, until: float, log: Say) -> None:
    """Wait at the gate, then start it. Raises GateClosed, and what Units raises."""
    _wait(units, look, clock, until, log)
    if not units.is_active():
        units.start()


def _wait(units: Units, look: Look, clock: Clock, until: float, log: Say) -> None:
    """Nothing is started behind us meanwhile. Raises GateClosed before Pacemaker would kill us."""
    said = ""
    while isinstance(verdict := look(), gate.Wait):
        if verdict.reason != said:
            said = verdict.reason
            log(f"waiting at the gate: {said}")
        if units.is_active():
            log(f"nova-compute runs, and Pacemaker has not started it: it is stopped ({said})")
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


def judge_running(look: Look) -> Found:
    """A probe has found nova-compute running. Failed, if it must not run: Pacemaker then stops it,
    and starts it through the gate."""
    try:
        verdict = look()
    except VmhaError as error:  # a probe's 5 would say that nothing runs here
        return Found(OCF_DEGRADED, str(error))
    if isinstance(verdict, gate.Open):
        return Found(OCF_SUCCESS)
    if not verdict.flagged:
        return Found(OCF_DEGRADED, verdict.reason)
    return Found(
        OCF_ERR_GENERIC,
        f"nova-compute runs although its host is flagged ({verdict.reason}): something else than "
        "Pacemaker started it; systemctl disable its unit",
    )


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
