"""What a controller asks of NovaCompute's monitor: which process this nova-compute is, and to fail for that
one (living/processes/asked.py). Over attrd_updater, /proc and systemctl.

A monitor imports this, and asks attrd each time: nothing heavy.
"""

from __future__ import annotations

import os

from vmha_ocf.backends.compute import probe
from vmha_ocf.living.processes import asked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmha_ocf.agent.ocf import Call

TOOL = "attrd_updater"
_ONE_CALL = 3.0
"""Seconds. Without an answer nobody has asked for anything."""
_PROGRAM = b"nova-compute"
_FIRST_WORDS = 3
"""Of a command line: the program, or an interpreter, its option and the program."""
_STARTED = 19
"""Place of starttime in /proc/<pid>/stat, counted from the state; the parent's is 1."""
_PARENT = 1


def of_resource(call: Call, units: Sequence[str]) -> HungProcess:
    return HungProcess(call.node, units, f"{call.kept}.hung")


class HungProcess:
    """``units``: nova-compute's; none where commands start it. ``path``: there is kept for which process
    the monitor has failed already: it does so once."""

    def __init__(
        self,
        node: str,
        units: Sequence[str],
        path: str,
        *,
        proc: str = "/proc",
        tool: str = TOOL,
        systemctl: str = "systemctl",
    ) -> None:
        self._node = node
        self._units = units
        self._path = path
        self._proc = proc
        self._tool = tool
        self._systemctl = systemctl

    def told_to_fail(self) -> bool:
        """Also answers who asks which process it is. Whatever goes wrong with it: nobody has asked."""
        text = self._read(asked.ASKED)
        word, meant = asked.word_of(text), asked.to_fail(text)
        if not word and not meant:
            return False
        process, age = self._here()
        if word and process:
            self._tell(asked.format_answer(process, word, age))
        return bool(process) and process == meant and self._first_time(process)

    def is_here(self) -> bool:
        """Whether the monitor has failed for the process that runs now."""
        before = self._before()
        return bool(before) and before == self._here()[0]

    def _first_time(self, process: str) -> bool:
        if self._before() == process:
            return False
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(process)
        except OSError:  # it would fail again and again
            return False
        return True

    def _before(self) -> str:
        try:
            with open(self._path, encoding="ascii", errors="replace") as file:
                return file.read(200)
        except OSError:
            return ""

    def _read(self, name: str) -> str:
        key = f"--node={asked.key(self._node)}"
        said = probe.output([self._tool, f"--name={name}", key, "--query"], _ONE_CALL)
        return said.partition(' value="')[2].partition('"')[0]

    def _tell(self, answer: str) -> None:
        key = f"--node={asked.key(self._node)}"
        update = [self._tool, "--private", f"--name={asked.ANSWER}", key, f"--update={answer}"]
        probe.exit_code(update, _ONE_CALL)

    def _here(self) -> tuple[str, float]:
        """The process and its age; "" where it is not clear which one it is."""
        pids = set(self._main_pids() if self._units else self._found())
        boot = probe.boot_id()
        if len(pids) != 1 or not boot:
            return "", 0.0
        pid = pids.pop()
        fields = self._stat(pid)
        if not fields:
            return "", 0.0
        began = int(fields[_STARTED]) / os.sysconf("SC_CLK_TCK")
        return f"{boot}.{pid}.{fields[_STARTED]}", self._uptime() - began

    def _main_pids(self) -> Iterator[str]:
        show = [self._systemctl, "show", "--property=MainPID", "--value", "--", *self._units]
        words = probe.output(show, _ONE_CALL).split()
        return (word for word in words if word.isdigit() and word != "0")

    def _found(self) -> Iterator[str]:
        """By their command lines, without what they have started."""
        found = [pid for pid in os.listdir(self._proc) if pid.isdigit() and self._is_ours(pid)]
        for pid in found:
            fields = self._stat(pid)
            if fields and fields[_PARENT] not in found:
                yield pid

    def _is_ours(self, pid: str) -> bool:
        try:
            with open(f"{self._proc}/{pid}/cmdline", "rb") as file:
                words = file.read(4096).split(b"\0")[:_FIRST_WORDS]
        except OSError:  # it has ended
            return False
        return any(word.rpartition(b"/")[2] == _PROGRAM for word in words)

    def _stat(self, pid: str) -> Sequence[str]:
        try:
            with open(f"{self._proc}/{pid}/stat", encoding="utf-8", errors="replace") as file:
                return file.read().rpartition(")")[2].split()
        except OSError:
            return ()

    def _uptime(self) -> float:
        with open(f"{self._proc}/uptime", encoding="ascii") as file:
            return float(file.read().split()[0])
