"""The slow half of NovaInstances: what starts and ends the watcher's process."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec

from vmha_ocf.agent.ocf import Call
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.pacemaker.cluster import PacemakerCluster
from vmha_ocf.backends.pacemaker.own_attributes import OwnAttributes
from vmha_ocf.backends.process import daemon
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.errors import OCF_SUCCESS, NotInstalled, VmhaError
from vmha_ocf.living.guests.question import ANSWER
from vmha_ocf.living.guests.report import ATTRIBUTE

_DEEP = 10
"""OCF 1.1, OCF_CHECK_LEVEL: 10 may look at the node."""
_MODULE = "vmha_ocf.programs.living.guest_watcher"
_ONE_CALL = 3.0
"""Seconds for one call of Pacemaker's tools, of a stop that must not fail."""


def start(call: Call, pulse: PulseFile) -> int:
    if pulse.is_held():
        return OCF_SUCCESS
    _require_binding()
    values = {each.name: call.text(each.name) for each in call.agent.parameters}
    values["node"] = _node(call)
    errors = f"{pulse.path}.err"
    timeout = call.timeout * 0.8
    daemon.start(pulse, values, errors, SystemClock(), timeout, module=_MODULE)
    return OCF_SUCCESS


def stop(call: Call, pulse: PulseFile) -> int:
    """No guest is touched. What was told of them is taken back, also of a watcher that was killed: nobody
    keeps it true any more."""
    was_there = pulse.is_held()
    daemon.stop(pulse, SystemClock(), timeout=call.timeout * 0.5)
    if was_there or call.node:
        with suppress(VmhaError):
            board = OwnAttributes(_node(call), timeout=_ONE_CALL)
            for name in (ATTRIBUTE, ANSWER):
                board.remove(name)
    return OCF_SUCCESS


def validate(call: Call) -> int:
    if call.depth >= _DEEP:
        _require_binding()
    return OCF_SUCCESS


def _require_binding() -> None:
    if find_spec("libvirt") is None:
        raise NotInstalled(
            "libvirt's Python binding is not installed on this node",
            hint="apt-get install python3-libvirt, or dnf install python3-libvirt",
        )


def _node(call: Call) -> str:
    return call.node or str(PacemakerCluster(Cib()).local_node())
