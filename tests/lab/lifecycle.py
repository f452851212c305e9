"""Up and down: everything that a lab is made of, and the end of all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.lab import bmc, clocks, network, power, prerequisites
from tests.lab.cluster import Cluster
from tests.lab.command import must, run
from tests.lab.configuration import Plan, members, write_node
from tests.lab.errors import LabError
from tests.lab.init import INSTALLED
from tests.lab.interrupts import undisturbed
from tests.lab.layout import REPOSITORY, Lab
from tests.lab.logs import keep_logs
from tests.lab.machines import cgroups
from tests.lab.owner import abandoned, own
from tests.lab.processes import marked
from tests.lab.wait import wait_until

Tell = Callable[[str], None]
_DIRECTORIES = ("bin", "boot.d", "nodes", "alerts")
_TMPFS = "size=4g,mode=755"


def up(lab: Lab, plan: Plan | None = None, tell: Tell | None = None) -> Cluster:
    """Build the lab and wait until all of it is online; undo it if that fails.

    It is its maker's own (owner.py) until somebody leaves it.
    """
    prerequisites.check()
    tell = tell or _silently
    if abandoned(lab):
        tell(f"the lab at {lab.state} was of a run that was killed: it is removed")
        down(lab)
    if lab.state.exists():
        raise LabError(
            f"there is a lab at {lab.state} already, or what is left of one",
            "python3 -m tests.lab down removes it; VMHA_LAB_STATE, _PREFIX and _NET name another",
        )
    network.refuse_overlap(lab)
    try:
        return _build(lab, plan or Plan(), tell)
    except BaseException as reason:
        if isinstance(reason, LabError):
            tell(f"it failed; the logs are in {keep_logs(lab)}")
        down(lab)
        raise


def down(lab: Lab) -> list[str]:
    """Remove the lab, whole or half; gives the processes in its networks that are not ours.

    Those are left alone: a cloud's services are ended by what started them.
    """
    with undisturbed():
        return _down(lab)


def _down(lab: Lab) -> list[str]:
    others = {process.mark() for process in network.inmates(lab)} - {"", str(lab.state)}
    if others:
        raise LabError(
            f"the networks {lab.prefix}-* belong to the lab at {', '.join(others)}",
            "set VMHA_LAB_STATE and VMHA_LAB_PREFIX as for its up",
        )
    # A BMC may be booting a node at this moment, so look again until nothing is left.
    while ours := marked(str(lab.state)):
        for process in ours:
            process.end()
    cgroups.end(lab)
    strangers = [str(process) for process in network.inmates(lab)]
    network.remove(lab)
    while run(["mountpoint", "-q", str(lab.state)]).code == 0:
        must(["umount", "--lazy", str(lab.state)])
    if lab.state.exists():
        lab.state.rmdir()
    return strangers


@contextmanager
def running(lab: Lab, plan: Plan | None = None, tell: Tell | None = None) -> Iterator[Cluster]:
    """A lab for the length of a block."""
    cluster = up(lab, plan, tell)
    try:
        yield cluster
    finally:
        down(lab)


def attach(lab: Lab) -> Cluster:
    """The cluster of a lab that is up."""
    if not (lab.state / "lab.json").exists():
        raise LabError("no lab is up here", "python3 -m tests.lab up")
    return Cluster(lab)


def install(lab: Lab) -> str:
    """Put the repository's agents where the nodes see them as installed; gives what was done."""
    if not (REPOSITORY / "Makefile").exists():
        return "no Makefile, nothing installed"
    target = ["make", "-s", "-C", str(REPOSITORY), "install", f"DESTDIR={lab.root}", "PREFIX=/usr"]
    result = run(target, timeout=120.0)
    return "agents installed" if result.code == 0 else f"make install failed: {result.errors}"


def _build(lab: Lab, plan: Plan, tell: Tell) -> Cluster:
    _make_state(lab)
    tell(install(lab))
    clocks.install(lab)
    network.create(lab)
    for node in lab.nodes:
        write_node(lab, node, plan)
        bmc.write_configuration(lab, node)
    bmc.write_chassis_control(lab)
    tell(f"{len(lab.nodes)} nodes wired and configured")
    for node in lab.nodes:
        bmc.start(lab, node.name)
        power.turn_on(lab, node.name, "up")
    bmc.await_all(lab)
    tell("all nodes and BMCs have power, waiting for the cluster")
    cluster = Cluster(lab)
    tell(f"{cluster.wait_dc()} is the DC")
    _wait_all_online(cluster, len(members(lab, plan)), tell)
    return cluster


def _wait_all_online(cluster: Cluster, count: int, tell: Tell) -> None:
    seen = 0

    def all_online() -> bool:
        nonlocal seen
        online = sum(state.online for state in cluster.node_states().values())
        if online > seen:
            tell(f"{online} of {count} nodes are online")
        seen = max(seen, online)
        return online >= count

    wait_until("all nodes online", all_online, 60 + 3 * count, 0.2, cluster.summary)


def _make_state(lab: Lab) -> None:
    lab.state.mkdir(parents=True)
    must(["mount", "-t", "tmpfs", "-o", _TMPFS, "vmha-lab", str(lab.state)])
    own(lab)
    for name in _DIRECTORIES:
        (lab.state / name).mkdir()
    lab.alerts.chmod(0o1777)
    for place in INSTALLED:
        (lab.root / place).mkdir(parents=True)
    lab.save()


def _silently(_sentence: str) -> None:
    return
