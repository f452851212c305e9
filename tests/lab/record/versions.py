"""What a lab that is up is made of: each part is asked where it runs, and says so itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import distributions

from tests.lab.cloud.venv import VENV
from tests.lab.machines import boot
from tests.lab.record.runs import PROCESSES, Versions
from tests.lab.stage import Stage

_VERSION = re.compile(r"\d+(?:\.\d+)+")


def versions(stage: Stage) -> Versions:
    controller, host = stage.cluster.controller(), stage.hosts[0]

    def asked(*argv: str, node: str = controller) -> str:
        return _first(stage.cluster.must(node, argv))

    return Versions(
        debian=_debian(stage, controller, host),
        pacemaker=asked("pacemakerd", "--version"),
        corosync=asked("corosync", "-v"),
        pcs=asked("pcs", "--version"),
        fence_agents=asked("fence_ipmilan", "--version"),
        python=asked("python3", "--version"),
        nova=_nova(),
        guests=_guests(stage, host),
        hosts=_hosts(stage, host),
    )


def _debian(stage: Stage, controller: str, host: str) -> str:
    ours, theirs = (
        _release(stage.cluster.must(n, ["cat", "/etc/os-release"])) for n in (controller, host)
    )
    return ours if ours == theirs else f"{ours} (hosts {theirs})"


def _release(os_release: str) -> str:
    """By the text of os-release(5)."""
    found = re.search(r'^VERSION_ID="?([\w.]+)', os_release, re.MULTILINE)
    return found[1] if found else "unknown"


def _nova() -> str:
    (library,) = VENV.glob("lib/python*/site-packages")
    (nova,) = distributions(name="nova", path=[str(library)])
    return nova.version


def _guests(stage: Stage, host: str) -> str:
    hypervisor = stage.cloud.hypervisor
    if hypervisor is None:
        return PROCESSES
    libvirt = _first(stage.cluster.must(host, ["libvirtd", "--version"]))
    qemu = _first(stage.cluster.must(host, ["qemu-system-x86_64", "--version"]))
    how = "KVM" if hypervisor.virt_type == "kvm" else "TCG"
    return f"libvirt {libvirt}, QEMU {qemu}, {how}{'' if hypervisor.locks else ', without locks'}"


def _hosts(stage: Stage, host: str) -> str:
    if not boot.has(stage.lab, host):
        return "lab"
    return f"systemd {stage.cluster.must(host, ['systemctl', '--version']).split()[1]}"


def _first(said: str) -> str:
    """The first version in what a program says of itself: Pacemaker 2.1.5-a3f44794f94, v3.1.7."""
    found: Sequence[str] = _VERSION.findall(said)
    return found[0] if found else "unknown"
