"""Who else could read a secret: looked for while a lab is at work, and in all that is left of it.

On the controllers, because they alone are given any. /proc shows the command line of a process to
everybody and its environment to its own user. A process that ends between two looks is not seen; the
kinds that were are told, so that a test can insist on those that matter.
"""

from __future__ import annotations

import bz2
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from tests.lab import power
from tests.lab.cloud.identity import VMHA_PASSWORD
from tests.lab.layout import BMC_PASSWORD, Lab

BETWEEN_LOOKS = 0.02
"""Seconds."""
SECRETS: Mapping[str, re.Pattern[str]] = {
    "the BMCs' password": re.compile(re.escape(BMC_PASSWORD)),
    "NovaEvacuate's password": re.compile(re.escape(VMHA_PASSWORD)),
    "a token of Keystone": re.compile(r"gAAAAA[\w-]{40,}"),
}
_NOT_OURS = re.compile(r'<primitive [^>]*type="fence_ipmilan".*?</primitive>', re.DOTALL)
"""The lab fences its controllers with fence_ipmilan, which keeps a password in the CIB..."""
_NOT_OUR_PROGRAM = "/usr/bin/ipmitool "
"""... and gives it to ipmitool as an argument."""
_OF_THE_BMC = "bmc"
"""The folder of a node's home that is its BMC's and not the node's."""


def secrets_in(where: str, text: str) -> list[str]:
    """A sentence for each."""
    ours = _NOT_OURS.sub("", text)
    return [f"P10: {what} is in {where}" for what, one in SECRETS.items() if one.search(ours)]


class Watch:
    """Looks at the controllers' processes for the length of a ``with`` block."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._seen: dict[str, set[str]] = {}
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.found: set[str] = set()
        """Sentences."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def saw(self, word: str) -> bool:
        """Whether a process was seen with this word in its command line."""
        return any(word in line for line in self._seen)

    def _run(self) -> None:
        while not self._over.wait(BETWEEN_LOOKS):
            homes = self._namespaces()
            for name in os.listdir("/proc"):
                if name.isdigit() and (node := homes.get(_namespace(int(name)))):
                    self._look(node, int(name))

    def _namespaces(self) -> dict[str, str]:
        """Of the controllers that have power: their names by their pid namespaces."""
        inits = {node.name: power.init_of(self._lab, node.name) for node in self._lab.controllers}
        return {init.pid_namespace(): name for name, init in inits.items() if init}

    def _look(self, node: str, pid: int) -> None:
        """At the environment each time: a child has its parent's until it becomes a program."""
        line, environment = _shown(pid, "cmdline"), _shown(pid, "environ")
        known = self._seen.setdefault(line, set())
        if environment not in known and not line.startswith(_NOT_OUR_PROGRAM):
            known.add(environment)
            where = f"a process of {node}: {line[:80]}"
            self.found.update(secrets_in(f"the command line of {where}", line))
            self.found.update(secrets_in(f"the environment of {where}", environment))


def in_files(lab: Lab) -> list[str]:
    """In whatever a controller keeps: logs, the CIB and its history, the scheduler's inputs."""
    return [
        sentence
        for node in lab.controllers
        for path in _files(lab.home(node.name))
        for sentence in secrets_in(str(path), _content(path))
    ]


def open_to_others(run: Callable[[str, list[str]], str], lab: Lab) -> list[str]:
    """Files of ours on the controllers that others can open. ``run`` runs a program on a node."""
    places = ["/run/resource-agents", "/var/log/pacemaker", "/etc/vmha"]
    ours = ["-name", "NovaEvacuate*", "-o", "-name", "evacuate.log*"]
    find = ["find", *places, "-type", "f", "(", *ours, ")", "-perm", "/o=rwx"]
    return [
        f"P10: {node.name}:{name} is open to others"
        for node in lab.controllers
        for name in run(node.name, find).split()
    ]


def _files(home: Path) -> Iterator[Path]:
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.relative_to(home).parts[0] != _OF_THE_BMC:
            yield path


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _content(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # the cluster lives, and keeps only so many of its files
        return ""
    if path.suffix == ".bz2":  # the scheduler's inputs
        data = bz2.decompress(data)
    return data.decode(errors="replace")


def _shown(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""
