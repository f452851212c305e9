"""A Pacemaker cluster with BMCs on this machine, to break on purpose."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from tests.lab import bmc, network, power
from tests.lab.cluster import Cluster
from tests.lab.command import attended
from tests.lab.configuration import QUICK, STEADY, Plan
from tests.lab.errors import LabError
from tests.lab.harm import ON_A_NODE
from tests.lab.interrupts import heed
from tests.lab.layout import Lab, lab_from_environment
from tests.lab.lifecycle import attach, down, install, up
from tests.lab.owner import leave
from tests.lab.prerequisites import require_root

_SETTINGS = """\
environment:
  VMHA_LAB_STATE   state directory (/var/lib/vmha-lab)
  VMHA_LAB_PREFIX  prefix of network namespaces (vl)
  VMHA_LAB_NET     first half of the lab's addresses (10.99)
Give each lab its own three, and several can live side by side.
"""
_ON_THE_CLUSTER: dict[str, tuple[str, Callable[[Cluster], None]]] = {
    "cluster-stop": ("stop Pacemaker on all controllers, gracefully", Cluster.stop_all),
    "cluster-start": ("start it again", Cluster.start_all),
}


class Progress:
    """Says what goes on, each sentence with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, sentence: str) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s  {sentence}", flush=True)


def main() -> int:
    words = _parser().parse_args()
    # As with Ctrl-C: a half-built lab is undone.
    heed()
    try:
        require_root()
        return _obey(words)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        undone = ", the lab is removed" if words.command == "up" else ""
        print(f"interrupted{undone}", file=sys.stderr)
        return 130


def _obey(words: argparse.Namespace) -> int:
    if words.command == "up":
        return _up(words)
    lab = lab_from_environment()
    if words.command == "down":
        return _down(lab)
    return _use(attach(lab), words)


def _up(words: argparse.Namespace) -> int:
    lab = lab_from_environment(words.controllers, words.computes)
    timing = QUICK if words.timing == "quick" else STEADY
    progress = Progress()
    up(lab, Plan(timing, words.fencing == "ipmilan", words.alert), progress)
    leave(lab)
    progress("up; try: python3 -m tests.lab status")
    return 0


def _down(lab: Lab) -> int:
    progress = Progress()
    obstacles = down(lab)
    progress("down")
    if not obstacles:
        return 0
    print("these were not started by the lab; they keep its networks until they end:")
    print("\n".join(obstacles))
    return 1


def _use(cluster: Cluster, words: argparse.Namespace) -> int:
    if words.command in ON_A_NODE:
        ON_A_NODE[words.command][1](cluster, words.node)
    elif words.command in _ON_THE_CLUSTER:
        _ON_THE_CLUSTER[words.command][1](cluster)
    elif words.command == "exec":
        argv = power.entering(cluster.lab, words.node, tuple(words.argv) or ("bash",))
        terminal = {"TERM": os.environ.get("TERM", "dumb")}
        return attended(argv, cluster.lab.node_environment() | terminal)
    elif words.command == "crash":
        cluster.crash(words.node, words.daemon)
    elif words.command == "bmc-fault":
        cluster.bmc_fault(words.node, bmc.Fault(words.fault), words.seconds)
    elif words.command == "logs":
        print(cluster.logs(words.node), end="")
    else:
        print(_TOLD[words.command](cluster))
    return 0


def _status(cluster: Cluster) -> str:
    lab = cluster.lab
    lines = [f"lab {lab.prefix} at {lab.state}, network {lab.net}.0.0/16", ""]
    for node in lab.nodes:
        power_state = "on" if power.is_on(lab, node.name) else "off"
        wire = "plugged" if network.plugged(lab, node.name) else "unplugged"
        bmc_state = "up" if bmc.is_up(lab, node.name) else "down"
        bmc_line = f"BMC {node.bmc_address} {bmc_state}"
        lines.append(f"{node.name:<12} {node.address:<12} {power_state:<4} {wire:<10} {bmc_line}")
    try:
        lines += ["", cluster.summary()]
    except LabError as error:
        lines += ["", str(error)]
    return "\n".join(lines)


def _events(cluster: Cluster) -> str:
    return "\n".join(map(str, cluster.events()))


def _install(cluster: Cluster) -> str:
    return install(cluster.lab)


_TOLD: dict[str, Callable[[Cluster], str]] = {
    "status": _status,
    "events": _events,
    "install": _install,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.lab",
        description=__doc__,
        epilog=_SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_up(commands.add_parser("up", help="build a lab and start it"))
    commands.add_parser("down", help="remove the lab, also a half-built one")
    commands.add_parser("status", help="nodes, BMCs and what Pacemaker says")
    commands.add_parser("events", help="each power event and fault so far")
    commands.add_parser("logs", help="what a node's daemons wrote").add_argument("node")
    commands.add_parser("install", help="install the repository's agents into the lab again")
    inside = commands.add_parser("exec", help="run a program in a node")
    inside.add_argument("node")
    inside.add_argument("argv", nargs=argparse.REMAINDER, metavar="CMD", help="default: bash")
    for name, (text, _) in ON_A_NODE.items():
        commands.add_parser(name, help=text).add_argument("node")
    crash = commands.add_parser("crash", help="SIGKILL one daemon of a node")
    crash.add_argument("node")
    crash.add_argument("daemon")
    fault = commands.add_parser("bmc-fault", help="let a node's BMC misbehave, or no more")
    fault.add_argument("node")
    fault.add_argument("fault", choices=[fault.value for fault in bmc.Fault])
    fault.add_argument("seconds", type=float, nargs="?", default=10.0, help="how slow")
    for name, (text, _) in _ON_THE_CLUSTER.items():
        commands.add_parser(name, help=text)
    return parser


def _add_up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-c", "--controllers", type=int, default=3, metavar="N")
    parser.add_argument("-n", "--computes", type=int, default=2, metavar="N")
    parser.add_argument(
        "--timing",
        choices=("steady", "quick"),
        default="steady",
        help="a dead host is seen after 10 to 15 s (steady) or 3 to 5 s (quick)",
    )
    parser.add_argument(
        "--fencing",
        choices=("ipmilan", "none"),
        default="ipmilan",
        help="fencing devices of the compute hosts in the first CIB; none leaves them to pcs",
    )
    parser.add_argument("--alert", default="", metavar="PATH", help="an alert agent to configure")


if __name__ == "__main__":
    sys.exit(main())
