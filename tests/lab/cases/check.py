"""``vmha check`` on a real cluster: quiet where all is well, and mistakes that are really there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.cloud.identity import ADMIN, REGION, Keystone, token
from tests.lab.cloud.rest import Answer, call
from tests.lab.promises import Expected
from tests.lab.recovery import Broken
from tests.lab.stage import write_secrets
from tests.lab.tellers import vmha

_MASAKARI = "instance-ha"
_MONITOR, _OF_MASAKARI = "hostmonitor", "systemd:masakari-hostmonitor"
_OF_THE_MACHINE = "this controller's clock is not synchronized"
"""True where the machine that carries the lab keeps no time; not the lab's doing."""
SETTLES = 60.0
"""Seconds that Pacemaker has after a change of its configuration."""


@dataclass(frozen=True)
class Mistake:
    name: str
    plant: Callable[[Scene], object]
    says: str
    """A part of the finding."""


def check_finds_planted_mistakes(scene: Scene) -> Expected:
    """vmha check is quiet on a good cluster, finds each of a dozen mistakes, and is quiet again."""
    nova_conf = scene.stage.lab.state / "nova.conf"
    nova_conf.write_text("[DEFAULT]\n")
    problems = [f"on a good cluster: {one}" for one in _lasting(scene, nova_conf)]
    # In maintenance mode Pacemaker acts on none of it; that is a mistake that is found as well.
    scene.set_property("maintenance-mode=true", "maintenance-mode=false")
    configuration = scene.on_controller("cibadmin", "-Q", "--scope", "configuration")
    try:
        for one in MISTAKES:
            scene.say(one.name)
            one.plant(scene)
        found = _findings(scene, nova_conf)
    finally:
        _mend(scene, configuration)
    problems += [f"not found: {one.name}" for one in MISTAKES if not _is_told(one.says, found)]
    problems += [f"planted by nobody: {one}" for one in _unplanted(found)]
    nova_conf.write_text("[DEFAULT]\n")
    scene.stage.cluster.pcs("property", "set", "maintenance-mode=false")
    _watch_remotes(scene)
    problems += [f"on the mended cluster: {one}" for one in _lasting(scene, nova_conf)]
    if problems:
        raise Broken(problems)
    return Expected((), ())


def _findings(scene: Scene, nova_conf: Path) -> list[str]:
    controller = scene.stage.cluster.controller()
    told = vmha(scene.stage, controller, "check", "--nova-conf", str(nova_conf))
    return [one["what"] for one in told["findings"] if one["what"] != _OF_THE_MACHINE]


def _lasting(scene: Scene, nova_conf: Path) -> list[str]:
    """What is found still when Pacemaker has had its time: a device on its way from one controller to
    another is stopped on the one and not asked to start on the other, for a moment."""
    deadline = time.monotonic() + SETTLES
    while (found := _findings(scene, nova_conf)) and time.monotonic() < deadline:
        time.sleep(2.0)
    return found


def _is_told(words: str, found: Sequence[str]) -> bool:
    return any(words in one for one in found)


def _unplanted(found: Sequence[str]) -> Iterator[str]:
    known = ["maintenance mode", *(one.says for one in MISTAKES)]
    yield from (one for one in found if not any(words in one for words in known))


def _mend(scene: Scene, configuration: str) -> None:
    """The configuration as it was, all at once, and the files."""
    cluster = scene.stage.cluster
    scope = ("cibadmin", "--replace", "--scope", "configuration", "--xml-pipe")
    cluster.must(cluster.controller(), scope, text=configuration)
    inventory, clouds = write_secrets(scene.stage)
    for secret in (inventory, clouds):
        secret.chmod(0o600)
    client = scene.stage.cloud.client()
    client.update_service("compute-1", status="enabled").expect(200)
    for service in _keystone(scene, "GET", f"/services?type={_MASAKARI}").expect(200)["services"]:
        _keystone(scene, "DELETE", f"/services/{service['id']}").expect(204)


def _watch_remotes(scene: Scene) -> None:
    """A CIB that is replaced in maintenance mode leaves them without a monitor (Pacemaker 2.1.5): that
    was cancelled, and is in the history again. The next dead host is not noticed then."""
    for node in scene.stage.lab.computes:
        scene.on_controller("crm_resource", "--refresh", "-r", node.name)


def _pcs(*words: str) -> Callable[[Scene], object]:
    return lambda scene: scene.stage.cluster.pcs(*words)


def _in_inventory(old: str, new: str) -> Callable[[Scene], object]:
    """Another text in fence_compute's file, the same for every controller."""

    def plant(scene: Scene) -> None:
        path = scene.stage.lab.state / "inventory.ini"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, f"{old}\n{new}"))

    return plant


