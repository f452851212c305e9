"""Bmc in a child process that can be killed, whatever it speaks: ``ipmi.py`` and ``redfish.py`` say that.

Their libraries can wait for ever, and only the end of a process ends that. So each BMC session lives in
a child of its own, each request has a deadline, and a child that misses it gets SIGKILL. The child stays
in our process group: when Pacemaker kills the agent, it goes too.

This module and ``command.py`` are the only ones that start programs. This one is apart because its
child is talked with and lives on between requests; credentials reach it on stdin only.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from vmha_ocf.errors import BmcBusy, BmcUnavailable, VmhaError
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.model import Power
from vmha_ocf.ports import Clock

_LAST_WORDS = 1.0
"""Seconds for a child that has closed its output to end."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. A login includes the start of the child (0.1 s)."""

    login: float = 10.0
    """For one step of a login, and twice that for all of them: a BMC that takes 1.5 s for each answer
    takes 8 s and more for its login, and one that does not go on is known after this."""
    command: float = 5.0

    @property
    def operation(self) -> float:
        """For one call of the port: a first try, and a fresh one if it was killed."""
        return 2 * self.login + self.command


class ChildGone(Exception):
    """The child gave no answer. ``args`` are a kind and a detail for ``bmc_error``."""


class Child:
    """The process, before and after it has a session. Start it early: it loads its library."""

    def __init__(self, program: str, logout: float) -> None:
        """``program``: its path; ``logout``: seconds that it may take to end its session."""
        self._logout = logout
        self._process = subprocess.Popen(  # noqa: S603 our own program, no shell
            [sys.executable, "-I", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            bufsize=0,
        )
        self._read = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(
        self, request: Mapping[str, object], seconds: float, most: float, clock: Clock
    ) -> dict[str, str]:
        """The child's answer. Raises ChildGone: when it made no step for ``seconds``, or has not answered
        after ``most``; then it is dead."""
        line = json.dumps({**request, "seconds": most}).encode() + b"\n"
        assert self._process.stdin is not None
        with suppress(OSError):  # it may have left already, with a word why
            self._process.stdin.write(line)
        started = clock.monotonic()
        while True:
            until = min(clock.monotonic() + seconds, started + most)
            answer: dict[str, str] = json.loads(self._read_line(started, until, clock))
            if "step" not in answer:
                return answer

    def _read_line(self, started: float, until: float, clock: Clock) -> bytes:
        assert self._process.stdout is not None
        output = self._process.stdout.fileno()
        while b"\n" not in self._read:
            left = max(0.0, until - clock.monotonic())
            if not select.select([output], [], [], left)[0]:
                self.kill()
                raise ChildGone("deadline", f"{clock.monotonic() - started:.0f}")
            part = os.read(output, 65536)
            if not part:
                raise ChildGone("died", self._last_words())
            self._read += part
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _last_words(self) -> str:
        self._await_end(_LAST_WORDS)
        self.kill()
        code = self._process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def close(self) -> None:
        """Log out and leave; a child that does not is killed."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._await_end(self._logout)
        self.kill()

    def _await_end(self, seconds: float) -> None:
        """``Popen.wait`` with a limit looks now and then, and would cost 25 ms."""
        with suppress(ProcessLookupError):
            end = os.pidfd_open(self._process.pid)
            try:
                select.select([end], [], [], seconds)
            finally:
                os.close(end)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class ChildBmc(ABC):
    """One BMC session, opened at the first call and again after a loss."""

    LONGEST_LOGIN = 1
    """Times ``Deadlines.login``, as long as the child tells of steps of it."""

    def __init__(
        self,
        access: BmcAccess,
        clock: Clock,
        deadlines: Deadlines | None = None,
        child: Child | None = None,
    ) -> None:
        """``child``: one started earlier, to save time. It is ours from now on."""
        self._access = access
        self._clock = clock
        self._deadlines = deadlines or Deadlines()
        self._fresh = child
        self._session: Child | None = None
        self._told = False
        """A request was accepted in this session."""

    @staticmethod
    @abstractmethod
    def start_child() -> Child: ...

    @abstractmethod
    def _credentials(self) -> Mapping[str, object]:
        """What a login takes beside address, port, username and password."""

    @abstractmethod
    def _error(self, kind: str, detail: str, asked: str) -> VmhaError:
        """What the child's word means, in an operator's."""

    def power(self) -> Power:
        """What the BMC answers now, within ``Deadlines.operation`` seconds.

        Raises BmcUnavailable, of that BmcBusy, BmcRefused, of that BmcDenied, NotInstalled.
        """
        return Power(self._ask({"do": "power"})["power"])

    def set_power(self, wanted: Power) -> None:
        """Request on, or off at once (no soft shutdown), within the same time.

        The request may be sent twice; a repeated one changes nothing. Raises as ``power``, and
        BmcAlready.
        """
        self._ask({"do": "set", "power": wanted.value})
        self._told = True

    def in_service(self) -> bool:
        """By its own word, within the same time. Raises as ``power``."""
        return self._ask({"do": "service"})["service"] == "yes"

    def close(self) -> None:
        self._told = False
        for child in (self._session, self._fresh):
            if child is not None:
                child.close()
        self._session = self._fresh = None

    def _ask(self, request: Mapping[str, object]) -> Mapping[str, str]:
        end = self._clock.monotonic() + self._deadlines.operation
        told = self._told
        try:
            return self._try(request, end)
        except BmcBusy:
            raise  # It has answered: asked at once it would say the same.
        except BmcUnavailable:
            self.close()
            if told or self._clock.monotonic() + self._deadlines.command > end:
                raise
            return self._try(request, end)

    def _try(self, request: Mapping[str, object], end: float) -> Mapping[str, str]:
        child = self._session or self._log_in(end)
        seconds = min(self._deadlines.command, self._left(end))
        return self._exchange(child, request, seconds, seconds)

    def _log_in(self, end: float) -> Child:
        child, self._fresh = self._fresh or self.start_child(), None
        self._session = child
        request = {
            "do": "login",
            "address": self._access.address,
            "port": self._access.port,
            "username": self._access.username,
            "password": self._access.password,
            **self._credentials(),
        }
        left = self._left(end)
        most = min(self.LONGEST_LOGIN * self._deadlines.login, left)
        self._exchange(child, request, min(self._deadlines.login, left), most)
        return child

    def _exchange(
        self, child: Child, request: Mapping[str, object], seconds: float, most: float
    ) -> Mapping[str, str]:
        asked = str(request["do"])
        try:
            answer = child.ask(request, seconds, most, self._clock)
        except ChildGone as gone:
            self.close()
            raise self._error(gone.args[0], gone.args[1], asked) from gone
        if "failed" in answer:
            if asked == "login":
                self.close()
            raise self._error(answer["failed"], answer.get("detail", ""), asked)
        return answer

    def _left(self, end: float) -> float:
        return max(0.1, end - self._clock.monotonic())
