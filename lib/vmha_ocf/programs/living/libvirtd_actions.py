"""The slow half of Libvirtd: what starts and stops the daemon, and no guest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from vmha_ocf.agent.ocf import Call
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.compute.systemd import SystemdUnit
from vmha_ocf.backends.hypervisor import answering
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import OCF_SUCCESS, LocalParameterError, UnitFailed, VmhaError
from vmha_ocf.programs.living.libvirt_here import ask, forget, kept, unit_of

_DEEP = 10
"""OCF 1.1, OCF_CHECK_LEVEL: 10 may look at the node."""
_OURS = 0.85
"""Share of the action's time that we use: Pacemaker kills at its end, without a reason."""
_ONE_LOOK = 3.0
"""Seconds."""
_SPARES = ("process", "none")
"""systemd.kill(5), KillMode: with these a stop ends the daemon alone. libvirt's units have the first."""


def start(call: Call) -> int:
    """Returns when it answers."""
    clock = SystemClock()
    until = clock.monotonic() + call.timeout * _OURS
    unit = unit_of(call)
    _refuse_to_end_guests(unit)
    forget(call)
    if sockets := _kept_sockets(call):
        probe.exit_code(["systemctl", "start", "--", *sockets], _ONE_LOOK)
    SystemdUnit(unit, clock, until=until, what="libvirt").start()
    while ask(call, _ONE_LOOK) not in (answering.ANSWERS, answering.REFUSES):
        if clock.monotonic() > until - _ONE_LOOK:
            raise UnitFailed(f"{unit} runs and does not answer", hint=f"journalctl -u {unit}")
        clock.sleep(0.5)
    return OCF_SUCCESS


def stop(call: Call) -> int:
    """Never fails: a stop that fails may get the host fenced, with all its guests, which run on without
    libvirt. Its sockets before it, as the next client would start it again."""
    clock = SystemClock()
    unit, until = unit_of(call), clock.monotonic() + call.timeout * _OURS
    try:
        _refuse_to_end_guests(unit)
        sockets = _active_sockets(unit)
        _keep_sockets(call, sockets)
        if sockets:
            probe.exit_code(["systemctl", "stop", "--", *sockets], _ONE_LOOK)
        hangs = ask(call, 1.0) == answering.SILENT
        SystemdUnit(unit, clock, until=until, hangs=hangs, what="libvirt").stop()
    except VmhaError as error:
        call.log(f"libvirt is taken for stopped, although it may not be: {error}")
    return OCF_SUCCESS


def validate(call: Call) -> int:
    if call.depth >= _DEEP:
        clock = SystemClock()
        unit = unit_of(call)
        until = clock.monotonic() + call.timeout * _OURS
        SystemdUnit(unit, clock, until=until, what="libvirt").find()
        _refuse_to_end_guests(unit)
    return OCF_SUCCESS


def _refuse_to_end_guests(unit: str) -> None:
    """Raises LocalParameterError."""
    mode = _shown(unit, "KillMode")
    if mode and mode[0] not in _SPARES:
        raise LocalParameterError(
            f"a stop of {unit} would end its guests: its KillMode is {mode[0]}",
            hint=f"systemctl edit {unit}: [Service] KillMode=process",
        )


def _active_sockets(unit: str) -> Sequence[str]:
    ask = ["systemctl", "-q", "is-active", "--"]
    every = _shown(unit, "TriggeredBy")
    return [one for one in every if probe.exit_code([*ask, one], _ONE_LOOK) == 0]


def _shown(unit: str, what: str) -> Sequence[str]:
    show = ["systemctl", "show", f"--property={what}", "--value", "--", unit]
    return probe.output(show, _ONE_LOOK).split()


def _keep_sockets(call: Call, sockets: Sequence[str]) -> None:
    """Those that the unit does not start by itself, such as libvirtd-tcp.socket, are missed otherwise."""
    with suppress(OSError), open(kept(call, "sockets"), "w", encoding="utf-8") as file:
        file.write(" ".join(sockets))


def _kept_sockets(call: Call) -> Sequence[str]:
    with suppress(OSError), open(kept(call, "sockets"), encoding="utf-8") as file:
        return file.read(4096).split()
    return ()
