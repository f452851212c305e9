"""What a host's boot starts by itself: guests, or no libvirt. systemd, libvirt and guests are real."""

from __future__ import annotations

from pathlib import Path

from tests.lab.cases.case import Case, case
from tests.lab.cases.scene import Scene
from tests.lab.machines.units import on
from tests.lab.promises import Expected
from tests.lab.tellers import vmha
from tests.lab.wait import wait_until
from tests.packages.documented import one
from vmha_ocf.living.booting import starters
from vmha_ocf.operator import host_status

_BROKEN = "/etc/systemd/system/libvirtd.service.d/broken.conf"
_NO_LIBVIRTD = "[Service]\nExecStart=\nExecStart=/bin/false\n"
_RESUME = "resume_guests_state_on_host_boot = "


def autostart_behind_us(scene: Scene) -> Expected:
    """Guests that libvirt's autostart and libvirt-guests start at boot: told; not behind our gate."""
    host = "compute-1"
    tagged = scene.boot(host, 4)
    scene.say("libvirt-guests is enabled")
    scene.afterwards.callback(_on, scene, host, "systemctl disable libvirt-guests")
    _on(scene, host, "systemctl enable libvirt-guests")
    scene.until_status_says(starters.SHOWN[starters.LIBVIRT_GUESTS])
    scene.say("two guests are marked autostart")
    _on(scene, host, "for one in $(virsh list --name | head -2); do virsh autostart $one; done")
    scene.until_status_says(starters.SHOWN[starters.AUTOSTART])
    gate = one("The compute hosts", "UNIT=libvirtd.service")
    scene.say(f"{gate}; libvirt-guests has them on its list")
    _on(scene, host, gate)
    scene.afterwards.callback(_on, scene, host, f"REMOVE=1 {gate}")
    _on(scene, host, "echo default $(virsh list --uuid) >/var/lib/libvirt/libvirt-guests")
    scene.cut_power(host)
    scene.until_fenced(host)
    scene.stage.cluster.wait_online(host)
    told = _on(scene, host, "journalctl -b -u libvirtd -u libvirt-guests --output=cat")
    assert told.count("was marked autostart") == 2, told
    assert "4 guests of Nova: they are taken off its list" in told, told
    return Expected({host}, tagged)


def resume_guests_behind_us(scene: Scene) -> Expected:
    """nova-compute resumes guests when it starts: it starts when the evacuated ones are gone, and only the
    others run again."""
    host = "compute-2"
    tagged, plain = scene.boot(host), scene.plain(host, 2)
    _resume(scene, "false", "true")
    scene.afterwards.callback(_resume, scene, "true", "false")
    scene.cut_power(host)
    scene.until_moved(host, tagged)
    scene.stage.wait_in_service(host)
    scene.stage.wait_beats(plain)
    return Expected({host}, tagged, left=plain)


def libvirtd_fails_at_boot(scene: Scene) -> Expected:
    """libvirtd fails on a host that returns: it stays out of service, told, until it is mended as told."""
    host = "compute-3"
    tagged = scene.boot(host)
    _on(scene, host, f"mkdir -p {Path(_BROKEN).parent}")
    scene.stage.cluster.must(host, ["tee", _BROKEN], text=_NO_LIBVIRTD)
    scene.cut_power(host)
    scene.until_moved(host, tagged)
    scene.stage.cluster.wait_online(host)
    try:
        _until_told(scene, host)
    finally:
        scene.say("libvirtd is mended, and nova-compute restarted")
        _on(scene, host, f"rm {_BROKEN}; systemctl daemon-reload; systemctl restart libvirtd")
        _on(scene, host, "systemctl restart nova-compute")
    return Expected({host}, tagged)


def _until_told(scene: Scene, host: str) -> None:
    def told() -> str:
        return str(vmha(scene.stage, scene.stage.cluster.controller(), "status"))

    wait_until(
        f"vmha status to tell of {host}",
        lambda: host_status.BACK in told(),
        120.0,
        2.0,
        told,
    )


def _resume(scene: Scene, before: str, after: str) -> None:
    file = scene.stage.cloud.site.etc / "nova-compute.conf"
    text = file.read_text()
    assert f"{_RESUME}{before}\n" in text
    file.write_text(text.replace(f"{_RESUME}{before}\n", f"{_RESUME}{after}\n"))


def _on(scene: Scene, host: str, command: str) -> str:
    return on(scene.stage.cluster, host, command)


_LACKS = "without HOSTS=systemd and GUESTS=real no libvirt is started by systemd"
CASES: tuple[Case, ...] = tuple(
    case(each, cannot=_LACKS, real=True, systemd=True)
    for each in (autostart_behind_us, resume_guests_behind_us, libvirtd_fails_at_boot)
)
