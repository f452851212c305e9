"""Hosts that live are fenced by policy, for their nova-compute or a network; and what keeps one from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab import tenant_network
from tests.lab.cases.case import Case, case
from tests.lab.cases.networks import measure, reason, status
from tests.lab.cases.processes import give_up, nobody_was_fenced
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected

_HOST = "compute-2"
_HELD = 20
_PROCESS = f"""default_class = "cattle"
[class.cattle.process]
nova-compute = ["restart", "fence"]
[gates]
held_for = "{_HELD} s"
"""
_NETWORK = f"""default_class = "cattle"
[class.pets]
tags = "pet"
network.tenant = "notify"
[class.cattle]
network.tenant = "fence"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1000
[gates]
held_for = "{_HELD} s"
"""
_OURS = "vmha-ocf: "
_ASKED = f"Pacemaker is to fence {_HOST}"
_NEVER_AGAIN = f"{_HOST} was to be fenced before, and is not fenced for its tenant network again"


@dataclass(frozen=True)
class _Log:
    """What workers have said since a case began."""

    scene: Scene
    before: int

    def count(self, words: str) -> int:
        lines = self.scene.stage.worker_log().splitlines()[self.before :]
        return sum(words in line for line in lines)

    def until(self, words: str, timeout: float = 90) -> None:
        self.scene.until(words, lambda: self.count(words), timeout)


def worn_out_nova_compute_is_fenced(scene: Scene) -> Expected:
    """A nova-compute that Pacemaker gives up: its host, with cattle alone, is fenced, and all evacuated."""
    log = _prepare(scene, _PROCESS)
    cattle = scene.boot(_HOST)
    give_up(scene)
    _fenced(log, cattle)
    _enabled(scene)
    assert log.count(_ASKED) == 1, "it was asked for twice"
    return Expected({_HOST}, cattle)


def tenant_network_down_is_fenced(scene: Scene) -> Expected:
    """A host with cattle alone loses its tenant network: it is fenced, once, and all are evacuated."""
    measure(scene)
    log = _prepare(scene, _NETWORK)
    cattle = scene.boot(_HOST)
    at = _cut(scene)
    _fenced(log, cattle)
    scene.say(f"all are elsewhere {time.time() - at:.1f} s after the cut")

    scene.say("the network is as broken as before")
    scene.stage.cluster.wait_online(_HOST, timeout=150)
    scene.stage.wait_up(_HOST, timeout=240)
    log.until(_NEVER_AGAIN)
    scene.kill_worker()
    scene.pause(_HELD + 30)
    assert reason(scene).startswith(_OURS), "it was enabled although its network is down"
    assert log.count(_ASKED) == 1, "it was asked for twice"
    _mend(scene)
    return Expected({_HOST}, cattle)


def tenant_network_wavers_and_nobody_is_fenced(scene: Scene) -> Expected:
    """A switch away for 10 s, and for all; an agent that ends: nobody is fenced for any of it."""
    lab, cluster = scene.stage.lab, scene.stage.cluster
    measure(scene)
    log = _prepare(scene, _NETWORK)
    cattle = scene.boot(_HOST)
    scene.say("its switch is away for ten seconds")
    tenant_network.switch_off(lab)
    scene.pause(10)
    tenant_network.switch_on(lab)
    scene.pause(_HELD + 30)

    scene.say("its switch is off")
    tenant_network.switch_off(lab)
    scene.until_status_says("have lost their tenant network together", _HELD + 60)
    scene.kill_worker()
    scene.pause(_HELD + 40)
    tenant_network.switch_on(lab)
    scene.until_status_is_silent("have lost their tenant network together", 150)

    scene.say(f"{_HOST} is cut off, and its agent is taken away before the gate's time is over")
    tenant_network.cut(lab, _HOST)
    scene.pause(5)
    cluster.pcs("constraint", "location", "net-tenant-clone", "avoids", _HOST)
    scene.pause(_HELD + 60)
    nobody_was_fenced(scene)
    assert not log.count("Pacemaker is to fence")
    return Expected({_HOST}, (), cattle)


def _prepare(scene: Scene, policy: str) -> _Log:
    scene.afterwards.callback(_enable, scene)
    _forget(scene)
    log = _Log(scene, len(scene.stage.worker_log().splitlines()))
    scene.set_policy(policy)
    return log


def _cut(scene: Scene) -> float:
    """When: until it is disabled for that."""
    scene.say(f"the tenant network of {_HOST} is cut")
    at = time.time()
    tenant_network.cut(scene.stage.lab, _HOST)
    scene.until(f"{_HOST} disabled", lambda: reason(scene).startswith(_OURS), _HELD + 90)
    scene.say(f"disabled {time.time() - at:.1f} s after it, of which {_HELD} are the gate's")
    return at


def _fenced(log: _Log, cattle: Sequence[str]) -> None:
    """By us, and its instances are elsewhere."""
    scene = log.scene
    log.until(_ASKED, _HELD + 150)
    scene.say("Pacemaker is asked to fence it")
    scene.stage.cluster.wait_fenced(_HOST, scene.began)
    scene.say("it is fenced")
    scene.until_moved(_HOST, cattle)
    history = scene.stage.cluster.fence_history(_HOST)
    times = [one.completed for one in history if one.completed]
    since = [one for one in times if one.timestamp() >= scene.began]
    scene.say(f"its instances are elsewhere; it was fenced {len(since)} times")


def _mend(scene: Scene) -> None:
    scene.say("the network is mended")
    tenant_network.mend(scene.stage.lab, _HOST)
    _enabled(scene)


def _enabled(scene: Scene) -> None:
    at = time.time()
    scene.until(f"{_HOST} enabled", lambda: status(scene) == "enabled", _HELD + 300)
    scene.say(f"enabled {time.time() - at:.1f} s after that")


def _forget(scene: Scene) -> None:
    """What an earlier case has had fenced would not be within the same day."""
    for host in scene.stage.hosts:
        told = ["crm_attribute", "-N", host, "-l", "forever", "-n", "vmha-fenced", "-D"]
        scene.stage.cluster.run(scene.stage.cluster.controller(), told)


def _enable(scene: Scene) -> None:
    """A case that has failed leaves it disabled."""
    if reason(scene).startswith(_OURS):
        scene.stage.cloud.client().update_service(_HOST, status="enabled").expect(200)


_RUN = (
    worn_out_nova_compute_is_fenced,
    tenant_network_down_is_fenced,
    tenant_network_wavers_and_nobody_is_fenced,
)
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
