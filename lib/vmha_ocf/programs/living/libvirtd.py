"""``ocf:openstack:Libvirtd``: libvirt's daemon on a compute host, one that hangs as well as one that ended.

Guests run on without it. ``stop`` ends none of them, and never fails.
"""

from __future__ import annotations

from vmha_ocf.agent.ocf import Action, Agent, Call
from vmha_ocf.agent.parameter import integer, string
from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.hypervisor import answering
from vmha_ocf.backends.pacemaker.shown import Shown
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import OCF_ERR_GENERIC, OCF_NOT_RUNNING, OCF_SUCCESS
from vmha_ocf.programs.living.libvirt_here import ask, forget, kept, unit_of

_LONGEST = 5.0
"""Seconds for one question, of the monitor's twenty."""


def start(call: Call) -> int:
    from vmha_ocf.programs.living import libvirtd_actions

    return libvirtd_actions.start(call)


def stop(call: Call) -> int:
    from vmha_ocf.programs.living import libvirtd_actions

    return libvirtd_actions.stop(call)


def validate(call: Call) -> int:
    from vmha_ocf.programs.living import libvirtd_actions

    return libvirtd_actions.validate(call)


def monitor(call: Call) -> int:
    """Asked by a probe, it is looked for alone: to connect would have systemd start it."""
    if call.probe:
        timeout = min(probe.LONGEST, call.timeout / 2)
        return OCF_SUCCESS if probe.unit_runs([unit_of(call)], timeout) else OCF_NOT_RUNNING
    word = ask(call, min(_LONGEST, call.timeout / 4))
    if word == answering.ABSENT:
        return OCF_NOT_RUNNING
    if word == answering.SILENT:
        return _silent(call)
    forget(call)
    if word == answering.REFUSES:
        return Shown(call).degraded("libvirt answers with an error: virsh -r list says which")
    return Shown(call).well()


def _silent(call: Call) -> int:
    """One that is busy is left alone: its restart would break the live migrations that go through it."""
    now = SystemClock().monotonic()
    since = _since(call, now)
    if now - since < call.integer("hung_after"):
        return Shown(call).degraded("libvirt does not answer; its guests run on")
    call.explain(f"libvirt hangs: it has not answered for {now - since:.0f} s; its guests run on")
    return OCF_ERR_GENERIC


def _since(call: Call, now: float) -> float:
    """When it was first found silent, in monotonic seconds."""
    path = kept(call, "silent")
    try:
        with open(path, encoding="ascii") as file:
            return float(file.read(100))
    except (OSError, ValueError):
        pass
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{now:.3f}")
    except OSError:  # a full /run: it is not known to hang
        pass
    return now


def _is_unit(text: str) -> bool:
    return text.split() == [text] and text.endswith(".service") and not text.startswith("-")


def _is_uri(text: str) -> bool:
    return ":///" in text and text.split() == [text] and not text.startswith("-")


AGENT = Agent(
    "Libvirtd",
    "Keeps libvirt running on a compute host, and restarts it when it hangs",
    "Starts libvirtd, or virtqemud of the modular daemons, and asks it at each monitor for the number of "
    "its guests. One that does not answer for hung_after seconds is restarted. Guests run on without it: "
    "a stop ends none of them, and where one would, because of the unit's KillMode, it is refused to "
    "start. Run it as a clone on the compute hosts, with a location rule on the node attribute "
    "evacuation, before nova-compute, and with on-fail=block for its stop.\n"
    "For a libvirt that systemd starts. In a container it is restarted by what started that.",
    source=__file__,
    parameters=(
        string(
            "unit",
            "systemd unit of libvirt's daemon",
            "By default virtqemud.service where it is in use, else libvirtd.service. Its sockets are "
            "stopped and started with it.",
            accepts=_is_unit,
            allowed="the name of a service",
            example="virtqemud.service",
        ),
        string(
            "socket",
            "The daemon's read-only socket",
            "By default that of the unit, in /run/libvirt.",
            accepts=lambda value: value.startswith("/"),
            allowed="an absolute path",
            example="/run/libvirt/virtqemud-sock-ro",
        ),
        string(
            "uri",
            "What is asked of libvirt",
            accepts=_is_uri,
            allowed="a URI of libvirt on this host",
            default="qemu:///system",
            example="qemu:///system",
        ),
        integer(
            "hung_after",
            "Seconds without an answer after which it counts as hung",
            "A restart breaks the live migrations that go through it, so one that is busy is given time.",
            least=5,
            most=3600,
            unit="seconds",
            default="30",
            example="30",
        ),
    ),
    actions=(
        Action("start", start, timeout=60),
        Action("stop", stop, timeout=60),
        Action("monitor", monitor, timeout=20, interval=10),
        Action("validate-all", validate, timeout=20),
    ),
)

main = AGENT.run
