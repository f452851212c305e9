"""Process 1 of a node: builds the node's view of the files, starts its daemons, reaps.

SIGUSR1 starts the cluster daemons that do not run, SIGUSR2 stops them in good order; that is all
of an init system that Pacemaker needs.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import FrameType

from tests.lab import own_root
from tests.lab.layout import Lab, Node, Role, lab_from_environment
from tests.lab.machines import boot, cgroups

REMOTED = "/var/cache/vmha-lab/pacemaker-remoted"
INSTALLED = (
    "usr/lib/ocf/resource.d",
    "usr/lib/python3/dist-packages",
    "usr/sbin",
    "usr/bin",
    "usr/share/pacemaker/alerts",
)
KEPT = {
    "var/lib/pacemaker": "pacemaker",
    "var/lib/corosync": "corosync",
    "var/log/pacemaker": "log/pacemaker",
    "var/log/corosync": "log/corosync",
    "etc/corosync": "etc/corosync",
    "etc/pacemaker": "etc/pacemaker",
    "etc/hosts": "etc/hosts",
}


class Daemons:
    """The cluster daemons of one node, in the order in which they start."""

    def __init__(self, node: Node, environment: dict[str, str], remoted: str) -> None:
        self._environment = environment
        self._argv = (
            [[remoted]]
            if node.role is Role.COMPUTE
            else [["corosync", "-f"], ["pacemakerd", "-f"]]
        )
        self._running: dict[int, str] = {}
        self._stopping = False

    def start(self) -> None:
        self._stopping = False
        for argv in self._argv:
            if argv[0] not in self._running.values():
                self._running[self._spawn(argv)] = argv[0]
            if argv[0] == "corosync":
                _await_corosync()

    def stop(self) -> None:
        """The last started first; the next one when it has ended."""
        self._stopping = True
        for pid in list(self._running)[-1:]:
            os.kill(pid, signal.SIGTERM)

    def reaped(self, pid: int) -> None:
        if name := self._running.pop(pid, None):
            print(f"{name} has ended", flush=True)
            if self._stopping:
                self.stop()

    def _spawn(self, argv: list[str]) -> int:
        return subprocess.Popen(argv, env=self._environment, cwd="/").pid


def main(name: str) -> None:
    _forget_inherited_signals()
    lab = lab_from_environment()
    node = lab.node(name)
    socket.sethostname(name)
    has_root = own_root.has(lab, name)
    if boot.has(lab, name):
        _boot_systemd(lab, name)
    if has_root:
        own_root.enter(lab, name)
    _mount_own(lab, name)
    if has_root:
        _give_pacemaker_its_own()
    else:
        _mount_ours(lab)
    _run_boot_hooks(lab, name)
    daemons = Daemons(node, lab.node_environment(), "pacemaker-remoted" if has_root else REMOTED)
    _serve(daemons)


def _boot_systemd(lab: Lab, name: str) -> None:
    """Never returns."""
    cgroups.join(lab, name)
    own_root.enter(lab, name, boot.give_kernel)
    _mount_own(lab, name)
    _give_pacemaker_its_own()
    _run_boot_hooks(lab, name)
    boot.become_systemd(lab)


def _serve(daemons: Daemons) -> None:
    def start(_number: int, _frame: FrameType | None) -> None:
        daemons.start()

    def stop(_number: int, _frame: FrameType | None) -> None:
        daemons.stop()

    signal.signal(signal.SIGUSR1, start)
    signal.signal(signal.SIGUSR2, stop)
    daemons.start()
    while True:
        try:
            daemons.reaped(os.waitpid(-1, 0)[0])
        except ChildProcessError:
            time.sleep(0.1)


def _forget_inherited_signals() -> None:
    """ipmi_sim, which boots a node, ignores signals; daemons must not inherit that."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _mount_own(lab: Lab, name: str) -> None:
    """What is the node's alone, and what it keeps."""
    for place in ("/run", "/dev/shm"):
        _mount("-t", "tmpfs", "-o", "mode=755" if place == "/run" else "mode=1777", "none", place)
    for directory in ("lock", "resource-agents", "crm"):
        Path("/run", directory).mkdir(mode=0o755)
    for place, kept in KEPT.items():
        source, target = lab.home(name) / kept, Path("/", place)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.touch()
        _mount("--bind", str(source), str(target))
    subprocess.run(["chown", "hacluster:haclient", "/run/crm"], check=True)
    boot = Path("/run/boot_id")
    boot.write_text(f"{uuid.uuid4()}\n", encoding="ascii")
    _mount("--bind", str(boot), "/proc/sys/kernel/random/boot_id")


def _give_pacemaker_its_own() -> None:
    """Its user and group have other numbers in each installation."""
    folders = ("/var/lib/pacemaker", "/var/log/pacemaker")
    subprocess.run(["chown", "--recursive", "hacluster:haclient", *folders], check=True)
    subprocess.run(["chown", "root:haclient", "/etc/pacemaker/authkey"], check=True)


def _mount_ours(lab: Lab) -> None:
    """Our agents, over this machine's files."""
    for place in INSTALLED:
        if not Path("/", place).is_dir():
            continue
        lower = f"lowerdir={lab.root}/{place}:/{place}"
        _mount("-t", "overlay", "-o", f"ro,{lower}", "overlay", f"/{place}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _run_boot_hooks(lab: Lab, name: str) -> None:
    environment = lab.node_environment()
    for hook in sorted(lab.boot_hooks.iterdir()):
        done = subprocess.run([str(hook), name], env=environment, cwd="/", check=False)
        if done.returncode:
            print(f"boot hook {hook} failed with exit code {done.returncode}", flush=True)


def _await_corosync() -> None:
    for _ in range(100):
        asked = subprocess.run(["corosync-cfgtool", "-s"], capture_output=True, check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.1)
    print("corosync does not answer after 10 s; Pacemaker is started all the same", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
