"""``ocf:openstack:NovaEvacuate``: one worker in the cluster evacuates the hosts that are flagged.

``start`` launches it, ``monitor`` checks that it lives and makes progress, ``stop`` ends it. The work is
in the worker (vmha_ocf.worker), because Pacemaker kills an action at its timeout and at each stop.
"""

from __future__ import annotations

import os

from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.backends.pacemaker.shown import Shown
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.pulse import PulseFile
from vmha_ocf.errors import (
    OCF_ERR_GENERIC,
    OCF_NOT_RUNNING,
    OCF_SUCCESS,
    ParameterError,
)
from vmha_ocf.worker.parameters import PARAMETERS, longest_silence

_LASTING = 10.0
"""Seconds after which trouble is shown to people. Shorter is a blip, or a start while Keystone is
down too: right after a start a monitor has to be 0 (ocf-tester). The worker's log has it at once."""


def start(call: Call) -> int:
    from vmha_ocf.programs import nova_evacuate_actions

    return nova_evacuate_actions.start(call, _pulse(call))


def stop(call: Call) -> int:
    from vmha_ocf.programs import nova_evacuate_actions

    return nova_evacuate_actions.stop(call, _pulse(call))


def validate(call: Call) -> int:
    from vmha_ocf.programs import nova_evacuate_actions

    return nova_evacuate_actions.validate(call)


def monitor(call: Call) -> int:
    pulse = _pulse(call).read(SystemClock().monotonic())
    if pulse is None:
        return OCF_NOT_RUNNING
    if call.probe:
        return OCF_SUCCESS
    if pulse.age > longest_silence(_request_timeout(call)):
        call.explain(f"the worker (pid {pulse.pid}) has made no progress for {pulse.age:.0f} s")
        return OCF_ERR_GENERIC
    if not pulse.problems or pulse.troubled < _LASTING:
        return Shown(call).well()
    more = f" (and {len(pulse.problems) - 1} more)" if len(pulse.problems) > 1 else ""
    return Shown(call).degraded(pulse.problems[0] + more)


def _request_timeout(call: Call) -> int:
    try:
        return call.integer("request_timeout")
    except ParameterError:
        return 600


def _pulse(call: Call) -> PulseFile:
    return pulse_of(call.resource, call.env.get("HA_RSCTMP", ""))


def pulse_of(resource: str, directory: str = "") -> PulseFile:
    """Of the worker of a resource on this node."""
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in resource)
    return PulseFile(os.path.join(directory or "/run/resource-agents", f"NovaEvacuate-{name}"))


AGENT = Agent(
    "NovaEvacuate",
    "Evacuates the instances of fenced compute hosts",
    "Watches the flags that fence_compute writes when it has proved that a compute host is off, and "
    "has Nova rebuild the tagged instances of that host elsewhere. Brings the host back into service "
    "when it returns. Run exactly one in a cluster, on a controller.\n"
    "Give it credentials either as a cloud of a clouds.yaml file (cloud, clouds_file) or one by one.",
    source=__file__,
    parameters=PARAMETERS,
    actions=(
        Action("start", start, timeout=30),
        Action("stop", stop, timeout=30),
        Action("monitor", monitor, timeout=20, interval=10),
        Action("validate-all", validate, timeout=60),
    ),
)

main = AGENT.run
