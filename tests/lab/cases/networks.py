"""A host that lives and has lost its tenant network: told of, or disabled; nobody is moved or fenced."""

from __future__ import annotations

import time

from tests.lab import tenant_network
from tests.lab.cases.case import Case, case
from tests.lab.cases.processes import nobody_was_fenced
from tests.lab.cases.scene import Scene
from tests.lab.layout import REPOSITORY
from tests.lab.promises import Expected
from tests.lab.tellers import vmha

_HELD = 20
_POLICY = f"""default_class = "all"
[class.all]
network.tenant = "notify"
[measured.tenant]
attribute = "net-tenant"
resource = "net-tenant"
healthy_from = 1000
[gates]
held_for = "{_HELD} s"
"""
_ONE = "compute-2 has lost its tenant network: net-tenant is 0"
_ALL = "have lost their tenant network together"
_MARK = "vmha-ocf: network tenant@"
_DISABLED = "compute-2 is disabled for its tenant network"
_DISABLES = "disabled for its tenant network: Nova chooses it for nobody"
_ENABLED = "compute-2 was enabled by somebody, although its tenant network is down"
_UNKNOWN = "how the tenant network of compute-2 is, nobody knows: net-tenant does not run there"


def tenant_network_cut(scene: Scene) -> Expected:
    """A host's tenant network is cut, then that of all; its agent ends: told each, and nobody is moved."""
    lab = scene.stage.lab
    _measure(scene)
    scene.set_policy(_POLICY)
    tagged = scene.boot("compute-2")

    scene.say("the tenant network of compute-2 is cut")
    at = time.time()
    tenant_network.cut(lab, "compute-2")
    scene.until_status_says(_ONE, _HELD + 60)
    scene.say(f"told after {time.time() - at:.1f} s, of which {_HELD} are the gate's")
    assert _how(scene)["compute-2"] == {"tenant": "down"}
    tenant_network.mend(lab, "compute-2")
    scene.say("it is mended")
    scene.until_status_is_silent(_ONE, 150)

    scene.say("its switch is away for ten seconds")
    tenant_network.switch_off(lab)
    scene.pause(10)
    tenant_network.switch_on(lab)
    scene.pause(_HELD + 20)
    assert _ONE not in scene.stage.cluster.pcs("status", "--full")

    scene.say("its switch is off")
    tenant_network.switch_off(lab)
    scene.until_status_says(_ALL, _HELD + 60)
    tenant_network.switch_on(lab)
    scene.until_status_is_silent(_ALL, 150)

    scene.say("compute-2 is cut off, and its agent is taken away")
    tenant_network.cut(lab, "compute-2")
    scene.stage.cluster.pcs("constraint", "location", "net-tenant-clone", "avoids", "compute-2")
    scene.until_status_says(_UNKNOWN, 150)
    nobody_was_fenced(scene)
    assert all(not scene.stage.cloud.client().migrations(instance_uuid=one) for one in tagged)
    return Expected({"compute-2"}, (), tagged)


def tenant_network_cut_disables(scene: Scene) -> Expected:
    """A host loses its tenant network: it is disabled, new instances go elsewhere, and is enabled again."""
    lab, client = scene.stage.lab, scene.stage.cloud.client()
    _measure(scene)
    scene.set_policy(_POLICY.replace('"notify"', '"disable"'))
    tagged = scene.boot("compute-2")

    scene.say("the tenant network of compute-2 is cut")
    at = time.time()
    tenant_network.cut(lab, "compute-2")
    scene.until("compute-2 disabled", lambda: _reason(scene).startswith(_MARK), _HELD + 90)
    scene.say(f"disabled after {time.time() - at:.1f} s, of which {_HELD} are the gate's")
    _until_said(scene, _DISABLED)
    new = client.boot("elsewhere", 4)
    places = {client.server(one)["OS-EXT-SRV-ATTR:host"] for one in new}
    assert "compute-2" not in places, places

    scene.say("the worker is killed, and the network is back")
    scene.kill_worker()
    tenant_network.mend(lab, "compute-2")
    at = time.time()
    scene.until("compute-2 enabled", lambda: _status(scene) == "enabled", _HELD + 150)
    scene.say(f"enabled {time.time() - at:.1f} s after it is mended")
    scene.until_status_is_silent(_DISABLED)

    scene.say("it is cut again, and an operator enables compute-2")
    tenant_network.cut(lab, "compute-2")
    scene.until("compute-2 disabled", lambda: _reason(scene).startswith(_MARK), _HELD + 90)
    client.update_service("compute-2", status="enabled").expect(200)
    _until_said(scene, _ENABLED)
    scene.kill_worker()
    scene.pause(_HELD + 40)
    assert _status(scene) == "enabled"
    tenant_network.mend(lab, "compute-2")
    scene.until_status_is_silent(_ONE, 150)

    scene.say("its switch is off")
    before = scene.stage.worker_log().count(_DISABLES)
    tenant_network.switch_off(lab)
    scene.until_status_says(_ALL, _HELD + 60)
    tenant_network.switch_on(lab)
    scene.until_status_is_silent(_ALL, 150)
    scene.pause(_HELD + 10)
    # Neither then, nor of the host that said last that it is well.
    assert scene.stage.worker_log().count(_DISABLES) == before, "a host was disabled"
    nobody_was_fenced(scene)
    assert all(not client.migrations(instance_uuid=one) for one in tagged)
    return Expected({"compute-2"}, (), tagged)


def _until_said(scene: Scene, words: str) -> None:
    """By a round: pcs status has no room for a second sentence."""
    scene.until(words, lambda: words in scene.stage.worker_log(), 60)


def _reason(scene: Scene) -> str:
    return str(scene.stage.cloud.client().services()["compute-2"]["disabled_reason"] or "")


def _status(scene: Scene) -> str:
    return str(scene.stage.cloud.client().services()["compute-2"]["status"])


def _measure(scene: Scene) -> None:
    """By the recipe."""
    lab, cluster = scene.stage.lab, scene.stage.cluster
    scene.afterwards.callback(tenant_network.take_up, lab)
    tenant_network.lay(lab)
    told = ["NETWORK=tenant", f"TARGETS={' '.join(tenant_network.gateways(lab))}"]
    examples = REPOSITORY / "pcs-examples"
    scene.say("network.sh")
    cluster.must(
        cluster.controller(), ["env", *told, f"{examples}/together.sh", "./network.sh"], 120
    )
    scene.afterwards.callback(
        cluster.pcs, "resource", "delete", "net-tenant", "--force", timeout=120
    )
    attribute = ["attrd_updater", "--query", "--all", "--name=net-tenant"]

    def measured() -> bool:
        told = cluster.run(cluster.controller(), attribute).output
        return all(f'"{host}" value="2000"' in told for host in scene.stage.hosts)

    scene.until("two answers on each host", measured, 120)


def _how(scene: Scene) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = dict(
        vmha(scene.stage, scene.stage.cluster.controller(), "check")["networks"]
    )
    return found


CASES: tuple[Case, ...] = (
    case(tenant_network_cut),
    case(tenant_network_cut_disables),
)
