"""The machine and the notebook of who watches its guests."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.process.command import Run, run
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.guests import kept
from vmha_ocf.model import InstanceId

_STOPPING = "stopping"
"""systemctl(1), is-system-running: the system is shutting down."""
_CMDLINE = 32768
"""Bytes of a QEMU's command line: its name and its uuid are among the first."""


class GuestHost:
    def __init__(self, run: Run = run, proc: str = "/proc") -> None:
        self.boot = probe.boot_id()
        self._run = run
        self._proc = proc

    def stops(self) -> bool:
        try:
            said = self._run(["systemctl", "is-system-running"], timeout=5.0)
        except VmhaError:
            return False
        return said.stdout.strip() == _STOPPING

    def qemus(self, instances: Collection[InstanceId]) -> Collection[InstanceId]:
        wanted = {each.encode(): each for each in instances}
        return {
            each for text in self._command_lines() for word, each in wanted.items() if word in text
        }

    def _command_lines(self) -> Iterator[bytes]:
        for pid in filter(str.isdigit, os.listdir(self._proc)):
            try:
                with open(os.path.join(self._proc, pid, "cmdline"), "rb") as file:
                    text = file.read(_CMDLINE)
            except OSError:  # it has ended
                continue
            if b"qemu" in text.partition(b"\0")[0]:
                yield text


class NotebookFile:
    """In memory only (OCF 1.1, HA_RSCTMP), and readable by root only."""

    def __init__(self, path: str, say: Callable[[str], None]) -> None:
        self._path = path
        self._say = say

    def read(self) -> str:
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read(kept.LONGEST)
        except OSError:
            return ""

    def write(self, text: str) -> None:
        temporary = f"{self._path}.new"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, self._path)
        except OSError as error:
            self._say(f"{self._path} cannot be written: {(error.strerror or '').lower()}")