def _without_rule(attribute: str, value: str, resource: str) -> Callable[[Scene], object]:
    """Take the location constraint away whose rule asks for this attribute."""

    def plant(scene: Scene) -> None:
        for constraint in scene.stage.cluster.cib().iter("rsc_location"):
            asked = [
                (it.get("attribute"), it.get("value", "")) for it in constraint.iter("expression")
            ]
            if constraint.get("rsc") == resource and (attribute, value) in asked:
                scene.stage.cluster.pcs("constraint", "remove", constraint.get("id", ""))
                return
        raise AssertionError(f"{resource} has no such rule")

    return plant


def _create_monitor(scene: Scene) -> None:
    """Looked for on no node: where no systemd runs a probe fails, and what failed is stopped when it is
    taken away, which fails as well, so that the node is fenced."""
    with scene.stage.cluster.pcs_batch() as pcs:
        pcs("resource", "create", _MONITOR, _OF_MASAKARI, "--disabled", "--force")
        for node in scene.stage.lab.nodes:
            away = (f"{_MONITOR}-never-{node.name}", _MONITOR, node.name, "-INFINITY")
            pcs("constraint", "location", "add", *away, "resource-discovery=never")


def _disable(scene: Scene) -> None:
    client = scene.stage.cloud.client()
    words = {"status": "disabled", "disabled_reason": "new disks"}
    client.update_service("compute-1", **words).expect(200)


def _offer_masakari(scene: Scene) -> None:
    keystone = Keystone(scene.stage.cloud.site)
    service = keystone.create("service", "/services", name="masakari", type=_MASAKARI)["id"]
    where = {"interface": "internal", "region_id": REGION, "url": "http://127.0.0.1:15868/v1"}
    keystone.create("endpoint", "/endpoints", service_id=service, **where)


def _keystone(scene: Scene, method: str, path: str) -> Answer:
    site = scene.stage.cloud.site
    headers = {"X-Auth-Token": token(site, ADMIN)[0]}
    return call(method, site.url("keystone", f"/v3{path}"), headers=headers, netns=site.netns)


def _expose(scene: Scene) -> None:
    (scene.stage.lab.state / "clouds.yaml").chmod(0o644)


def _resume(scene: Scene) -> None:
    text = "[DEFAULT]\nresume_guests_state_on_host_boot = true\n"
    (scene.stage.lab.state / "nova.conf").write_text(text)


MISTAKES = (
    Mistake(
        "the password of a BMC is wrong in the inventory",
        _in_inventory("[compute-2]", "password = not-this-one"),
        "1 of 4 BMCs failed: compute-2",
    ),
    Mistake(
        "the inventory calls a host what Nova does not call it",
        _in_inventory("[compute-3]", "host = compute-3.example.com"),
        "flagged as compute-3.example.com, which Nova does not know; did you mean compute-3?",
    ),
    Mistake(
        "hosts are fenced one after another",
        _pcs("property", "set", "concurrent-fencing=false"),
        "hosts that die together are fenced one after another",
    ),
    Mistake(
        "the device fences one host at a time",
        _pcs("stonith", "update", "fence-computes", "pcmk_action_limit="),
        "fence-computes fences its 4 hosts one after another",
    ),
    Mistake(
        "a remote has no reconnect_interval",
        _pcs("resource", "update", "compute-2", "reconnect_interval="),
        "compute-2 has no reconnect_interval",
    ),
    Mistake(
        "a remote may take long to start",
        _pcs("resource", "update", "compute-4", "op", "start", "timeout=90s"),
        "its fencing waits for 90 s",
    ),
    Mistake("no alert wakes the worker", _pcs("alert", "delete", "vmha-wake"), "no alert wakes"),
    Mistake(
        "no rule keeps nova-compute from flagged hosts",
        _without_rule("evacuation", "", "nova-compute-clone"),
        "does not keep nova-compute-clone from a flagged host",
    ),
    Mistake(
        "the evacuator may run on a compute host",
        _without_rule("osprole", "compute", "nova-evacuate"),
        "may start on a compute host",
    ),
    Mistake(
        "a password on the compute hosts",
        _pcs("resource", "update", "nova-compute", "password=sword-fish"),
        "nova-compute has password",
    ),
    Mistake(
        "no storm limit",
        _pcs("resource", "update", "nova-evacuate", "storm_limit=0"),
        "storm_limit is 0",
    ),
    Mistake(
        "a hold that was forgotten",
        lambda scene: scene.on_controller("vmha", "hold", "--reason", "rack 7 moves"),
        "rack 7 moves",
    ),
    Mistake(
        "Masakari's monitor runs under Pacemaker",
        _create_monitor,
        "hostmonitor is Masakari's",
    ),
    Mistake("the cloud has Masakari", _offer_masakari, "this cloud has Masakari"),
    Mistake("a host is disabled in Nova", _disable, "compute-1 is disabled in Nova (new disks)"),
    Mistake("others can read the credentials", _expose, "clouds.yaml can be read"),
    Mistake("guests resume when their host boots", _resume, "guests resume"),
)
CASES: tuple[Case, ...] = tuple(map(case, (check_finds_planted_mistakes,)))
