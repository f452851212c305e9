"""The slow half of NovaEvacuate: what start, stop and validate-all need beyond a monitor."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.agent.ocf import Call
from vmha_ocf.backends.process import daemon
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.errors import OCF_SUCCESS
from vmha_ocf.programs import wiring

_DEEP = 10
"""OCF 1.1, OCF_CHECK_LEVEL: 10 may look at the node and beyond."""


def start(call: Call, pulse: PulseFile) -> int:
    if pulse.is_held():
        return OCF_SUCCESS
    values = values_of(call)
    wiring.check(values)
    errors = f"{pulse.path}.err"
    daemon.start(pulse, values, errors, SystemClock(), timeout=call.timeout * 0.8)
    return OCF_SUCCESS


def stop(call: Call, pulse: PulseFile) -> int:
    daemon.stop(pulse, SystemClock(), timeout=call.timeout * 0.6)
    return OCF_SUCCESS


def validate(call: Call) -> int:
    """The values; with OCF_CHECK_LEVEL=10 also a login to Nova."""
    values = values_of(call)
    wiring.check(values)
    wiring.verify_policy(values)
    wiring.verify_bus(values)
    if call.depth >= _DEEP:
        wiring.nova(values).services()
    return OCF_SUCCESS


def values_of(call: Call) -> Mapping[str, str]:
    """Every parameter with its default, as the worker gets them. Raises ParameterError."""
    values = {each.name: call.text(each.name) for each in call.agent.parameters}
    for each in call.agent.parameters:
        if each.secret:  # as it is: it may begin or end with a blank
            values[each.name] = call.env.get(f"OCF_RESKEY_{each.name}", "")
    return values
