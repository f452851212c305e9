"""A nova-compute or a libvirt that hangs or ends on a host that lives: restarted, and nobody is fenced."""

from __future__ import annotations

import signal
from contextlib import suppress
from functools import partial

from tests.lab import network, power
from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.cloud.site import PORTS
from tests.lab.layout import REPOSITORY
from tests.lab.processes import Process
from tests.lab.promises import Expected
from tests.lab.silent_file import SilentFile
from tests.lab.workers import libvirtd, nova_compute

_POLICY = 'default_class = "all"\n[class.all.process]\nnova-compute = ["restart", "notify"]\n'
_TOLD = "compute-2: Nova has heard nothing of its nova-compute"
_NO_START = "nova-compute does not start on compute-2"
_MARK = "vmha-ocf: process nova-compute@"
_DISABLED = "compute-2 is disabled for its nova-compute"
_NO_SYSTEMD = "without HOSTS=systemd a nova-compute that hears no TERM is given 45 s to end"
_LACKS = "without HOSTS=systemd and GUESTS=real no libvirt is started by systemd"


def nova_compute_hangs(scene: Scene) -> Expected:
    """A nova-compute is frozen on a host that lives: its monitor fails once, and Pacemaker restarts it."""
    scene.set_policy(_POLICY)
    tagged = scene.boot("compute-2")
    old = _compute(scene, "compute-2")
    scene.say("nova-compute of compute-2 is frozen")
    old.signal(signal.SIGSTOP)
    scene.until("Nova calls it down", lambda: _state(scene, "compute-2") == "down", 120)
    scene.say("Nova calls it down")
    scene.until("the worker's word", lambda: _TOLD in scene.stage.worker_log(), 120)
    scene.say("its monitor is told to fail")
    scene.until("the end of the frozen one", lambda: not old.alive(), 120)
    scene.say("the frozen one has ended")
    lab = scene.stage.lab
    scene.until("the new one", lambda: nova_compute(lab, "compute-2"), 120)
    new = _compute(scene, "compute-2")
    scene.say("another one is there")
    # Nova calls the host up before: on its way out the frozen one has reported once more.
    scene.stage.wait_up("compute-2", timeout=120)
    scene.say("Nova hears of it")
    scene.until_status_is_silent("nova-compute of compute-2 hangs")
    scene.pause(30)
    assert new.alive(), "the new one was restarted, too"
    nobody_was_fenced(scene)
    return Expected({"compute-2"}, (), tagged)


def two_nova_computes_hang(scene: Scene) -> Expected:
    """Two nova-computes are frozen at once: as if their message bus were gone: told, none is restarted."""
    scene.set_policy(_POLICY)
    tagged = [*scene.boot("compute-2", 1), *scene.boot("compute-3", 1)]
    frozen = _computes(scene, "compute-2", "compute-3")
    scene.say("the nova-computes of compute-2 and compute-3 are frozen")
    for one in frozen:
        scene.afterwards.callback(one.signal, signal.SIGCONT)
        one.signal(signal.SIGSTOP)
    scene.until_status_says("compute-2, compute-3 fell silent together", 180)
    scene.pause(60)
    assert all(one.alive() for one in frozen), "one was restarted"
    scene.say("they go on")
    for one in frozen:
        one.signal(signal.SIGCONT)
    scene.until_status_is_silent("fell silent together", 150)
    nobody_was_fenced(scene)
    return Expected({"compute-2", "compute-3"}, (), tagged)


def bus_down_for_all(scene: Scene) -> Expected:
    """The message bus is away: Nova hears of no host, which is told, and no nova-compute is restarted."""
    scene.set_policy(_POLICY)
    tagged = scene.boot("compute-2", 1)
    every = _computes(scene, *scene.stage.hosts)
    scene.stop_service("rabbitmq")
    scene.until_status_says(f"{', '.join(scene.stage.hosts)} fell silent together", 180)
    scene.pause(60)
    assert all(one.alive() for one in every), "one was restarted"
    scene.say("rabbitmq is started")
    scene.stage.cloud.start("rabbitmq", wait=False)
    scene.until_status_is_silent("fell silent together", 300)
    assert all(one.alive() for one in every), "one was restarted"
    nobody_was_fenced(scene)
    return Expected(scene.stage.hosts, (), tagged)


