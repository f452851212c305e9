"""What a worker is woken by, on a real Pacemaker: a change of the CIB or of its status section."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue

import pytest

from tests.contract.one_node import OneNode
from vmha_ocf.backends.pacemaker.subscriber import AGAIN, COMMAND, DOES_NOT, WORKS, Subscriber

pytestmark = pytest.mark.real
SOON = 5.0
"""Seconds: crm_mon takes two of them where another change was just before."""
QUIET = 2.5
_KILLED = """
import os, select, signal, subprocess
def killed(command, quiet_for):
    quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    shown = subprocess.Popen(command, stdout=subprocess.PIPE, **quiet).stdout.fileno()
    while os.read(shown, 65536):
        if not select.select([shown], [], [], quiet_for)[0]:
            break
    os.kill(os.getpid(), signal.SIGKILL)
killed"""


@pytest.fixture
def inside(one_node: OneNode) -> list[str]:
    """nsenter forks for the PID namespace: what it has started ends with it, as if it were crm_mon."""
    enter = ["nsenter", f"--target={one_node.init}", "-m", "-u", "-i", "-n", "-p", "--"]
    return [*enter, "setpriv", "--pdeathsig=TERM", "--"]


@pytest.fixture
def changes(inside: list[str]) -> Iterator[Queue[float]]:
    found = Queue[float]()
    subscriber = Subscriber(lambda: found.put(time.monotonic()), print, [*inside, *COMMAND])
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


@pytest.mark.parametrize("change", [attribute, permanent])
def test_a_change_is_told(
    one_node: OneNode, changes: Queue[float], change: Callable[[OneNode], None]
) -> None:
    settle(changes)
    change(one_node)
    changes.get(timeout=SOON)


def test_it_is_seen_to_work(inside: list[str]) -> None:
    """By what crm_mon prints of a cluster that it knows."""
    said = Queue[str]()
    subscriber = Subscriber(lambda: None, said.put, [*inside, *COMMAND])
    subscriber.start()
    told = [said.get(timeout=SOON)]
    if told == [DOES_NOT]:  # under load what it prints first may come in two pieces
        told.append(said.get(timeout=SOON))
    works = subscriber.works
    subscriber.stop()
    assert told[-1] == WORKS
    assert works


def listening(node: OneNode) -> set[str]:
    """Each crm_mon there, as the node numbers them."""
    return set(node.run(["pgrep", "-x", "crm_mon"], timeout=10).stdout.split())


def until_nobody_listens(one_node: OneNode) -> None:
    deadline = time.monotonic() + SOON
    while listening(one_node):
        assert time.monotonic() < deadline, "crm_mon outlives it"
        time.sleep(0.1)


def test_one_that_was_killed_is_started_anew(one_node: OneNode, changes: Queue[float]) -> None:
    settle(changes)
    killed = listening(one_node)
    one_node.kill_daemon("crm_mon")
    changes.get(timeout=AGAIN + SOON)
    assert len(listening(one_node) - killed) == 1


def test_nothing_is_left_of_one_that_is_stopped(one_node: OneNode, inside: list[str]) -> None:
    found = Queue[float]()
    subscriber = Subscriber(lambda: found.put(time.monotonic()), print, [*inside, *COMMAND])
    subscriber.start()
    settle(found)
    subscriber.stop()
    until_nobody_listens(one_node)


def test_it_ends_with_a_worker_that_is_killed(one_node: OneNode) -> None:
    """At the next change: nobody reads what it prints. Killed when it has printed all that there was, or
    the rest of that would end it."""
    one_node.run(["python3", "-c", f"{_KILLED}({COMMAND!r}, {QUIET})"], timeout=20)
    assert listening(one_node)
    attribute(one_node)
    until_nobody_listens(one_node)
