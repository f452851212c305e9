"""Whether a change in Pacemaker would wake the worker, of programs that print as crm_mon does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vmha_ocf.backends.pacemaker.subscriber import DOES_NOT, WORKS, Subscriber

KNOWS = "echo '  * Last updated: today'"
STAYS = "exec sleep 60"
PATIENCE = 20.0


class Heard:
    """One subscriber over a shell's script, and what it has done."""

    def __init__(self, *lines: str, renewed: float = 60.0) -> None:
        self.woken = 0
        self.said: list[str] = []
        command = ["/bin/sh", "-c", "\n".join(lines)]
        self.subscriber = Subscriber(self._wake, self.said.append, command, renewed=renewed)
        self.subscriber.start()

    def _wake(self) -> None:
        self.woken += 1

    def until(self, happens: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happens():
            assert time.monotonic() < deadline, (self.said, self.woken)
            time.sleep(0.01)


Begin = Callable[..., Heard]


@pytest.fixture
def begin() -> Iterator[Begin]:
    begun: list[Heard] = []

    def make(*lines: str, renewed: float = 60.0) -> Heard:
        begun.append(Heard(*lines, renewed=renewed))
        return begun[-1]

    yield make
    for each in begun:
        each.subscriber.stop()


def test_what_is_printed_first_wakes_and_is_no_change(begin: Begin) -> None:
    heard = begin(KNOWS, STAYS)
    heard.until(lambda: heard.subscriber.works)
    assert (heard.woken, heard.subscriber.changes) == (1, 0)
    assert heard.said == [WORKS]


def test_what_is_printed_later_is_a_change(begin: Begin) -> None:
    heard = begin(KNOWS, "sleep 0.2", KNOWS, STAYS)
    heard.until(lambda: heard.subscriber.changes == 1)
    heard.until(lambda: heard.woken == 2)
    assert heard.subscriber.works


def test_one_that_waits_for_the_cluster_does_not_work(begin: Begin) -> None:
    heard = begin("echo Waiting until cluster is available on this node ...", STAYS)
    heard.until(lambda: heard.said == [DOES_NOT])
    assert heard.woken == 1
    assert not heard.subscriber.works


def test_nor_does_one_that_has_ended(begin: Begin) -> None:
    heard = begin(KNOWS)
    heard.until(lambda: heard.said == [WORKS, DOES_NOT])
    assert not heard.subscriber.works


def test_nor_one_that_cannot_be_started() -> None:
    said: list[str] = []
    subscriber = Subscriber(lambda: None, said.append, ["/nonexistent/crm_mon"])
    subscriber.start()
    deadline = time.monotonic() + PATIENCE
    while said != [DOES_NOT]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    subscriber.stop()
    assert not subscriber.works


def test_one_that_is_silent_for_long_is_started_anew(begin: Begin, tmp_path: Path) -> None:
    """Frozen, it would be silent for ever: even TERM waits until it goes on."""
    begun = tmp_path / "begun"
    heard = begin(f"echo begun >> {begun}", KNOWS, "kill -STOP $$", renewed=0.2)
    heard.until(lambda: begun.exists() and len(begun.read_text().split()) >= 2)
    heard.until(lambda: heard.woken >= 2 and heard.subscriber.works)
    assert heard.subscriber.changes == 0
    assert heard.said == [WORKS]


def test_a_flood_wakes_now_and_then(begin: Begin) -> None:
    heard = begin(f"while {KNOWS}; do :; done")
    heard.until(lambda: heard.woken >= 2)
    began, first = time.monotonic(), heard.woken
    heard.until(lambda: heard.woken >= first + 2)
    assert time.monotonic() - began > 0.9
