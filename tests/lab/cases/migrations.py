"""A live migration is broken at each of its stages: its guest runs once, and is up again."""

from __future__ import annotations

import signal

from tests.lab.cases.case import Case, case
from tests.lab.cases.guarded import LACKS, observer, start_watchers, stayed, untouched, watch
from tests.lab.cases.processes import nobody_was_fenced
from tests.lab.cases.scene import Scene
from tests.lab.cloud.observe import InstanceRow
from tests.lab.processes import Process
from tests.lab.promises import Expected
from tests.lab.workers import libvirtd, nova_compute

_SOURCE, _DEST = "compute-1", "compute-2"
_MAY_RUN = f"may run on {_DEST}"
_RUNS = f"runs on {_DEST}"
_SPEED = "4"
"""MiB/s: so that it takes ten seconds and more."""
_NO_SYSTEMD = "without HOSTS=systemd and GUESTS=real no monitor says which nova-compute hangs"
_POLICY = """\
default_class = "all"
[class.all.process]
nova-compute = ["restart", "notify"]
[class.all.guest]
crashed = ["restart", "notify"]
"""


def incoming_migration_fails(scene: Scene) -> Expected:
    """The QEMU of a live migration that comes in is killed: its guest goes on where it was."""
    watch(scene)
    (uuid,) = tagged = scene.boot(_SOURCE, 1)
    incoming = _migrate(scene, uuid)
    scene.say("the QEMU that waits for it is killed")
    incoming.end()
    scene.until("the end of the migration", lambda: _row(scene, uuid).task_state is None)
    scene.pause(25)
    scene.until_counting(tagged)
    untouched(scene, uuid)
    return stayed(_SOURCE, tagged)


def source_dies_before_the_switch(scene: Scene) -> Expected:
    """A live migration's source loses power while memory is being sent: its guest starts elsewhere."""
    watch(scene)
    (uuid,) = tagged = scene.boot(_SOURCE, 1)
    incoming = _migrate(scene, uuid)
    assert _is_on(scene, uuid, _SOURCE), "it has switched over"
    scene.cut_power(_SOURCE)
    _evacuated_by_its_word(scene, incoming)
    return Expected({_SOURCE}, tagged)


def source_dies_and_nobody_watches(scene: Scene) -> Expected:
    """The same where no NovaInstances runs: it is told, somebody looks, and types what is said."""
    (uuid,) = tagged = scene.boot(_SOURCE, 1)
    incoming = _migrate(scene, uuid)
    scene.cut_power(_SOURCE)
    scene.until("the end of the one that waited", lambda: not incoming.alive())
    scene.until_status_says(_MAY_RUN, 120)  # pcs shows the sentence's beginning
    assert f"openstack server set --state error {uuid}" in scene.stage.worker_log()
    scene.pause(20)
    assert not scene.asked(_SOURCE), "it was evacuated without a word of its destination"
    assert uuid not in [one.uuid for one in observer(scene).running()]
    scene.say("told; somebody has looked, and types what the sentence says")
    body = {"state": "error"}
    scene.stage.cloud.client().action(uuid, "os-resetState", body).expect(202)
    return Expected({_SOURCE}, tagged)


def source_dies_during_the_switch(scene: Scene) -> Expected:
    """A live migration's source loses power when its guest stands still, and runs nowhere yet."""
    watch(scene)
    (uuid,) = tagged = scene.boot(_SOURCE, 1)
    incoming = _migrate(scene, uuid)
    old = libvirtd(scene.stage.lab, _SOURCE)
    assert old, f"libvirtd does not run on {_SOURCE}"
    scene.say("libvirtd is frozen, without whose word QEMU does not switch over")
    old.signal(signal.SIGSTOP)
    scene.until("a guest that stands still", lambda: _stands_still(scene, uuid), 120)
    assert _is_on(scene, uuid, _SOURCE), "it has switched over"
    scene.cut_power(_SOURCE)
    _evacuated_by_its_word(scene, incoming)
    return Expected({_SOURCE}, tagged)


def source_dies_after_the_switch(scene: Scene) -> Expected:
    """A live migration's source loses power when its guest has gone over, unknown to Nova: it runs on."""
    watch(scene)
    (uuid,) = scene.boot(_SOURCE, 1)
    incoming = _migrate(scene, uuid)
    old = nova_compute(scene.stage.lab, _SOURCE)
    assert old, f"nova-compute does not run on {_SOURCE}"
    scene.say("nova-compute is frozen, which would tell Nova where the guest is")
    old.signal(signal.SIGSTOP)
    scene.until("a guest that has gone over", lambda: _is_on(scene, uuid, _DEST), 120)
    scene.afterwards.callback(_forget, scene, uuid)
    scene.cut_power(_SOURCE)
    scene.until_status_says(_RUNS, 120)
    scene.say("told")
    scene.pause(30)
    assert incoming.alive(), "it runs no more where it had gone to"
    scene.until_counting([uuid])
    assert not scene.asked(_SOURCE), "it was evacuated from where it does not run"
    return Expected({_SOURCE}, (), in_service=False)


