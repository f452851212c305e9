"""``ocf:openstack:NovaInstances``: says which instances of a compute host are down or stuck.

``start`` launches a small process that watches libvirt, ``monitor`` checks that it lives, ``stop`` ends
it, and no guest. It knows no secret and no OpenStack, and acts on nothing.
"""

from __future__ import annotations

from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.agent.parameter import integer, string
from vmha_ocf.backends.pacemaker import pulsed

_LONGEST_SILENCE = 60.0
"""Seconds. It beats every five; its calls of Pacemaker's tools may take twenty."""


def start(call: Call) -> int:
    from vmha_ocf.programs.living import nova_instances_actions

    return nova_instances_actions.start(call, pulsed.pulse_of(call))


def stop(call: Call) -> int:
    from vmha_ocf.programs.living import nova_instances_actions

    return nova_instances_actions.stop(call, pulsed.pulse_of(call))


def validate(call: Call) -> int:
    from vmha_ocf.programs.living import nova_instances_actions

    return nova_instances_actions.validate(call)


def monitor(call: Call) -> int:
    return pulsed.monitor(call, "the watcher", _LONGEST_SILENCE)


def _is_uri(text: str) -> bool:
    return ":///" in text and text.split() == [text] and not text.startswith("-")


AGENT = Agent(
    "NovaInstances",
    "Says which instances of a compute host are down or stuck",
    "Watches the guests of a compute host through libvirt, read-only, and keeps a public attribute of "
    "the node, vmha-instances, that names those that are down or stuck: crashed, panicked, paused by "
    "their watchdog or an I/O error, hung. An instance counts as failed if it was seen to run in this "
    "boot. It restarts nothing, ends no guest, and needs no credentials; what is to be done about a "
    "failure is decided on a controller. Run it as a clone on the compute hosts, after nova-compute.\n"
    "Needs libvirt's Python binding on the compute hosts (python3-libvirt).",
    source=__file__,
    parameters=(
        string(
            "uri",
            "libvirt's address on this host",
            "Where libvirt runs in a container, name its socket: "
            "qemu+unix:///system?socket=/run/libvirt/libvirt-sock-ro",
            accepts=_is_uri,
            allowed="a URI of libvirt on this host",
            default="qemu:///system",
            example="qemu:///system",
        ),
        integer(
            "hung_after",
            "Seconds without an answer after which a QEMU counts as hung",
            "Each running instance's QEMU is asked for the counters of its disks every ten seconds, "
            "over the read-only connection. 0 asks none.",
            least=0,
            most=3600,
            unit="seconds",
            default="30",
            example="30",
        ),
        integer(
            "agent_after",
            "Seconds without an answer after which a guest agent counts as silent",
            "0, the default, asks no guest agent. Otherwise each instance's agent is pinged every ten "
            "seconds, over a connection that may write. One counts as silent only after it has answered "
            "before, and while nothing moves on the instance's disks.",
            least=0,
            most=86400,
            unit="seconds",
            default="0",
            example="60",
        ),
        string(
            "log_file",
            "File for what it says, beside syslog",
            "Made readable by root only.",
            accepts=lambda value: value.startswith("/"),
            allowed="an absolute path",
            example="/var/log/vmha-instances.log",
        ),
    ),
    actions=(
        Action("start", start, timeout=30),
        Action("stop", stop, timeout=30),
        Action("monitor", monitor, timeout=20, interval=10),
        Action("validate-all", validate, timeout=20),
    ),
)

main = AGENT.run
