"""The slow half of NovaCompute: the gate, and what starts and stops nova-compute."""

from __future__ import annotations

import os

from vmha_ocf import gate
from vmha_ocf.backends.attrd import Attrd
from vmha_ocf.backends.cib import Cib
from vmha_ocf.backends.clock import SystemClock
from vmha_ocf.backends.nova_conf import read_nova_host
from vmha_ocf.backends.pacemaker import PacemakerCluster
from vmha_ocf.backends.systemd import SystemdUnit
from vmha_ocf.backends.unit_commands import UnitCommands
from vmha_ocf.errors import (
    OCF_DEGRADED,
    OCF_ERR_GENERIC,
    OCF_NOT_RUNNING,
    OCF_SUCCESS,
    LocalParameterError,
    ParameterError,
    Unavailable,
    VmhaError,
)
from vmha_ocf.flag_store import FlagStore
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.ocf import Call
from vmha_ocf.ports import Clock, Units

_DEEP = 10
"""OCF 1.1, OCF_CHECK_LEVEL: 10 may look at the node."""
_OURS = 0.85
"""Share of the action's time that we use: Pacemaker kills at its end, without a reason."""
_AT_THE_GATE = 0.5
"""Share of a start's time after which we give up there; the rest is nova-compute's."""
_ONE_LOOK = 1 / 24
"""Share for one call of Pacemaker's tools, of which a look at the gate makes two or three."""
_LONGEST_LOOK = 5.0
_BETWEEN = 1.0
_COMMANDS = ("start_command", "stop_command", "status_command")


class GateClosed(VmhaError):
    pass


def start(call: Call) -> int:
    clock = SystemClock()
    began = clock.monotonic()
    units = _units(call, clock, began + call.timeout * _OURS)
    _wait_at_the_gate(call, units, clock, began + call.timeout * _AT_THE_GATE)
    if not units.is_active():
        units.start()
    return OCF_SUCCESS


def stop(call: Call) -> int:
    """Never fails: that would get a healthy host fenced, with all its guests."""
    clock = SystemClock()
    try:
        _units(call, clock, clock.monotonic() + call.timeout * _OURS).stop()
    except VmhaError as error:
        call.log(f"nova-compute is taken for stopped, although it may not be: {error}")
    return OCF_SUCCESS


def validate(call: Call) -> int:
    clock = SystemClock()
    units = _units(call, clock, clock.monotonic() + call.timeout * _OURS)
    if call.depth >= _DEEP:
        units.find()
        _host(call)
    return OCF_SUCCESS


def found_running(call: Call) -> int:
    """What a probe says of a nova-compute that it found. Failed, if it must not run: Pacemaker
    then stops it, and starts it through the gate."""
    try:
        verdict = _look(call)
    except VmhaError as error:  # a probe's 5 would say that nothing runs here
        call.explain(str(error))
        return OCF_DEGRADED
    if isinstance(verdict, gate.Open):
        return OCF_SUCCESS
    if not verdict.flagged:
        call.explain(verdict.reason)
        return OCF_DEGRADED
    call.explain(
        f"nova-compute runs although its host is flagged ({verdict.reason}): something else than "
        "Pacemaker started it; systemctl disable its unit"
    )
    return OCF_ERR_GENERIC


def found_enabled(call: Call, unit: str) -> int:
    """What a probe says of a nova-compute that systemd is about to start, as this host boots. The
    location rule would keep Pacemaker from looking again, so unless the gate is open this is a
    failure: Pacemaker then stops it, which also cancels what systemd has queued."""
    try:
        verdict = _look(call)
    except VmhaError as error:
        why = str(error)
    else:
        if isinstance(verdict, gate.Open):
            return OCF_NOT_RUNNING
        why = verdict.reason
    call.explain(
        f"{unit} is enabled, so that systemd may start it at any moment ({why}): Pacemaker stops "
        f"it; systemctl disable {unit}"
    )
    return OCF_ERR_GENERIC


def _wait_at_the_gate(call: Call, units: Units, clock: Clock, until: float) -> None:
    """Nothing is started behind us meanwhile. Raises GateClosed before Pacemaker would kill us."""
    said = ""
    while isinstance(verdict := _look(call), gate.Wait):
        if verdict.reason != said:
            said = verdict.reason
            call.log(f"waiting at the gate: {said}")
        if units.is_active():
            call.log(
                f"nova-compute runs, and Pacemaker has not started it: it is stopped ({said})"
            )
            units.stop()
        if clock.monotonic() > until:
            raise GateClosed(
                said,
                hint="nova-compute starts when that is over; the location rule on the node attribute "
                "'evacuation' keeps Pacemaker from trying before",
            )
        clock.sleep(_BETWEEN)


def _look(call: Call) -> gate.Open | gate.Wait:
    host = _host(call)
    timeout = min(_LONGEST_LOOK, call.timeout * _ONE_LOOK)
    attrd, cib = Attrd(timeout=timeout), Cib(timeout=timeout)
    try:
        cluster = PacemakerCluster(cib, timeout=timeout)
        node = NodeName(call.node) if call.node else cluster.local_node()
        return gate.decide(host, FlagStore(attrd, cib, SystemClock()).read_for(host, node))
    except Unavailable as error:
        return gate.unknown(host, str(error))


def _host(call: Call) -> NovaHost:
    given, path = call.raw("nova_host"), call.raw("nova_conf")
    if given:
        return NovaHost(given)
    if path and not os.path.exists(path):
        raise LocalParameterError(
            f"parameter nova_conf: there is no {path} on this node", hint="or set nova_host"
        )
    return read_nova_host(call.text("nova_conf"))


def _units(call: Call, clock: Clock, until: float) -> SystemdUnit | UnitCommands:
    begin, end, status = commands = [call.raw(name) for name in _COMMANDS]
    if call.action.name == "stop" and end:
        return UnitCommands(begin, end, status, clock, until=until)
    if all(commands):
        return UnitCommands(begin, end, status, clock, until=until)
    if any(commands) and call.action.name != "stop":
        missing = ", ".join(n for n, given in zip(_COMMANDS, commands, strict=True) if not given)
        raise ParameterError(
            f"{missing} is missing",
            hint="start_command, stop_command and status_command go together",
        )
    return SystemdUnit(call.raw("unit"), clock, until=until)
