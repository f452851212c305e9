"""What only hosts show that systemd boots: units that start, wait and hang by themselves."""

from __future__ import annotations

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.machines.units import on, put_gates, take_gates
from tests.lab.promises import Expected
from tests.lab.stage import compute_commands
from tests.lab.tellers import vmha
from tests.lab.workers import nova_compute

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


def site_behind_its_gates(scene: Scene) -> Expected:
    """All power is cut where systemd starts nova-compute: its gates wait for the cluster alone."""
    hosts = scene.stage.hosts
    _hand_to_systemd(scene)
    scene.set_evacuate(["site_start=600"], afterwards=["site_start=0"])
    tagged = [uuid for host in hosts[:2] for uuid in scene.boot(host, 2)]
    controllers = [node.name for node in scene.stage.lab.controllers]
    scene.cut_power(*hosts, *controllers)
    scene.pause(5)
    scene.say("the hosts have power again, and no controller has")
    for host in hosts:
        scene.stage.cluster.power_on(host)

    def all_wait() -> bool:
        return all(_substate(scene, host) == _AT_ITS_GATE for host in hosts)

    scene.until("all units at their gates", all_wait)
    scene.pause(10)
    assert all_wait(), "started on nobody's word"
    scene.say("the controllers have power again")
    for name in controllers:
        scene.stage.cluster.power_on(name)
    scene.stage.cluster.wait_dc(90)
    scene.stage.wait_up(timeout=240)
    for host in hosts:
        scene.stage.wait_in_service(host)
        assert not scene.asked(host), f"evacuated off {host}, which is back"
    return Expected(set(hosts), (), tagged)


def _hand_to_systemd(scene: Scene) -> None:
    scene.afterwards.callback(_hand_back, scene)
    scene.stage.cluster.pcs("resource", "delete", "nova-compute", timeout=120)
    put_gates(scene.stage.cluster, scene.stage.hosts)
    scene.stage.wait_up()


def _hand_back(scene: Scene) -> None:
    take_gates(scene.stage.cluster, scene.stage.hosts)
    scene.stage.example("compute.sh", **compute_commands(scene.stage.lab))
    scene.stage.wait_up()


def _substate(scene: Scene, host: str) -> str:
    """ "" as long as its systemd does not answer, as when it has just got power."""
    show = ["systemctl", "show", "--property=SubState", "--value", _UNIT]
    shown = scene.stage.cluster.run(host, show, timeout=30)
    return shown.output.strip() if shown.code == 0 else ""


def _on(scene: Scene, host: str, command: str) -> str:
    return on(scene.stage.cluster, host, command)


_NO_SYSTEMD = "without HOSTS=systemd no unit is started by systemd"
CASES: tuple[Case, ...] = tuple(
    case(each, cannot=_NO_SYSTEMD, systemd=True)
    for each in (
        unit_behind_its_gate,
        unit_enabled_behind_us,
        unit_hangs_at_stop,
        site_behind_its_gates,
    )
)
