"""A real Pacemaker cluster of one node in namespaces of its own: corosync and all the daemons.

Needs root. Nothing of it is on the host but its folder; it dies with the process that started it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vmha_ocf.backends.process import command

PROGRAMS = ("corosync", "pacemakerd", "unshare", "setpriv", "nsenter", "ip")
NODE = "ctl1"
REMOTES = ("compute-1", "compute-2")
"""Remote nodes of the configuration; their connections are never started."""
START_LIMIT = 60.0

_CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0"
     admin_epoch="0"><configuration>
<crm_config><cluster_property_set id="options">
<nvpair id="options-stonith" name="stonith-enabled" value="true"/>
<nvpair id="options-dc" name="dc-deadtime" value="1s"/>
<nvpair id="options-load" name="load-threshold" value="0%"/>
</cluster_property_set></crm_config>
<nodes/><resources>{remotes}</resources><constraints/></configuration><status/></cib>
"""
_REMOTE = """<primitive id="{name}" class="ocf" provider="pacemaker" type="remote">
<meta_attributes id="{name}-meta"><nvpair id="{name}-role" name="target-role" value="Stopped"/>
</meta_attributes></primitive>
"""
_DUMMY = """set -e
[ ! -d /run/resource.d ] || exit 0
cp -r /usr/lib/ocf/resource.d /run/resource.d
mkdir -p /run/resource.d/openstack
cp /run/resource.d/pacemaker/Dummy /run/resource.d/openstack/NovaEvacuate
mount --bind /run/resource.d /usr/lib/ocf/resource.d
"""
_EVACUATOR = '<primitive id="nova-evacuate" class="ocf" provider="openstack" type="NovaEvacuate"/>'
_STARTED = 'resource_agent="ocf:openstack:NovaEvacuate" role="Started"'
_COROSYNC = """totem {
    version: 2
    cluster_name: contract
    transport: knet
    crypto_cipher: none
    crypto_hash: none
}
system {
    sched_rr: no
    move_to_root_cgroup: no
}
logging {
    to_stderr: no
    to_syslog: no
    to_logfile: yes
    logfile: /var/log/pacemaker/corosync.log
}
quorum {
    provider: corosync_votequorum
}
nodelist {
    node {
        name: ctl1
        nodeid: 1
        ring0_addr: 127.0.0.1
    }%s
}
"""
_ABSENT = """
    node {
        name: ctl2
        nodeid: 2
        ring0_addr: 127.0.0.2
    }"""
_INIT = """set -e
if [ "$2" ]; then
    cd "$1/root"
    mount -t overlay -o "lowerdir=$2,upperdir=$1/own,workdir=$1/work" overlay .
    cd "$1/root"
    mkdir -p ".$1"
    mount --bind "$1" ".$1"
    mount --rbind /dev dev
    mount -t proc proc proc
    pivot_root . mnt
    cd /
    umount --lazy /mnt
fi
hostname ctl1
ip link set lo up
mount --bind "$1/log" /var/log/pacemaker
for folder in /dev/shm /run /var/lib/corosync /var/log/corosync /etc/corosync /etc/pacemaker \\
    /var/lib/pacemaker; do mount -t tmpfs tmpfs $folder; done
mkdir /var/lib/pacemaker/cib /var/lib/pacemaker/pengine /var/lib/pacemaker/blackbox \\
    /var/lib/pacemaker/cores
cp "$1/corosync.conf" /etc/corosync/
cp "$1/cib.xml" /var/lib/pacemaker/cib/
chown -R hacluster:haclient /var/lib/pacemaker /var/log/pacemaker
chmod 600 /var/lib/pacemaker/cib/cib.xml
corosync -f &
pacemakerd -f &
wait
"""
_UNSHARE = ("--mount", "--uts", "--ipc", "--pid", "--net", "--fork", "--kill-child=KILL")


def missing() -> str:
    """What keeps this machine from running it; empty if nothing does."""
    if os.geteuid() != 0:
        return "root is needed"
    path = command.ENVIRONMENT["PATH"]
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Tools:
    """Pacemaker's tools on a node, until they are lost to it."""

    def __init__(self, node: OneNode) -> None:
        self.node = node
        self.lost = False

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> command.Result:
        if self.lost:  # Not in the cluster's namespaces: the tools find no daemon, for real.
            argv = ["unshare", "--net", "--", *argv]
        return self.node.run(argv, timeout=timeout, input=input, env=env)


