"""What a worker is woken by, on a real Pacemaker: a change of the CIB or of its status section."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue

import pytest

from tests.contract.one_node import OneNode
from vmha_ocf.backends.pacemaker.subscriber import AGAIN, COMMAND, Subscriber
from vmha_ocf.backends.process import command

pytestmark = pytest.mark.real
STAYS = pytest.mark.skipif(
    os.environ.get("VMHA_DEBIAN_RELEASE", "bookworm") != "bookworm",
    reason="NOT SUBSCRIBED THERE: the crm_mon of Pacemaker 3.0 prints once and ends",
)
SOON = 5.0
"""Seconds: crm_mon takes two of them where another change was just before."""
QUIET = 2.5


@pytest.fixture
def inside(one_node: OneNode) -> list[str]:
    """Without its PID namespace, for which nsenter would fork: whom we end has to be crm_mon."""
    return ["nsenter", f"--target={one_node.init}", "-m", "-u", "-i", "-n", "--"]


@pytest.fixture
def changes(inside: list[str]) -> Iterator[Queue[float]]:
    found = Queue[float]()
    subscriber = Subscriber(lambda: found.put(time.monotonic()), [*inside, *COMMAND])
    subscriber.start()
    yield found
    subscriber.stop()


def settle(changes: Queue[float]) -> None:
    """It has printed what there was, and nothing more comes."""
    changes.get(timeout=SOON)
    while True:
        try:
            changes.get(timeout=QUIET)
        except Empty:
            return


def attribute(node: OneNode) -> None:
    write = ["attrd_updater", "-n", "vmha-instances", "-U", str(time.monotonic())]
    assert node.run(write, timeout=10).rc == 0


def permanent(node: OneNode) -> None:
    write = ["crm_attribute", "-N", "compute-1", "-n", "evacuation-boot", "-v"]
    assert node.run([*write, str(time.monotonic())], timeout=10).rc == 0


@STAYS
@pytest.mark.parametrize("change", [attribute, permanent])
def test_a_change_is_told(
    one_node: OneNode, changes: Queue[float], change: Callable[[OneNode], None]
) -> None:
    settle(changes)
    change(one_node)
    changes.get(timeout=SOON)


def listening() -> set[int]:
    """The crm_mon of this process."""
    mine = ["pgrep", "-P", str(os.getpid()), "-x", "crm_mon"]
    return {int(pid) for pid in command.run(mine, timeout=10).stdout.split()}


@STAYS
def test_one_that_was_killed_is_started_anew(changes: Queue[float]) -> None:
    settle(changes)
    (killed,) = listening()
    os.kill(killed, signal.SIGKILL)
    changes.get(timeout=AGAIN + SOON)
    assert len(listening() - {killed}) == 1


def test_nothing_is_left_of_one_that_is_stopped(inside: list[str]) -> None:
    found = Queue[float]()
    subscriber = Subscriber(lambda: found.put(time.monotonic()), [*inside, *COMMAND])
    subscriber.start()
    settle(found)
    subscriber.stop()
    assert listening() == set()


def test_where_it_cannot_be_started_nothing_fails() -> None:
    subscriber = Subscriber(lambda: None, ["/nonexistent/crm_mon"])
    subscriber.start()
    subscriber.stop()
