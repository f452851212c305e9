"""Is the stage as it was when it came up? And what brings it back there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.lab import bmc, network, power
from tests.lab.stage import Stage, Tell
from tests.lab.wait import wait_until
from tests.lab.workers import workers

_KNOBS = ("spawn_delay", "spawn_fail", "shared")
PATIENCE = 90.0


def healed(stage: Stage, tell: Tell) -> bool:
    """Undo what a case left behind. False: it stays sick, only a new lab helps."""
    try:
        _repair(stage)
        wait_until("health", lambda: not sick(stage), PATIENCE, 0.5)
    except Exception as error:  # noqa: BLE001 - a sick lab may answer anything; it is built anew
        tell(f"the lab is sick: {'; '.join(_known(stage)) or error}")
        return False
    return True


def sick(stage: Stage) -> list[str]:
    """Sentences of what is not as it should be; none is health."""
    return [*_machines(stage), *_cluster(stage), *_cloud(stage)]


def _known(stage: Stage) -> list[str]:
    try:
        return sick(stage)
    except Exception:  # noqa: BLE001 - as above
        return []


def _machines(stage: Stage) -> Iterator[str]:
    lab = stage.lab
    for node in lab.nodes:
        if not power.is_on(lab, node.name):
            yield f"{node.name} is off"
        elif not network.plugged(lab, node.name):
            yield f"{node.name} is unplugged"
        if not bmc.is_up(lab, node.name):
            yield f"the BMC of {node.name} is dead"


def _cluster(stage: Stage) -> Iterator[str]:
    states = stage.cluster.node_states()
    for node in stage.lab.nodes:
        if node.name not in states or not states[node.name].online:
            yield f"{node.name} is not online"
    yield from (f"{node} is flagged" for node in stage.records())
    if len(workers(stage.lab)) != 1:
        yield f"workers run on {', '.join(workers(stage.lab)) or 'no controller'}"


def _cloud(stage: Stage) -> Iterator[str]:
    for name, state in stage.cloud.status().items():
        if state != "ready":
            yield f"{name} is {state}"
            return
    for host, service in stage.cloud.client().services().items():
        if service["state"] != "up" or service["status"] != "enabled":
            yield f"nova-compute of {host} is {service['status']} and {service['state']}"
    if left := stage.cloud.instances():
        yield f"{len(left)} instances are left"


def _repair(stage: Stage) -> None:
    _repair_machines(stage)
    _repair_cloud(stage)
    # A start that failed is not tried there again for a while.
    for resource in ("nova-evacuate", "nova-compute"):
        stage.cluster.must(
            stage.cluster.controller(), ["crm_resource", "--cleanup", "-r", resource]
        )
    _delete_instances(stage)


def _repair_machines(stage: Stage) -> None:
    lab, cluster = stage.lab, stage.cluster
    for node in lab.nodes:
        bmc.set_fault(lab, node.name, bmc.Fault.NONE)
        if not bmc.is_up(lab, node.name):
            cluster.bmc_start(node.name)
        if not power.is_on(lab, node.name):
            cluster.power_on(node.name)
        elif not network.plugged(lab, node.name):
            cluster.plug(node.name)
    if not any(power.runs(lab, node.name, "pacemakerd") for node in lab.controllers):
        cluster.start_all()
    cluster.wait_dc()


def _repair_cloud(stage: Stage) -> None:
    for name, state in stage.cloud.status().items():
        if state == "frozen":
            stage.cloud.thaw(name)
        elif state == "stopped":
            stage.cloud.start(name)
    for host in stage.hosts:
        for knob in _KNOBS:
            stage.cloud.knob(host, knob, None)


def _delete_instances(stage: Stage) -> None:
    """Only once every host answers: Nova sends the order to the host."""
    rows = stage.cloud.instances()
    if not rows:
        return
    stage.wait_up(timeout=PATIENCE)
    client = stage.cloud.client()
    client.delete(row.uuid for row in rows)
    client.wait_deleted(row.uuid for row in rows)