def nova_compute_hangs_in_a_migration(scene: Scene) -> Expected:
    """The nova-compute of a live migration's source hangs: told, not restarted, and its guest runs once."""
    start_watchers(scene)
    scene.set_policy(_POLICY)
    (uuid,) = tagged = scene.boot(_SOURCE, 1)
    _migrate(scene, uuid)
    old = nova_compute(scene.stage.lab, _SOURCE)
    assert old, f"nova-compute does not run on {_SOURCE}"
    scene.say(f"nova-compute of {_SOURCE} is frozen")
    scene.afterwards.callback(old.signal, signal.SIGCONT)
    old.signal(signal.SIGSTOP)
    scene.until("a guest that has gone over", lambda: _is_on(scene, uuid, _DEST), 120)
    scene.say("the guest has gone over, unknown to Nova")
    scene.until_status_says(f"nova-compute of {_SOURCE} hangs and is not restarted", 180)
    name = _row(scene, uuid).name
    assert f"is not restarted: {name} is migrating" in scene.stage.worker_log()
    scene.say("told")
    scene.pause(60)
    assert nova_compute(scene.stage.lab, _SOURCE) == old, "it was restarted"
    assert _is_on(scene, uuid, _DEST), "it runs twice, or not at all"
    scene.until_counting(tagged)
    scene.say("nova-compute goes on")
    old.signal(signal.SIGCONT)
    scene.until("Nova's own end of it", lambda: _row(scene, uuid).task_state is None, 180)
    row = _row(scene, uuid)
    scene.say(f"Nova has it {row.vm_state} on {row.host}")
    scene.until_status_is_silent(f"nova-compute of {_SOURCE} hangs")
    scene.pause(30)
    assert _is_on(scene, uuid, _DEST), "it runs twice, or not at all"
    nobody_was_fenced(scene)
    scene.say("the operator ends it there, and has Nova start it, as the runbook says")
    _forget(scene, uuid)
    scene.stage.cloud.client().action(uuid, "reboot", {"type": "HARD"}).expect(202)
    scene.until("an instance that is well", lambda: _is_well_on(scene, uuid, _SOURCE), 90)
    scene.until_counting(tagged)
    return stayed(_SOURCE, tagged)


def _migrate(scene: Scene, uuid: str) -> Process:
    """The QEMU that waits for it. Its memory is being sent."""
    scene.stage.cluster.must(_SOURCE, ["virsh", "migrate-setspeed", uuid, _SPEED])
    body = {"host": _DEST, "block_migration": False}
    scene.say(f"it is migrated live to {_DEST}")
    scene.stage.cloud.client().action(uuid, "os-migrateLive", body).expect(202)
    scene.until("the QEMU that waits for it", lambda: observer(scene).waiting(uuid))
    scene.pause(4)
    (found,) = observer(scene).waiting(uuid)
    return found


def _evacuated_by_its_word(scene: Scene, incoming: Process) -> None:
    """Its destination says that it does not run there, and nobody has to look."""
    scene.until("the end of the one that waited", lambda: not incoming.alive())
    scene.until_asked(_SOURCE, timeout=150)
    scene.say("it is evacuated, with nobody's help")


def _row(scene: Scene, uuid: str) -> InstanceRow:
    return next(row for row in scene.stage.cloud.instances() if row.uuid == uuid)


def _is_well_on(scene: Scene, uuid: str, host: str) -> bool:
    row = _row(scene, uuid)
    return (row.host, row.vm_state, row.task_state) == (host, "active", None)


def _is_on(scene: Scene, uuid: str, host: str) -> bool:
    return [one.host for one in observer(scene).running() if one.uuid == uuid] == [host]


def _stands_still(scene: Scene, uuid: str) -> bool:
    """For three beats."""
    before = len(observer(scene).beats(uuid))
    scene.pause(4)
    return len(observer(scene).beats(uuid)) == before


def _forget(scene: Scene, uuid: str) -> None:
    """Nova does not know that it is there."""
    for word in ("destroy", "undefine"):
        scene.stage.cluster.run(_DEST, ["virsh", word, uuid])


_RUN = (
    incoming_migration_fails, source_dies_before_the_switch, source_dies_and_nobody_watches,
    source_dies_during_the_switch, source_dies_after_the_switch,
)  # fmt: skip
CASES: tuple[Case, ...] = (
    *(case(one, cannot=LACKS, real=True) for one in _RUN),
    case(nova_compute_hangs_in_a_migration, cannot=_NO_SYSTEMD, real=True, systemd=True),
)