def bus_down_for_the_hosts_of_a_cell(scene: Scene) -> Expected:
    """Two hosts of four lose their message bus alone, as those of a cell do: told, none is restarted."""
    scene.set_policy(_POLICY)
    cell, lab = ("compute-3", "compute-4"), scene.stage.lab
    tagged = [uuid for host in cell for uuid in scene.boot(host, 1)]
    every = _computes(scene, *cell)
    scene.say(f"the bus is lost to {' and '.join(cell)}")
    for host in cell:
        scene.afterwards.callback(network.give_back, lab, host, PORTS["rabbitmq"])
        network.lose(lab, host, PORTS["rabbitmq"])
    scene.until_status_says(f"{', '.join(cell)} fell silent together", 180)
    scene.pause(60)
    assert all(one.alive() for one in every), "one was restarted"
    scene.say("the bus is there again")
    for host in cell:
        network.give_back(lab, host, PORTS["rabbitmq"])
    scene.until_status_is_silent("fell silent together", 180)
    assert all(one.alive() for one in every), "one was restarted"
    nobody_was_fenced(scene)
    return Expected(cell, (), tagged)


def nova_compute_hangs_in_the_kernel(scene: Scene) -> Expected:
    """A nova-compute hangs and no signal ends it (state D): that is told, and its host is not fenced."""
    scene.set_policy(_POLICY)
    tagged = scene.boot("compute-2")
    old, lab = _compute(scene, "compute-2"), scene.stage.lab
    init = power.init_of(lab, "compute-2")
    assert init, "compute-2 has no power"
    read = lab.home("compute-2") / "disk" / "guests" / f"{tagged[0]}.json"
    with SilentFile(init, read) as storage:
        scene.say("the storage of compute-2 does not answer, and nova-compute is frozen")
        with suppress(OSError):
            path = f"/servers/{tagged[0]}/diagnostics"
            scene.stage.cloud.client().call("GET", path, timeout=3)
        scene.until("its question", storage.asked, 20)
        old.signal(signal.SIGSTOP)
        scene.until("a thread in state D", old.stuck, 10)
        # A stop that waits for it in vain, and a start that waits for the stop.
        scene.until_status_says(_NO_START, 420)
        scene.say("KILL has not ended it, and Pacemaker can start no other")
        scene.pause(20)
        assert old.stuck(), "it has ended"
        assert nova_compute(lab, "compute-2") in (old, None), "another one was started beside it"
        nobody_was_fenced(scene)
        scene.say("the storage answers")
    scene.until("the end of the old one", lambda: not old.stuck(), 30)
    scene.stage.wait_up("compute-2", timeout=240)
    scene.say("it has ended, and another one is there")
    scene.until_status_is_silent(_NO_START, 180)
    nobody_was_fenced(scene)
    return Expected({"compute-2"}, (), tagged)


def nova_compute_killed_four_times(scene: Scene) -> Expected:
    """A nova-compute ends again and again until Pacemaker gives it up: told, and nobody is fenced."""
    scene.set_policy(_POLICY)
    tagged = scene.boot("compute-2")
    _give_up(scene)
    scene.pause(30)
    assert not nova_compute(scene.stage.lab, "compute-2"), "it was started once more"
    nobody_was_fenced(scene)
    scene.say("the operator cleans up, as pcs status says")
    scene.stage.cluster.pcs("resource", "cleanup", "nova-compute", "node=compute-2")
    scene.stage.wait_up("compute-2")
    scene.until_status_is_silent("nova-compute has failed 4 times", 180)
    return Expected({"compute-2"}, (), tagged)


def worn_out_nova_compute_disables(scene: Scene) -> Expected:
    """A nova-compute that Pacemaker gives up has its host disabled, until it has been well for a while."""
    scene.set_policy(_POLICY.replace('"notify"', '"disable"') + '[gates]\nheld_for = "20 s"\n')
    tagged = scene.boot("compute-2")
    _give_up(scene)
    scene.until("compute-2 disabled", lambda: _reason(scene).startswith(_MARK), 180)
    scene.until(_DISABLED, lambda: _DISABLED in scene.stage.worker_log(), 60)
    scene.say("the operator cleans up")
    scene.stage.cluster.pcs("resource", "cleanup", "nova-compute", "node=compute-2")
    scene.until("compute-2 up", lambda: _state(scene, "compute-2") == "up", 120)
    scene.say("it is up")
    assert _reason(scene).startswith(_MARK), "it is enabled as soon as it is up"
    scene.until("compute-2 enabled", lambda: not _reason(scene), 150)
    scene.say("it is enabled")
    scene.until_status_is_silent(_DISABLED)
    nobody_was_fenced(scene)
    return Expected({"compute-2"}, (), tagged)