@dataclass
class OneNode:
    """``run`` has the type of ``command.run`` and runs inside."""

    process: subprocess.Popen[bytes]
    init: int

    @classmethod
    def start(cls, folder: Path, names: Sequence[str] = REMOTES, layers: str = "") -> OneNode:
        """``layers``: of a root of its own, the topmost first, by colons; none: this machine's files."""
        for part in ("log", "root", "own", "work"):
            (folder / part).mkdir()
        remotes = "".join(_REMOTE.format(name=name) for name in names)
        (folder / "cib.xml").write_text(_CIB.format(remotes=remotes))
        (folder / "corosync.conf").write_text(_COROSYNC % "")
        (folder / "init").write_text(_INIT)
        with (folder / "log" / "init.log").open("wb") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "--"]
                + ["unshare", *_UNSHARE, "--mount-proc", "--propagation", "private"]
                + ["/bin/sh", str(folder / "init"), str(folder), layers],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        node = cls(process, _only_child(process.pid))
        try:
            node.wait_until_ready()
        except BaseException:
            node.stop()
            raise
        return node

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> command.Result:
        enter = ["nsenter", f"--target={self.init}", "-m", "-u", "-i", "-n", "-p", "--"]
        return command.run([*enter, *argv], timeout=timeout, input=input, env=env)

    def wait_until_ready(self) -> None:
        """Until a DC is elected and the resources were probed: nothing writes to the CIB then."""
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            state = self.run(["crmadmin", "--status", NODE], timeout=10)
            nodes = self.run(["cibadmin", "--query", "--xpath=//node_state"], timeout=10)
            if "S_IDLE" in state.stdout + state.stderr and nodes.rc == 0:
                return
            time.sleep(0.2)
        raise TimeoutError("the one-node cluster did not start: see its log folder")

    def set_quorum(self, quorate: bool) -> None:
        """A second node, which does not exist, takes the quorum away."""
        configuration = _COROSYNC % ("" if quorate else _ABSENT)
        write = ["tee", "/etc/corosync/corosync.conf"]
        assert self.run(write, timeout=10, input=configuration).rc == 0
        reload = self.run(["corosync-cfgtool", "-R"], timeout=10)
        assert reload.rc == 0, reload
        deadline = time.monotonic() + 10
        while self.run(["crm_node", "-q"], timeout=10).stdout != f"{quorate:d}\n":
            assert time.monotonic() < deadline, "the quorum did not change"
            time.sleep(0.05)

    @contextmanager
    def with_evacuator(self) -> Iterator[None]:
        """Pacemaker calls NovaEvacuate active here: of its agent's name it finds Pacemaker's own Dummy.
        Without fencing, because nothing is started where remote nodes are unclean."""
        assert self.run(["sh", "-c", _DUMMY], timeout=20).rc == 0
        fencing = ["crm_attribute", "-t", "crm_config", "-n", "stonith-enabled", "-v"]
        assert self.run([*fencing, "false"], timeout=10).rc == 0
        create = ["cibadmin", "--create", "--scope=resources", "--xml-text", _EVACUATOR]
        assert self.run(create, timeout=10).rc == 0
        deadline = time.monotonic() + 30
        while _STARTED not in self.run(["crm_mon", "-1", "--output-as=xml"], timeout=10).stdout:
            assert time.monotonic() < deadline, "Pacemaker did not start NovaEvacuate"
            time.sleep(0.2)
        yield
        self.run(["cibadmin", "--delete", "--xpath=//primitive[@id='nova-evacuate']"], timeout=10)
        self.run([*fencing, "true"], timeout=10)

    def kill_daemon(self, name: str) -> None:
        """The one of this cluster: the ids are those of its own PID namespace."""
        found = self.run(["pgrep", "-x", name[:15]], timeout=10)
        assert found.rc == 0, found
        assert self.run(["kill", "-KILL", *found.stdout.split()], timeout=10).rc == 0

    def stop(self) -> None:
        os.kill(self.init, signal.SIGKILL)
        self.process.wait(timeout=20)


def _only_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 10
    while not (found := children.read_text().split()):
        assert time.monotonic() < deadline, "unshare did not start"
        time.sleep(0.01)
    return int(found[0])
