"""The slow half of NovaCompute: the gate, and what starts and stops nova-compute."""

from __future__ import annotations

import os
from collections.abc import Sequence

from vmha_ocf.agent.ocf import Call
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.compute.guest_starters import guest_starters
from vmha_ocf.backends.compute.host import ComputeHost
from vmha_ocf.backends.compute.hung_process import of_resource
from vmha_ocf.backends.compute.nova_conf import read_nova_host
from vmha_ocf.backends.compute.past_gate import PastGate
from vmha_ocf.backends.compute.systemd import SystemdUnit
from vmha_ocf.backends.compute.unit_commands import UnitCommands
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import (
    OCF_DEGRADED,
    OCF_SUCCESS,
    LocalParameterError,
    ParameterError,
    VmhaError,
)
from vmha_ocf.living.booting import gate, keeper, starters
from vmha_ocf.living.past_gate import telling
from vmha_ocf.living.past_gate.judge import Found
from vmha_ocf.model import NovaHost
from vmha_ocf.ports import Clock
from vmha_ocf.programs import local_gate

_DEEP = 10
"""OCF 1.1, OCF_CHECK_LEVEL: 10 may look at the node."""
_OURS = 0.85
"""Share of the action's time that we use: Pacemaker kills at its end, without a reason."""
_ONE_LOOK = 1 / 24
"""Share for one call of Pacemaker's tools, of which a look at the gate makes two or three."""
_LONGEST_LOOK = 5.0
_COMMANDS = ("start_command", "stop_command", "status_command")


def start(call: Call) -> int:
    clock = SystemClock()
    began = clock.monotonic()
    units = _units(call, clock, began + call.timeout * _OURS)
    until = began + call.timeout * keeper.SHARE
    machine = ComputeHost(call.node, _one_look(call))
    if past := _tell_starters(call, machine):
        raise PastTheGate(f"nova-compute is not started while something else may do it: {past}")
    keeper.start(units, machine, lambda: _look(call), clock, until=until, log=call.log)
    return OCF_SUCCESS


def stop(call: Call) -> int:
    clock = SystemClock()
    until = clock.monotonic() + call.timeout * _OURS
    machine = ComputeHost(call.node, _one_look(call))
    keeper.stop(lambda: _units(call, clock, until), machine, lambda: _look(call), log=call.log)
    return OCF_SUCCESS


def validate(call: Call) -> int:
    clock = SystemClock()
    units = _units(call, clock, clock.monotonic() + call.timeout * _OURS)
    if call.depth >= _DEEP:
        units.find()
        _host(call)
        _refuse_starters(call)
    return OCF_SUCCESS


class PastTheGate(VmhaError):
    """Tried again when the failure has expired, so that who mends it has nothing more to do."""


def _tell_starters(call: Call, machine: ComputeHost) -> str:
    """It keeps no healthy host out of service; vmha check tells it, too. What starts nova-compute itself
    past its gate is given back, one sentence or none."""
    found = guest_starters(call.text("nova_conf"))
    for what, how in starters.told(starters.format_starters(found)):
        call.log(f"after a failure of this host {what}, before its evacuation is over; {how}")
    past = telling.format_found(_past_gate(call))
    keeper.note(lambda: machine.note_starters([*found, *past]), call.log)
    sentences = [f"{what}, past its gate ({how})" for what, how in telling.told(",".join(past))]
    for sentence in sentences:
        call.log(sentence)
    return sentences[0] if sentences else ""


def _past_gate(call: Call) -> Sequence[Found]:
    return PastGate(_one_look(call), call.log).look(call.raw("start_command"), call.raw("unit"))


def _refuse_starters(call: Call) -> None:
    for what, how in starters.told(
        starters.format_starters(guest_starters(call.text("nova_conf")))
    ):
        raise LocalParameterError(
            f"after a failure of this host {what}, before its evacuation is over", hint=how
        )
    for what, how in telling.told(",".join(telling.format_found(_past_gate(call)))):
        raise LocalParameterError(f"{what}, past its gate", hint=how)


def found_running(call: Call) -> int:
    machine = ComputeHost(call.node, _one_look(call))
    found = keeper.judge_running(lambda: _look(call), machine, call.log)
    if found.code == OCF_SUCCESS and (past := _tell_starters(call, machine)):
        found = keeper.Found(OCF_DEGRADED, past)
    return _told(call, found)


def found_guests(call: Call) -> int:
    machine = ComputeHost(call.node, _one_look(call))
    return _told(call, keeper.judge_guests(lambda: _look(call), machine, call.log))


def found_enabled(call: Call, unit: str) -> int:
    return _told(call, keeper.judge_enabled(lambda: _look(call), unit))


def _told(call: Call, found: keeper.Found) -> int:
    if found.reason:
        call.explain(found.reason)
    return found.code


def _look(call: Call) -> gate.Open | gate.Wait:
    return local_gate.look(_host(call), call.node, _one_look(call))


def _one_look(call: Call) -> float:
    return min(_LONGEST_LOOK, call.timeout * _ONE_LOOK)


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
    unit = call.raw("unit")
    known = of_resource(call, (unit,) if unit else probe.UNITS)
    hangs = call.action.name == "stop" and known.is_here()
    return SystemdUnit(unit, clock, until=until, hangs=hangs)
