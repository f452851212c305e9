"""The address that the API listens on, for as long as the worker runs: what fails is tried again.

An address that Pacemaker brings later (a VIP), a port that the worker before still has, a name that
DNS does not know yet: none of them is looked at once and never again. On a thread of its own, since
a name may take DNS half a minute.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from vmha_ocf.backends.telling.web import Web

AGAIN = 5.0
"""Seconds between two attempts."""


class Doorway:
    """``open`` listens and answers with what does, or raises OSError, UnicodeError."""

    def __init__(self, port: int, open: Callable[[], Web], say: Callable[[str], None]) -> None:
        self._port = port
        self._open = open
        self._say = say
        self._stopping = threading.Event()
        self._web: Web | None = None
        self._thread = threading.Thread(target=self._run, name="doorway", daemon=True)

    @property
    def port(self) -> int | None:
        """Where it listens; None as long as it does not."""
        return self._web.port if self._web else None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._stopping.set()
        self._thread.join(timeout)
        if self._web:
            self._web.stop()

    def _run(self) -> None:
        trouble = ""
        while not self._stopping.is_set():
            problem = self._try()
            if problem != trouble:
                self._say(self._told(problem))
                trouble = problem
            if not problem:
                return
            self._stopping.wait(AGAIN)

    def _try(self) -> str:
        """Why it does not listen; empty if it does."""
        try:
            web = self._open()
        except (OSError, UnicodeError) as error:
            return str(error)
        web.start()
        self._web = web
        return ""

    def _told(self, problem: str) -> str:
        if not problem:
            return f"listen: answers at port {self._port} now"
        return (
            f"listen: nothing can be asked at port {self._port}, it is tried again every "
            f"{AGAIN:g} s: {problem}"
        )
