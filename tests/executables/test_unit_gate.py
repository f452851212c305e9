"""nova-compute-gate as a program on a real Pacemaker node."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.one_node import NODE, OneNode
from tests.executables.installed import Installed
from vmha_ocf.backends.process.command import Result

pytestmark = pytest.mark.real
RECORD = "host=compute-1 at=2026-01-02T03:04:05Z by=ctl1 proof=BMC 192.0.2.7 answered off"


class Gate:
    def __init__(self, node: OneNode, program: str, journal: Path) -> None:
        self._node = node
        self._program = program
        self._journal = journal
        self._pool = ThreadPoolExecutor()

    def run(self, *argv: str) -> Result:
        return self._node.run(argv, timeout=60)

    def passed(self) -> Result:
        journal = ("sh", "-c", f"exec {self._program} --host=compute-1 2>{self._journal}")
        return self.run(*journal)

    def said(self) -> list[str]:
        return self._journal.read_text().splitlines() if self._journal.exists() else []

    def waiting(self, why: str) -> Future[Result]:
        """Of a gate that has found itself shut."""
        passed = self._pool.submit(self.passed)
        deadline = time.monotonic() + 30
        while not any(why in line for line in self.said()):
            assert not passed.done(), self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return passed

    def flag(self, value: str) -> None:
        update = ("attrd_updater", "-p", "-n", "evacuate", "-N", "nova:compute-1", "-U", value)
        assert self.run(*update).rc == 0

    def record(self, *change: str) -> None:
        attribute = ("crm_attribute", "--lifetime=forever", f"--node={NODE}", "--name=evacuation")
        assert self.run(*attribute, *change).rc == 0


@pytest.fixture(name="gate")
def _gate(installed_node: OneNode, installed: Installed, tmp_path: Path) -> Iterator[Gate]:
    program = f"{installed.root}/usr/lib/vmha-ocf/nova-compute-gate"
    gate = Gate(installed_node, program, tmp_path / "journal")
    yield gate
    gate.flag("")


OPEN = "the gate is open: nova-compute may start on compute-1"


def test_a_host_that_was_never_flagged_passes(gate: Gate) -> None:
    assert gate.passed().rc == 0
    assert gate.said() == [OPEN]


def test_it_opens_when_the_evacuation_is_over(gate: Gate) -> None:
    gate.flag("ctl3@1700000000")
    waiting = gate.waiting("waiting at the gate: ctl3 evacuates compute-1")
    gate.flag("no")
    assert waiting.result().rc == 0
    assert gate.said()[-1] == OPEN


def test_the_record_of_its_node_alone_keeps_it_shut(gate: Gate) -> None:
    gate.record(f"--update={RECORD}")
    waiting = gate.waiting("is flagged")
    gate.record("--delete")
    assert waiting.result().rc == 0


def test_a_silent_attrd_keeps_it_shut_until_it_answers(gate: Gate) -> None:
    gate.run("pkill", "-STOP", "-x", "pacemaker-attrd"[:15])
    try:
        waiting = gate.waiting("whether compute-1 is flagged cannot be read")
    finally:
        gate.run("pkill", "-CONT", "-x", "pacemaker-attrd"[:15])
    assert waiting.result().rc == 0
