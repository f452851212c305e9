"""The whole lab left up, with a shell on a controller: ``up`` (again: another shell), ``down``.

A controller's shell cannot cut a host's power, as on a real one. It asks whoever opened it: that
one listens at a socket in the lab's folder, and has the hands."""

from __future__ import annotations

import argparse
import os
import shlex
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread

from tests.lab import power
from tests.lab.cloud.venv import VENV
from tests.lab.command import attended
from tests.lab.demo import VICTIM, Progress, boot
from tests.lab.errors import LabError
from tests.lab.harm import ON_A_NODE
from tests.lab.interrupts import heed
from tests.lab.layout import REPOSITORY, Lab, lab_from_environment
from tests.lab.lifecycle import down
from tests.lab.prerequisites import require_root
from tests.lab.release import on_release
from tests.lab.stage import PLAN, Stage, raise_stage, stage_of, strike

CARD = REPOSITORY / "tests" / "lab" / "playground.txt"
_SOCKET, _RC = "playground.sock", "playground.rc"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.playground", description=__doc__)
    parser.add_argument("action", choices=("up", "down", "ask"))
    parser.add_argument("words", nargs="*")
    given = parser.parse_args(argv)
    heed()
    try:
        if given.action == "ask":
            return ask(lab_from_environment().state / _SOCKET, given.words)
        require_root()
        lab = lab_from_environment(3, 3)
        if given.action == "down":
            print(remove(lab))
            return 0
        return visit(stand(lab))
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def stand(lab: Lab) -> Stage:
    """The one that is there, or a new one with instances on it. Raises LabError."""
    if (lab.state / "lab.json").exists():
        return stage_of(lab)
    tell = Progress()
    stage = raise_stage(lab, tell, on_release(PLAN, lab, tell))
    boot(stage)
    tell(f"six tagged instances and two others on {VICTIM}, one tagged elsewhere")
    return stage


def remove(lab: Lab) -> str:
    """All of it, also what an interrupted ``up`` has left; says what was done. Raises LabError."""
    there_was = lab.state.exists()
    if (lab.state / "lab.json").exists():
        strike(stage_of(lab))
    else:
        down(lab)
    return "removed" if there_was else f"nothing is up at {lab.state}"


def visit(stage: Stage) -> int:
    """A shell on a controller, as long as somebody is in it."""
    with Hands(stage):
        print(CARD.read_text(), flush=True)
        node = stage.cluster.controller()
        shell = ("bash", "--rcfile", str(write_rc(stage, node)), "-i")
        argv = power.entering(stage.lab, node, shell)
        terminal = {"TERM": os.environ.get("TERM", "dumb")}
        attended(argv, stage.lab.node_environment() | terminal)
    print(
        "the lab is still up: make playground opens a shell again, make playground-down removes it"
    )
    return 0


def write_rc(stage: Stage, node: str) -> Path:
    """What its shell begins with. The login is for the openstack command, not NovaEvacuate's."""
    path = stage.lab.state / _RC
    asked = (
        f"PYTHONPATH={shlex.quote(str(REPOSITORY))} /usr/bin/python3 -m tests.lab.playground ask"
    )
    lines = [
        f"PS1='{node} \\w# '",
        # Last, so that nothing of Nova's environment stands before the node's own.
        f"PATH=$PATH:{VENV}/bin",
        "export OS_CLOUD=admin OS_COMPUTE_API_VERSION=2.90",
        f"export OS_CLIENT_CONFIG_FILE={shlex.quote(str(stage.cloud.clouds_yaml))}",
        f'harm() {{ {asked} "$@"; }}',
        "instances() { harm instances; }",
        f"card() {{ cat {shlex.quote(str(CARD))}; }}",
        "cd",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


class Hands:
    """Does what a shell asks for, one word and a node's name, for the length of a block."""

    def __init__(self, stage: Stage) -> None:
        path = stage.lab.state / _SOCKET
        path.unlink(missing_ok=True)
        self._server = _Server(str(path), _Wish)
        path.chmod(0o600)
        self._server.stage = stage
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingUnixStreamServer):
    daemon_threads = True
    stage: Stage


class _Wish(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        try:
            answer = obey(self.server.stage, self.rfile.readline().decode().split())
        except LabError as error:
            answer = f"error: {error}"
        self.wfile.write(f"{answer}\n".encode())


def obey(stage: Stage, words: Sequence[str]) -> str:
    """Raises LabError."""
    match list(words):
        case ["instances"]:
            return instances(stage)
        case [harm, node] if harm in ON_A_NODE:
            names = [one.name for one in stage.lab.nodes]
            if node not in names:
                raise LabError(f"there is no {node}", f"there are {', '.join(names)}")
            ON_A_NODE[harm][1](stage.cluster, node)
            return f"done: {ON_A_NODE[harm][0]} ({node})"
    known = "\n".join(f"  harm {name} NODE   {text}" for name, (text, _) in ON_A_NODE.items())
    return f"what there is:\n{known}\n  instances   where each one is"


def instances(stage: Stage) -> str:
    """Where Nova has each, and where its guest really runs."""
    runs = {guest.uuid: host for host, found in stage.cloud.guests().items() for guest in found}
    return "\n".join(
        f"{row.name:<12} {row.vm_state:<8} on {row.host:<10} runs on {runs.get(row.uuid, 'none')}"
        for row in sorted(stage.cloud.instances(), key=lambda row: row.name)
    )


def ask(path: Path, words: Sequence[str]) -> int:
    """What the one who opened the shell answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError as error:
            raise LabError(
                f"nobody listens at {path}: {error.strerror}", "make playground"
            ) from None
        connection.sendall((" ".join(words) + "\n").encode())
        with connection.makefile() as answer:
            told = answer.read()
    print(told, end="")
    return 1 if told.startswith("error:") else 0


if __name__ == "__main__":
    sys.exit(main())
