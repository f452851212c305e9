"""A real remote node of a one-node cluster: pacemaker-remoted in namespaces of its own, behind a link."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.contract.one_node import OneNode
from tests.lab.init import REMOTED
from tests.lab.prerequisites import check
from vmha_ocf.backends.process import command
from vmha_ocf.backends.process.command import Result

REMOTE = "compute-1"
"""One that the cluster's configuration has already."""
_ADDRESS = "10.94.9.2"
_UNSHARE = ("--mount", "--uts", "--ipc", "--pid", "--net", "--fork", "--kill-child=KILL")
_INIT = f"""set -e
hostname {REMOTE}
ip link set lo up
for folder in /dev/shm /run /var/log/pacemaker; do mount -t tmpfs tmpfs $folder; done
mkdir -p /run/resource-agents /run/pacemaker
until ip link set r0 up 2>/dev/null; do sleep 0.1; done
ip addr add {_ADDRESS}/24 dev r0
exec {REMOTED}
"""
_CONNECTION = f"""<primitive id="{REMOTE}" class="ocf" provider="pacemaker" type="remote">
<instance_attributes id="{REMOTE}-is"><nvpair id="{REMOTE}-at" name="server" value="{_ADDRESS}"/>
</instance_attributes><operations><op id="{REMOTE}-look" name="monitor" interval="5s" timeout="20s"/>
</operations></primitive>"""
_LIMIT = 60.0


class RemoteNode:
    def __init__(self, node: OneNode, folder: Path) -> None:
        check()
        self._node = node
        script = folder / "remote-init"
        script.write_text(_INIT)
        self._must(
            "sh", "-c", "echo key >/etc/pacemaker/authkey; chmod 644 /etc/pacemaker/authkey"
        )
        enter = ["nsenter", f"--target={node.init}", "-m", "-u", "-i", "-n", "-p", "--", "unshare"]
        options = [*_UNSHARE, "--mount-proc", "--propagation", "private", "sh", str(script)]
        self._process = subprocess.Popen([*enter, *options], stdin=subprocess.DEVNULL)
        self._init = _found(script)
        link = ["ip", "link", "add", "n0", "type", "veth", "peer", "name", "r0"]
        outside = ["nsenter", f"--target={node.init}", "-n", *link, "netns", str(self._init)]
        subprocess.run(outside, check=True)
        self._must("sh", "-c", "ip addr add 10.94.9.1/24 dev n0 && ip link set n0 up")
        self._must("crm_attribute", "-t", "crm_config", "-n", "stonith-enabled", "-v", "false")
        self._must(
            "cibadmin",
            "--replace",
            f"--xpath=//primitive[@id='{REMOTE}']",
            "--xml-text",
            _CONNECTION,
        )
        self.wait(connected=True)

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        enter = ["nsenter", f"--target={self._init}", "-m", "-u", "-i", "-n", "-p", "--"]
        return command.run([*enter, *argv], timeout=timeout, input=input, env=env)

    def connect(self, *, connected: bool) -> None:
        """Pacemaker's connection to it, and with it all that attrd knows of it."""
        role = ["--meta", "--parameter-value", "Started" if connected else "Stopped"]
        self._must("crm_resource", "--resource", REMOTE, "--set-parameter", "target-role", *role)
        self.wait(connected=connected)

    def wait(self, *, connected: bool) -> None:
        deadline = time.monotonic() + _LIMIT
        word = "RemoteOnline" if connected else "RemoteOFFLINE"
        while word not in (said := self._node.run(["crm_mon", "-1"], timeout=10).stdout):
            assert time.monotonic() < deadline, said
            time.sleep(0.2)

    def stop(self) -> None:
        os.kill(self._init, signal.SIGKILL)
        self._process.wait(timeout=20)

    def _must(self, *argv: str) -> None:
        done = self._node.run(argv, timeout=30)
        assert done.rc == 0, done


def _found(script: Path) -> int:
    """The first process in it, by this machine's number."""
    wanted = f"sh\0{script}\0".encode()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if Path(f"/proc/{pid}/cmdline").read_bytes() == wanted:
                    return int(pid)
            except OSError:
                continue
        time.sleep(0.05)
    raise AssertionError("the remote node did not start")
