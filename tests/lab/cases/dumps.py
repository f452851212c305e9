"""Hosts that crash and write their memory to disk, and BMCs that are spoken to over Redfish."""

from __future__ import annotations

import re
import signal
import subprocess

from tests.lab import network, redfish
from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.events import read_events
from tests.lab.promises import Expected
from tests.lab.wait import wait_until

SENDER = "/usr/libexec/fence-agents/fence_kdump_send"
LIMIT = 40


def redfish_host(scene: Scene) -> Expected:
    """All BMCs are spoken to over Redfish, a host freezes: it is switched off, and its instances move."""
    lab = scene.stage.lab
    trusted = redfish.start(lab)
    scene.afterwards.callback(redfish.stop, lab)
    inventory = lab.state / "inventory.ini"
    right = inventory.read_text()
    scene.afterwards.callback(inventory.write_text, right)
    told = f"[DEFAULT]\nprotocol = redfish\nssl_ca_file = {trusted}\n"
    inventory.write_text(right.replace("[DEFAULT]\n", told))
    tagged = scene.boot("compute-1")
    scene.say("the inventory says Redfish, compute-1 freezes")
    scene.stage.cluster.freeze("compute-1")
    scene.until_flagged("compute-1")
    asked = redfish.said(lab, "compute-1")
    assert re.search(r"POST \S+/Actions/ComputerSystem\.Reset", asked), asked
    scene.until("the session's end", lambda: "DELETE" in redfish.said(lab, "compute-1"), 15)
    return Expected({"compute-1"}, tagged)


def host_dumps(scene: Scene) -> Expected:
    """A host crashes and says for 20 s that it dumps its memory: it is not cut off before."""
    tagged = _dumping(scene, "compute-2", count=20)
    scene.until_flagged("compute-2", timeout=120)
    seconds = _off_after(scene, "compute-2")
    assert seconds >= 20, f"it was cut off after {seconds:.0f} s"
    assert "dumped for" in scene.stage.records()["compute-2"]
    return Expected({"compute-2"}, tagged)


def host_dumps_for_ever(scene: Scene) -> Expected:
    """A host says for ever that it dumps its memory: it is switched off at the limit."""
    tagged = _dumping(scene, "compute-3", count=0)
    scene.until_flagged("compute-3", timeout=150)
    seconds = _off_after(scene, "compute-3")
    assert seconds >= LIMIT, f"it was cut off after {seconds:.0f} s"
    assert f"still dumping after {LIMIT} s" in scene.stage.records()["compute-3"]
    return Expected({"compute-3"}, tagged)


def _dumping(scene: Scene, host: str, count: int) -> list[str]:
    """It stands still, but for its kdump kernel: the sender is in its network, and in none of its
    processes."""
    lab = scene.stage.lab
    update = ("stonith", "update", "fence-computes")
    scene.stage.cluster.pcs(
        *update, f"kdump_wait={LIMIT}", "pcmk_off_timeout=120", "pcmk_reboot_timeout=150"
    )
    scene.afterwards.callback(
        scene.stage.cluster.pcs,
        *(*update, "kdump_wait=", "pcmk_off_timeout=90", "pcmk_reboot_timeout=120"),
    )
    tagged = scene.boot(host)
    scene.say(f"{host} crashes and dumps its memory")
    scene.stage.cluster.freeze(host)
    controllers = [node.address for node in lab.controllers]
    argv = [SENDER, "--count", str(count), "--interval", "1", *controllers]
    sending = subprocess.Popen(network.inside(lab.netns(host), *argv), env=lab.environment())

    def end() -> None:
        sending.send_signal(signal.SIGKILL)
        sending.wait()

    scene.afterwards.callback(end)
    return tagged


def _off_after(scene: Scene, host: str) -> float:
    """Seconds after the crash, by the BMC."""

    def off() -> list[float]:
        events = read_events(scene.stage.lab.events)
        return [
            one.at - scene.harmed
            for one in events
            if one.node == host and one.kind == "power-off" and one.at >= scene.harmed
        ]

    return wait_until(f"the power-off of {host}", off, 10.0)[0]


_RUN = (redfish_host, host_dumps, host_dumps_for_ever)
CASES: tuple[Case, ...] = tuple(map(case, _RUN))
