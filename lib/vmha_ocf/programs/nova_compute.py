"""``ocf:openstack:NovaCompute``: nova-compute behind a gate that opens when its host's evacuation is over.

It knows no secret and no OpenStack. Pacemaker itself keeps it away from a flagged host by a location
rule on the flag's CIB record; the gate in ``start`` is the second lock.
"""

from __future__ import annotations

from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.agent.parameter import ignored, string
from vmha_ocf.backends.compute import libvirts_marks, probe
from vmha_ocf.backends.compute.hung_process import of_resource
from vmha_ocf.backends.pacemaker.shown import Shown
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_NOT_RUNNING, ParameterError
from vmha_ocf.living.booting import starters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def start(call: Call) -> int:
    from vmha_ocf.programs import nova_compute_actions

    return nova_compute_actions.start(call)


def stop(call: Call) -> int:
    from vmha_ocf.programs import nova_compute_actions

    return nova_compute_actions.stop(call)


def validate(call: Call) -> int:
    from vmha_ocf.programs import nova_compute_actions

    return nova_compute_actions.validate(call)


def monitor(call: Call) -> int:
    """Running or not; degraded while the next boot would start it, or guests, past the gate."""
    running = _runs(call)
    if call.probe:
        return _probe(call, running)
    if not running:
        return OCF_NOT_RUNNING
    if call.node and of_resource(call, _asked_units(call)).told_to_fail():
        call.explain(
            "Nova hears nothing of this nova-compute any more: NovaEvacuate has it restarted"
        )
        return OCF_ERR_GENERIC
    if unit := _enabled(call):
        return Shown(call).degraded(
            f"{unit} is enabled: when this host boots after a failure, systemd starts it before the "
            f"evacuation is over; systemctl disable {unit}"
        )
    for word in libvirts_marks.starters():
        return Shown(call).degraded(starters.SHOWN[word])
    return Shown(call).well()


def _probe(call: Call, running: bool) -> int:
    """Only a probe looks at the gate too: whatever it finds, Pacemaker has not started. It looks
    once, so what systemd is about to start counts. On a node without nova-compute it is 7 or 5."""
    if call.node:
        probe.tell_boot(call.node)
    unit = "" if running else _enabled(call)
    if not running and not unit and not probe.guests():
        return OCF_NOT_RUNNING
    from vmha_ocf.programs import nova_compute_actions

    if running:
        return nova_compute_actions.found_running(call)
    if unit:
        return nova_compute_actions.found_enabled(call, unit)
    return nova_compute_actions.found_guests(call)


def _asked_units(call: Call) -> Sequence[str]:
    """None where commands say whether it runs."""
    return () if call.raw("status_command") else _units(call)


def _runs(call: Call) -> bool:
    timeout = min(probe.LONGEST, call.timeout / 2)
    status = call.raw("status_command")
    if status:
        return probe.command_runs(status, timeout)
    return probe.unit_runs(_units(call), timeout)


def _enabled(call: Call) -> str:
    by_command = bool(call.raw("status_command"))
    return probe.enabled(
        probe.container_units(call.raw("start_command")) if by_command else _units(call)
    )


def _units(call: Call) -> Sequence[str]:
    unit = call.raw("unit")
    return (unit,) if unit else probe.UNITS


def _is_command(text: str) -> bool:
    try:
        return bool(probe.words(text))
    except ParameterError:
        return False


def _is_one_word(text: str) -> bool:
    return text.split() == [text] and not text.startswith("-")


_COMMAND = "a program and its arguments, with every quote closed"
_NO_CREDENTIALS = "NovaCompute does not talk to OpenStack"

AGENT = Agent(
    "NovaCompute",
    "Starts nova-compute when its host's evacuation is over",
    "Starts and stops nova-compute on a compute host. After the host was fenced, it is not started "
    "before every evacuation from it is over; not knowing means waiting. Run it as a clone on the "
    "compute hosts, with a location rule on the node attribute evacuation.\n"
    "nova-compute must not be started by anything else: systemctl disable it.",
    source=__file__,
    parameters=(
        string(
            "unit",
            "systemd unit of nova-compute",
            "By default nova-compute.service (Debian) or openstack-nova-compute.service (RDO), "
            "whichever is there.",
            accepts=_is_one_word,
            allowed="the name of a unit",
            example="nova-compute.service",
        ),
        string(
            "start_command",
            "Command that starts nova-compute, instead of a unit",
            "Run without a shell. With it, stop_command and status_command are needed too.",
            accepts=_is_command,
            allowed=_COMMAND,
            example="podman start nova_compute",
        ),
        string(
            "stop_command",
            "Command that stops nova-compute",
            "It has to end nova-compute for good: TERM, then KILL.",
            accepts=_is_command,
            allowed=_COMMAND,
            example="podman stop --time 20 nova_compute",
        ),
        string(
            "status_command",
            "Command that exits with 0 if nova-compute runs, with anything else if not",
            accepts=_is_command,
            allowed=_COMMAND,
            example="podman healthcheck run nova_compute",
        ),
        string(
            "nova_host",
            "The host's name in Nova",
            "By default host of nova.conf's [DEFAULT], else the host name.",
            accepts=_is_one_word,
            allowed="one word",
            example="compute-1.example.com",
        ),
        string(
            "nova_conf",
            "nova.conf of nova-compute",
            "nova-compute.conf and the folders nova.conf.d and nova-compute.conf.d beside it are "
            "read too.",
            accepts=lambda value: value.startswith("/"),
            allowed="an absolute path",
            default="/etc/nova/nova.conf",
            example="/etc/nova/nova.conf",
        ),
        *(
            ignored(name, _NO_CREDENTIALS)
            for name in (
                "auth_url",
                "username",
                "password",
                "tenant_name",
                "user_domain",
                "project_domain",
                "domain",
                "endpoint_type",
                "region_name",
                "insecure",
                "no_shared_storage",
            )
        ),
        ignored("evacuation_delay", "the gate opens when the evacuation is over"),
    ),
    actions=(
        Action("start", start, timeout=120),
        Action("stop", stop, timeout=60),
        Action("monitor", monitor, timeout=20, interval=10),
        Action("validate-all", validate, timeout=20),
    ),
)

main = AGENT.run
