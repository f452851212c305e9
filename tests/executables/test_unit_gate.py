"""nova-compute-gate as a program on a real Pacemaker node."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.contract.one_node import NODE, OneNode
from tests.executables.installed import Installed
from vmha_ocf.backends.command import Result

pytestmark = pytest.mark.real
RECORD = "host=compute-1 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC 192.0.2.7 answered off"


class Gate:
    def __init__(self, node: OneNode, program: str) -> None:
        self._node = node
        self._program = program
        self._pool = ThreadPoolExecutor()

    def run(self, *argv: str) -> Result:
        return self._node.run(argv, timeout=60)

    def passed(self) -> Result:
        return self.run(self._program, "--host=compute-1")

    def waiting(self) -> Future[Result]:
        """Of a gate that is still shut after a while."""
        gate = self._pool.submit(self.passed)
        time.sleep(2)
        assert not gate.done(), gate.result()
        return gate

    def flag(self, value: str) -> None:
        update = ("attrd_updater", "-p", "-n", "evacuate", "-N", "nova:compute-1", "-U", value)
        assert self.run(*update).rc == 0

    def record(self, *change: str) -> None:
        attribute = ("crm_attribute", "--lifetime=forever", f"--node={NODE}", "--name=evacuation")
        assert self.run(*attribute, *change).rc == 0


@pytest.fixture(name="gate")
def _gate(installed_node: OneNode, installed: Installed) -> Iterator[Gate]:
    gate = Gate(installed_node, f"{installed.root}/usr/lib/vmha-ocf/nova-compute-gate")
    yield gate
    gate.flag("")


def test_a_host_that_was_never_flagged_passes(gate: Gate) -> None:
    answer = gate.passed()
    assert answer.rc == 0, answer
    assert answer.stderr == "the gate is open: nova-compute may start on compute-1\n"


def test_it_opens_when_the_evacuation_is_over(gate: Gate) -> None:
    gate.flag("ctl3@1700000000")
    waiting = gate.waiting()
    gate.flag("no")
    answer = waiting.result()
    assert answer.rc == 0
    assert "waiting at the gate: ctl3 evacuates compute-1" in answer.stderr


def test_the_record_of_its_node_alone_keeps_it_shut(gate: Gate) -> None:
    gate.record(f"--update={RECORD}")
    waiting = gate.waiting()
    gate.record("--delete")
    assert waiting.result().rc == 0


def test_a_silent_attrd_keeps_it_shut_until_it_answers(gate: Gate) -> None:
    gate.run("pkill", "-STOP", "-x", "pacemaker-attrd"[:15])
    try:
        waiting = gate.waiting()
        time.sleep(6)  # longer than one call may take
        assert not waiting.done()
    finally:
        gate.run("pkill", "-CONT", "-x", "pacemaker-attrd"[:15])
    answer = waiting.result()
    assert answer.rc == 0
    assert "whether compute-1 is flagged cannot be read" in answer.stderr
