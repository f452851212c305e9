"""What can happen in a scenario, by name.

[[event]]
at = 10
do = "power_cut"
host = "compute-1"
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.cluster import flag_texts
from vmha_ocf.model import Flag, NodeName
from vmha_ocf.sim.base.journal import FlagErased
from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.play.event_kind import Kind, Stage
from vmha_ocf.sim.play.guests import GUESTS
from vmha_ocf.sim.play.people import PEOPLE


def _fence(stage: Stage, event: EventSpec) -> None:
    stage.manager.fencing.request(stage.world.host(event.host), "is to be fenced by an operator")


def _fence_by_other(stage: Stage, event: EventSpec) -> None:
    host = stage.world.host(event.host)
    stage.manager.fencing.fenced_by_other(host, event.by or "watchdog")


def _kill_compute(stage: Stage, event: EventSpec) -> None:
    host = stage.world.host(event.host)
    host.end_compute()
    stage.world.say(host.node, "nova-compute is dead")


def _hang_compute(stage: Stage, event: EventSpec) -> None:
    stage.world.host(event.host).hang_compute()


def _write_attribute(stage: Stage, event: EventSpec) -> None:
    stage.world.say("operator", f"writes {flag_texts.ATTRIBUTE}[{event.key}]={event.value}")
    stage.world.attrd.put(flag_texts.ATTRIBUTE, event.key, event.value)


def _set_node_attribute(stage: Stage, event: EventSpec) -> None:
    node = stage.world.host(event.host).node if event.host else NodeName(event.controller)
    stage.world.say("operator", f"sets the attribute {event.key} of {node} to {event.value!r}")
    stage.world.cib.put(node, event.key, event.value)


def _edit_policy(stage: Stage, event: EventSpec) -> None:
    where = f"on {event.controller}" if event.controller else "on all controllers"
    stage.world.say("operator", f"writes the policy anew {where}")
    stage.world.write_policy(event.value, event.controller)


def _save_configuration(stage: Stage, event: EventSpec) -> None:
    stage.world.say("operator", f"saves the configuration as {event.value}")
    stage.world.cib.save(event.value)


def _restore_configuration(stage: Stage, event: EventSpec) -> None:
    then = f"of {event.value} s ago" if event.value.isdecimal() else event.value
    world = stage.world
    world.say("operator", f"restores the configuration {then}")
    flagged = [host for host in world.hosts if _is_pending(world.flag(host))]
    world.cib.restore(event.value)
    for host in flagged:
        flag = world.flag(host)
        if not _is_pending(flag):
            world.core.journal.note(FlagErased(world.now, host))
        elif flag is not None and flag.evidence is None:
            world.pacemaker.unrecorded.add(host)


def _is_pending(flag: Flag | None) -> bool:
    """What attrd says of one whose end was being written stays."""
    return flag is not None and flag.pending


_HOST = frozenset({"host"})
_CONTROLLER = frozenset({"controller"})

EVENTS: Mapping[str, Kind] = {
    "power_cut": Kind(
        "the host's power is gone; its BMC still answers",
        lambda stage, event: stage.world.power_cut(event.host),
        _HOST,
    ),
    "boot_host": Kind(
        "somebody switches the host on",
        lambda stage, event: stage.world.boot_host(event.host),
        _HOST,
    ),
    "reboot_host": Kind(
        "somebody reboots the host in peace: its guests are off, and nobody is fenced",
        lambda stage, event: stage.manager.reboot(stage.world.host(event.host)),
        _HOST,
    ),
    "isolate": Kind(
        "the host's network is gone; its guests run on, its BMC answers",
        lambda stage, event: stage.world.isolate(event.host),
        _HOST,
    ),
    "rejoin": Kind(
        "the host's network is back",
        lambda stage, event: stage.manager.rejoin(stage.world.host(event.host)),
        _HOST,
    ),
    "fence": Kind("pcs stonith fence: a node that is connected is fenced", _fence, _HOST),
    "fence_by_other": Kind(
        "a watchdog or another device fences the host (`by`); our agent does not run",
        _fence_by_other,
        _HOST,
        frozenset({"by"}),
    ),
    "confirm": Kind(
        "pcs stonith confirm: an operator says that the host is off",
        lambda stage, event: stage.manager.fencing.confirm(stage.world.host(event.host)),
        _HOST,
    ),
    "start_compute": Kind(
        "nova-compute is started behind Pacemaker's back",
        lambda stage, event: stage.world.start_compute(event.host),
        _HOST,
    ),
    "kill_compute": Kind("nova-compute dies", _kill_compute, _HOST),
    "hang_compute": Kind(
        "nova-compute hangs: its process is there, and does nothing", _hang_compute, _HOST
    ),
    "kill_worker": Kind(
        "SIGKILL of NovaEvacuate's worker", lambda stage, _: stage.manager.evacuate.kill()
    ),
    "kill_controller": Kind(
        "a controller's power is gone",
        lambda stage, event: stage.manager.controllers.kill(event.controller),
        _CONTROLLER,
    ),
    "start_controller": Kind(
        "a dead controller boots",
        lambda stage, event: stage.manager.controllers.start(event.controller),
        _CONTROLLER,
    ),
    "lose_dc": Kind(
        "the DC's controller daemon dies: nothing is decided until another one is elected",
        lambda stage, _: stage.manager.controllers.lose_dc(),
    ),
    "stop_cluster": Kind(
        "the power of all controllers is gone at once",
        lambda stage, _: stage.manager.controllers.stop_all(),
    ),
    "shut_down_cluster": Kind(
        "pcs cluster stop --all: nova-compute is stopped everywhere too",
        lambda stage, _: stage.manager.shut_down(),
    ),
    "start_cluster": Kind("all controllers boot", lambda stage, _: stage.manager.start_up()),
    "maintenance_on": Kind(
        "maintenance-mode=true: Pacemaker decides nothing",
        lambda stage, _: stage.manager.controllers.maintain(on=True),
    ),
    "maintenance_off": Kind(
        "maintenance-mode=false", lambda stage, _: stage.manager.controllers.maintain(on=False)
    ),
    "release_storm": Kind(
        "an operator lets evacuation go on although many hosts are down",
        lambda stage, _: stage.world.release_storm(),
    ),
    "write_attribute": Kind(
        "somebody writes attrd's attribute evacuate: `key` and `value`",
        _write_attribute,
        frozenset({"key", "value"}),
    ),
    "set_node_attribute": Kind(
        "somebody sets a permanent attribute of a `host` or `controller` in the CIB: `key` and `value`; "
        "without a value it is deleted",
        _set_node_attribute,
        frozenset({"key"}),
        frozenset({"value"}),
        frozenset({"host", "controller"}),
    ),
    "edit_policy": Kind(
        "somebody writes the policy's file anew, on all controllers or on one, and runs vmha policy there: "
        "`value` is its text",
        _edit_policy,
        frozenset(),
        frozenset({"value", "controller"}),
    ),
    "save_configuration": Kind(
        "pcs config backup, node attributes included: `value` is the name of this moment",
        _save_configuration,
        frozenset({"value"}),
    ),
    "restore_configuration": Kind(
        "pcs config restore: `value` is a saved moment, or how many seconds ago",
        _restore_configuration,
        frozenset({"value"}),
    ),
    "start_worker": Kind(
        "somebody starts a second worker by hand (debug-start): Pacemaker knows nothing of it",
        lambda stage, event: stage.manager.by_hand.start(event.controller),
        _CONTROLLER,
    ),
    "stop_worker": Kind(
        "somebody stops the worker that was started by hand there",
        lambda stage, event: stage.manager.by_hand.stop(event.controller),
        _CONTROLLER,
    ),
    "purge": Kind(
        "crm_node -R: attrd forgets everything under the node's own name",
        lambda stage, event: stage.world.attrd.purge(NodeName(stage.world.host(event.host).node)),
        _HOST,
    ),
    "remove_node": Kind(
        "pcs cluster node remove-remote: the host is no node of Pacemaker any more",
        lambda stage, event: stage.world.pacemaker.remove(stage.world.host(event.host).node),
        _HOST,
    ),
    **GUESTS,
    **PEOPLE,
}
FIELDS = frozenset(EventSpec.__dataclass_fields__) - {"at", "do"}
