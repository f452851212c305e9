"""``ocf:openstack:NovaEvacuate``: one worker in the cluster evacuates the hosts that are flagged.

``start`` launches it, ``monitor`` checks that it lives and makes progress, ``stop`` ends it. The work is
in the worker (vmha_ocf.worker), because Pacemaker kills an action at its timeout and at each stop.
"""

from __future__ import annotations

from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.backends.pacemaker import pulsed
from vmha_ocf.errors import ParameterError
from vmha_ocf.worker.parameters import PARAMETERS, longest_silence


def start(call: Call) -> int:
    from vmha_ocf.programs import nova_evacuate_actions

    return nova_evacuate_actions.start(call, pulsed.pulse_of(call))


def stop(call: Call) -> int:
    from vmha_ocf.programs import nova_evacuate_actions

    return nova_evacuate_actions.stop(call, pulsed.pulse_of(call))


def validate(call: Call) -> int:
    from vmha_ocf.programs import nova_evacuate_actions

    return nova_evacuate_actions.validate(call)


def monitor(call: Call) -> int:
    return pulsed.monitor(call, "the worker", longest_silence(_request_timeout(call)))


def _request_timeout(call: Call) -> int:
    try:
        return call.integer("request_timeout")
    except ParameterError:
        return 600


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
