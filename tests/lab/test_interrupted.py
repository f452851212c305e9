"""Ctrl-C, typed twice, in the middle of a run with real guests, and before it: nothing is left of it.

Minutes: played by ``make lab``.
"""

from __future__ import annotations

import os
import pty
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread

import pytest

from tests.lab.command import on_terminal
from tests.lab.layout import REPOSITORY, Lab, lab_from_environment
from tests.lab.leftovers import Places, left, places
from tests.lab.wait import wait_until

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif("VMHA_LAB_DAY_2" not in os.environ, reason="minutes: VMHA_LAB_DAY_2=1"),
]
DEMO = ("make", "-C", str(REPOSITORY), "demo", "GUESTS=real")
CASE = ("make", "-C", str(REPOSITORY), "lab", "GUESTS=real", "CASE=storm-held-and-released")
SYSTEMDS = (*CASE, "HOSTS=systemd")
UP, REMOVED, REAPED = 400.0, 120.0, 10.0
"""Seconds at most; the last for the kernel, to end what was killed."""
BOOTS = 15.0
"""Seconds until a case, which says no word until its end, has guests."""


@pytest.fixture(autouse=True)
def _healthy() -> None:
    """No lab is up before."""


@pytest.fixture
def lab() -> Lab:
    return lab_from_environment()


@dataclass
class Typed:
    """A command on a terminal of its own, which gives Ctrl-C to all that is in the foreground."""

    argv: tuple[str, ...]
    _shown: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._keyboard, screen = pty.openpty()
        # Not what a make that plays this test was told.
        environment = {name: os.environ[name] for name in os.environ if "MAKE" not in name}
        environment |= {"TERM": "xterm"}
        command = ("env", "--default-signal=INT", *self.argv)
        self._program = on_terminal(command, screen, environment)
        os.close(screen)
        Thread(target=self._read, daemon=True).start()

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    def says(self, words: str, timeout: float) -> None:
        def said() -> object:
            return re.search(words, self.shown) or self._program.poll() is not None

        wait_until(f"{words!r} on the screen", said, timeout, 0.1, lambda: self.shown)
        assert re.search(words, self.shown), self.shown

    def ctrl_c(self) -> None:
        os.write(self._keyboard, b"\x03")

    def ended(self) -> int:
        return self._program.wait(REMOVED)

    def close(self) -> None:
        if self._program.poll() is None:
            self._program.kill()
        os.close(self._keyboard)

    def _read(self) -> None:
        with suppress(OSError):
            while more := os.read(self._keyboard, 65536):
                self._shown += more


@pytest.fixture(
    params=[
        (DEMO, "nodes wired and configured", 0.0),
        (DEMO, "Nova has the first request", 0.0),
        (CASE, "--- storm-held-and-released: .*", BOOTS),
        (SYSTEMDS, "--- storm-held-and-released: .*", BOOTS),
    ],
    ids=["demo-on-its-way-up", "demo-in-the-middle", "case", "case-on-systemd"],
)
def interrupted(request: pytest.FixtureRequest, lab: Lab) -> Iterator[tuple[Typed, Places]]:
    """The command when it has said so, with the namespaces that the lab has then."""
    argv, moment, pause = request.param
    typed = Typed(argv)
    try:
        typed.says(moment, UP)
        time.sleep(pause)
        yield typed, places(lab)
    finally:
        typed.close()


def test_ctrl_c_leaves_nothing_behind(interrupted: tuple[Typed, Places], lab: Lab) -> None:
    typed, had = interrupted
    assert had.names, "nothing was up"
    assert left(lab, had), "what is up is not seen"
    typed.ctrl_c()
    typed.says("what is not meant to stay is removed", 10.0)
    typed.ctrl_c()
    assert typed.ended() != 0
    assert "everything is removed" in typed.shown
    assert "Traceback" not in typed.shown
    wait_until(
        "all of it to be gone",
        lambda: not left(lab, had),
        REAPED,
        explain=lambda: "\n".join(left(lab, had)),
    )
