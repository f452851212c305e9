"""What only hosts show that systemd boots: units that start, wait and hang by themselves."""

from __future__ import annotations

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.promises import Expected
from tests.lab.stage import compute_commands
from tests.lab.tellers import vmha
from tests.lab.workers import nova_compute
from tests.packages.documented import one

_UNIT = "nova-compute.service"
_HANGS = f"/etc/systemd/system/{_UNIT}.d/hangs.conf"
_FOR_EVER = "[Service]\nExecStop=/bin/sleep infinity\nTimeoutStopSec=infinity\n"
_AT_ITS_GATE = "start-pre"


def unit_behind_its_gate(scene: Scene) -> Expected:
    """systemd starts nova-compute at boot: its gate holds it until the evacuation is over."""
    _hand_to_systemd(scene)
    tagged = scene.in_the_middle("compute-1", 4, spawns=20)
    scene.stage.cluster.wait_online("compute-1")
    scene.until("the unit at its gate", lambda: _substate(scene, "compute-1") == _AT_ITS_GATE)
    assert scene.in_flight("compute-1"), "the evacuation was over before the host was back"
    return Expected({"compute-1"}, tagged)


def unit_enabled_behind_us(scene: Scene) -> Expected:
    """A deployment tool enables nova-compute's unit: it is refused, told, and starts once disabled."""
    tagged = scene.boot("compute-2")
    scene.say("nova-compute of compute-2 is enabled, as by a deployment tool, and ends")
    _on(scene, "compute-2", "systemctl enable nova-compute")
    _on(scene, "compute-2", "systemctl stop nova-compute")
    scene.until_status_says(f"{_UNIT} starts nova-compute when this host boots", timeout=90)
    told = vmha(scene.stage, scene.stage.cluster.controller(), "check")
    assert any(
        "compute-2" in each["what"] and _UNIT in each["what"] for each in told["findings"]
    ), told
    assert _substate(scene, "compute-2") == "dead"
    scene.say("it is disabled again")
    _on(scene, "compute-2", f"systemctl disable {_UNIT}")
    scene.stage.wait_up("compute-2", timeout=180)
    return Expected({"compute-2"}, (), left=tagged)


def unit_hangs_at_stop(scene: Scene) -> Expected:
    """A unit that never ends its stop: NovaCompute ends nova-compute, and nobody is fenced for it."""
    host, cluster = "compute-3", scene.stage.cluster
    tagged = scene.boot(host)
    cluster.must(host, ["mkdir", "-p", _HANGS.rpartition("/")[0]])
    cluster.must(host, ["tee", _HANGS], text=_FOR_EVER)
    _on(scene, host, "systemctl daemon-reload")
    scene.afterwards.callback(_on, scene, host, f"rm -f {_HANGS}; systemctl daemon-reload")
    scene.say(f"nova-compute has to leave {host}, and its unit hangs")
    cluster.pcs("resource", "ban", "nova-compute-clone", host)
    scene.until("its end", lambda: nova_compute(scene.stage.lab, host) is None)
    scene.until("the end of the stop", lambda: host not in scene.places_of("nova-compute"))
    scene.say(f"it may be on {host} again")
    cluster.pcs("resource", "clear", "nova-compute-clone", host)
    scene.stage.wait_up(host, timeout=240)
    cut = [each for each in cluster.events() if each.kind == "power-off" and each.at > scene.began]
    assert not cut, cut
    return Expected({host}, (), left=tagged)


def _hand_to_systemd(scene: Scene) -> None:
    """As recipe-untouched-hosts.sh has it, and docs/deploy.rst types it on each host."""
    command = one("Where systemd starts nova-compute", "gate-host.sh")
    scene.afterwards.callback(_hand_back, scene)
    scene.stage.cluster.pcs("resource", "delete", "nova-compute", timeout=120)
    for host in scene.stage.hosts:
        _on(scene, host, command)
        _on(scene, host, "systemctl enable --now nova-compute")
    scene.stage.wait_up()


def _hand_back(scene: Scene) -> None:
    command = one("Where systemd starts nova-compute", "gate-host.sh").partition(" ")[2]
    for host in scene.stage.hosts:
        _on(scene, host, f"REMOVE=1 {command}")
        _on(scene, host, "systemctl disable --now nova-compute")
    scene.stage.example("compute.sh", **compute_commands(scene.stage.lab))
    scene.stage.wait_up()


def _substate(scene: Scene, host: str) -> str:
    return _on(scene, host, f"systemctl show --property=SubState --value {_UNIT}").strip()


def _on(scene: Scene, host: str, command: str) -> str:
    return scene.stage.cluster.must(host, ["bash", "-c", command], timeout=90)


_NO_SYSTEMD = "without HOSTS=systemd no unit is started by systemd"
CASES: tuple[Case, ...] = tuple(
    case(each, cannot=_NO_SYSTEMD, systemd=True)
    for each in (unit_behind_its_gate, unit_enabled_behind_us, unit_hangs_at_stop)
)
