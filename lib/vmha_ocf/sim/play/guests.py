"""What can happen to guests of a host that lives, to its libvirt, and to who watches them or measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmha_ocf.model import InstanceId
from vmha_ocf.sim.base.scenario import EventSpec
from vmha_ocf.sim.cloud.guest_failures import GuestFailures
from vmha_ocf.sim.cluster.libvirt import Trouble
from vmha_ocf.sim.play.event_kind import Kind, Stage


def _each(
    act: Callable[[GuestFailures, InstanceId, EventSpec], None],
) -> Callable[[Stage, EventSpec], None]:
    """Of those that there still are."""

    def act_on_all(stage: Stage, event: EventSpec) -> None:
        for server in stage.world.requests.named(event.instances):
            act(stage.world.guests, server.id, event)

    return act_on_all


def _incoming_fails(stage: Stage, event: EventSpec) -> None:
    for server in stage.world.requests.named(event.instances):
        stage.world.guests.incoming_fails(server.id, stage.world.host(event.host).name)


def _crash(stage: Stage, event: EventSpec) -> None:
    there = stage.world.host(event.host).name if event.host else None
    _each(lambda guests, one, event: guests.crash(one, float(event.value or 0), there))(
        stage, event
    )


def _lose_libvirt(stage: Stage, event: EventSpec) -> None:
    host = stage.world.host(event.host)
    trouble = Trouble(event.value or Trouble.AWAY.value)
    stage.world.say(host.node, f"libvirt {'hangs' if trouble is Trouble.HANGS else 'is away'}")
    host.lose_libvirt(trouble)


def _bring_libvirt_back(stage: Stage, event: EventSpec) -> None:
    host = stage.world.host(event.host)
    stage.world.say(host.node, "libvirt is back")
    host.bring_libvirt_back()


def _kill_watcher(stage: Stage, event: EventSpec) -> None:
    host = stage.world.host(event.host)
    stage.world.say(host.node, "NovaInstances is killed")
    stage.manager.guests.kill(host)


_HOST = frozenset({"host"})
_INSTANCES = frozenset({"instances"})
_VALUE = frozenset({"value"})

GUESTS: Mapping[str, Kind] = {
    "crash_guests": Kind(
        "QEMUs are killed; with a `value`, again and again, so many seconds after each start, as long as "
        "they are on `host`, or anywhere",
        _crash,
        _INSTANCES,
        _VALUE | _HOST,
    ),
    "mend_guests": Kind(
        "guests that crash again and again do so no more",
        _each(lambda guests, one, _: guests.mend(one)),
        _INSTANCES,
    ),
    "panic_guests": Kind(
        "the kernels of guests panic, and their domains are kept (pvpanic, on_crash=preserve)",
        _each(lambda guests, one, _: guests.panic(one)),
        _INSTANCES,
    ),
    "watchdog_guests": Kind(
        "the watchdogs of guests switch them off",
        _each(lambda guests, one, _: guests.power_off_by_watchdog(one)),
        _INSTANCES,
    ),
    "pause_guests": Kind(
        "guests are paused by an error of their storage",
        _each(lambda guests, one, _: guests.run_out_of_storage(one)),
        _INSTANCES,
    ),
    "freeze_guests": Kind(
        "QEMUs answer nobody any more, and libvirt calls them running",
        _each(lambda guests, one, _: guests.freeze(one)),
        _INSTANCES,
    ),
    "go_on_guests": Kind(
        "guests that were paused by their storage, or frozen, go on by themselves",
        _each(lambda guests, one, _: guests.go_on(one)),
        _INSTANCES,
    ),
    "fail_incoming": Kind(
        "a live migration to `host` has failed: a dead QEMU is left there, and the guest is well elsewhere",
        _incoming_fails,
        frozenset({"instances", "host"}),
    ),
    "lose_libvirt": Kind(
        'libvirt of the host is away, or `value` = "hangs": guests run on',
        _lose_libvirt,
        _HOST,
        _VALUE,
    ),
    "bring_libvirt_back": Kind(
        "libvirt of the host answers again: started anew, it has forgotten why what was off is off",
        _bring_libvirt_back,
        _HOST,
    ),
    "measure": Kind(
        "the clone `key`, which measures a network of the host, finds `value`",
        lambda stage, event: stage.manager.measuring.measure(
            stage.world.host(event.host), event.key, event.value
        ),
        _HOST | {"key", "value"},
    ),
    "kill_measuring": Kind(
        "the clone `key` is killed on the host, and what it has said last stays",
        lambda stage, event: stage.manager.measuring.kill(stage.world.host(event.host), event.key),
        _HOST | {"key"},
    ),
    "kill_watcher": Kind("SIGKILL of NovaInstances on the host", _kill_watcher, _HOST),
    "move_connection": Kind(
        "the connection of the host moves to another controller: what was told under its name is gone",
        lambda stage, event: stage.manager.guests.move(stage.world.host(event.host)),
        _HOST,
    ),
}