def _give_up(scene: Scene) -> None:
    """It is killed until Pacemaker does not start it any more."""
    meta = ("resource", "meta", "nova-compute")
    scene.afterwards.callback(
        scene.stage.cluster.pcs, *meta, "migration-threshold=", "failure-timeout=60s"
    )
    scene.stage.cluster.pcs(*meta, "migration-threshold=4", "failure-timeout=10min")
    for count in range(4):
        scene.until("a nova-compute", lambda: nova_compute(scene.stage.lab, "compute-2"))
        # One that dies before its start is over has not started: Pacemaker gives it up at once.
        scene.stage.wait_up("compute-2")
        scene.say(f"nova-compute of compute-2 is killed ({count + 1})")
        old = _compute(scene, "compute-2")
        old.signal(signal.SIGKILL)
        scene.until("its end", partial(_has_ended, old))
    scene.until_status_says("nova-compute has failed 4 times on compute-2", 180)


def libvirt_hangs_and_ends(scene: Scene) -> Expected:
    """libvirtd is frozen, and later killed: Pacemaker restarts it, and the guests go on counting."""
    _under_pacemaker(scene)
    tagged = scene.boot("compute-1")
    for number, what in ((signal.SIGSTOP, "frozen"), (signal.SIGKILL, "killed")):
        old = libvirtd(scene.stage.lab, "compute-1")
        assert old, "libvirtd does not run on compute-1"
        scene.say(f"libvirtd of compute-1 is {what}")
        old.signal(number)
        scene.until_counting(tagged)
        scene.until(f"the end of the {what} one", partial(_has_ended, old), 180)
        scene.until("another libvirtd", lambda: libvirtd(scene.stage.lab, "compute-1"), 120)
        scene.say("another libvirtd is there")
        scene.until_counting(tagged)
    nobody_was_fenced(scene)
    return Expected({"compute-1"}, (), tagged)


def _under_pacemaker(scene: Scene) -> None:
    """By the recipe. What runs goes on running."""
    cluster, examples = scene.stage.cluster, REPOSITORY / "pcs-examples"
    scene.say("libvirt.sh")
    cluster.must(cluster.controller(), ["env", f"{examples}/together.sh", "./libvirt.sh"], 120)
    delete = ("resource", "delete", "libvirt", "--force")
    scene.afterwards.callback(cluster.pcs, *delete, timeout=120)
    scene.afterwards.callback(cluster.pcs, "resource", "unmanage", "libvirt")
    scene.until("Libvirtd on all hosts", lambda: _everywhere(scene), 120)


def _everywhere(scene: Scene) -> bool:
    told = scene.places_of("libvirt-clone")
    return all(f" {host}" in told for host in scene.stage.hosts)


def _has_ended(process: Process) -> bool:
    return not process.alive()


def _computes(scene: Scene, *hosts: str) -> list[Process]:
    return [_compute(scene, host) for host in hosts]


def _compute(scene: Scene, host: str) -> Process:
    found = nova_compute(scene.stage.lab, host)
    assert found, f"nova-compute does not run on {host}"
    return found


def _reason(scene: Scene) -> str:
    """Why compute-2 is disabled."""
    return str(scene.stage.cloud.client().services()["compute-2"]["disabled_reason"] or "")


def _state(scene: Scene, host: str) -> str:
    return str(scene.stage.cloud.client().services()[host]["state"])


def nobody_was_fenced(scene: Scene) -> None:
    for host in scene.stage.hosts:
        history = scene.stage.cluster.fence_history(host)
        since = [
            each
            for each in history
            if each.completed and each.completed.timestamp() >= scene.began
        ]
        assert not since, f"{host} was fenced: {since}"


CASES: tuple[Case, ...] = (
    case(nova_compute_hangs, cannot=_NO_SYSTEMD, systemd=True),
    case(two_nova_computes_hang),
    case(bus_down_for_all),
    case(bus_down_for_the_hosts_of_a_cell),
    case(nova_compute_hangs_in_the_kernel, cannot=_NO_SYSTEMD, systemd=True),
    case(nova_compute_killed_four_times),
    case(worn_out_nova_compute_disables),
    case(libvirt_hangs_and_ends, cannot=_LACKS, real=True, systemd=True),
)
