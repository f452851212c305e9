"""The contracts of Flags, Holds, Failures and Traces on a real Pacemaker cluster of one node."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest

from tests.contract import failures, holds, traces
from tests.contract import flags as contract
from tests.contract.one_node import NODE, REMOTES, OneNode, Tools
from vmha_ocf.backends.pacemaker.attrd import Attrd
from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.cluster.failure_store import FailureStore
from vmha_ocf.cluster.flag_store import FlagStore
from vmha_ocf.cluster.flag_texts import ATTRIBUTE, RECORD, RECORDS, STORM_ATTRIBUTE
from vmha_ocf.cluster.hold import ATTRIBUTE as HOLD
from vmha_ocf.cluster.hold_store import HoldStore
from vmha_ocf.cluster.storm import ATTRIBUTE as FAILURES
from vmha_ocf.model import NodeName
from vmha_ocf.service.trace import ATTRIBUTE as TRACE
from vmha_ocf.service.trace_copy import ATTRIBUTE as COPY
from vmha_ocf.service.traces import TraceStore

pytestmark = pytest.mark.real
_NOT_IN_XML = {chr(code) for code in range(32)} - set("\t\n\r")


class RealStage(Tools):
    def __init__(self, node: OneNode) -> None:
        super().__init__(node)
        self.quorate = True
        self.attrd = Attrd(self.run)
        self.cib = Cib(self.run)
        self.flags = FlagStore(self.attrd, self.cib, SystemClock(), deadline=3.0)
        self.holds = HoldStore(self.attrd, self.cib, SystemClock(), deadline=3.0)
        self.failures = FailureStore(self.cib, SystemClock(), deadline=3.0)
        self.traces = TraceStore(self.attrd, self.cib, SystemClock(), deadline=3.0)

    def values(self) -> Mapping[str, str]:
        return self.attrd.values(ATTRIBUTE)

    def set_value(self, key: str, value: str, *, name: str = ATTRIBUTE) -> None:
        """Since 3.0 Pacemaker sends no message that XML cannot have, and says nothing of it: what has
        a control character need not arrive."""
        before = self.attrd.answer(name)
        self.attrd.update(name, key, value)
        deadline = time.monotonic() + 5
        while self.attrd.answer(name) == before:
            if not _NOT_IN_XML.isdisjoint(key + value) and time.monotonic() > deadline - 4:
                return
            assert time.monotonic() < deadline, f"attrd did not take {key!r}={value!r}"

    def records(self) -> Mapping[NodeName, str]:
        return self.cib.node_attributes(RECORD)

    def set_record(self, node: NodeName, text: str) -> None:
        self.cib.set_node_attribute(node, RECORD, text)

    def set_attribute(self, node: NodeName, text: str) -> None:
        self.cib.set_node_attribute(node, TRACE, text)

    def trace_attributes(self) -> Mapping[NodeName, str]:
        return self.cib.node_attributes(TRACE)

    def attributes(self) -> Mapping[NodeName, str]:
        return self.cib.node_attributes(HOLD)

    def forget_attrd(self) -> None:
        self.node.kill_daemon("pacemaker-attrd")
        deadline = time.monotonic() + 30
        while self._attrd_remembers():
            assert time.monotonic() < deadline, "attrd was not started again"
            time.sleep(0.1)

    def lose_quorum(self) -> None:
        self.quorate = False
        self.node.set_quorum(False)

    def lose_cluster(self) -> None:
        self.lost = True

    def _attrd_remembers(self) -> bool:
        """102: it is not there yet."""
        return any(
            self.node.run(["attrd_updater", "-Q", "-A", "-n", name], timeout=5).rc in (0, 102)
            for name in (ATTRIBUTE, STORM_ATTRIBUTE, COPY)
        )

    def reset(self) -> None:
        self.lost = False
        if not self.quorate:
            self.node.set_quorum(True)
        for remote in REMOTES:
            for name in (*RECORDS, FAILURES, TRACE):
                command = ["crm_attribute", "-N", remote, "-l", "forever", "-n", name, "-D"]
                self.node.run(command, timeout=5)
        self.node.run(["crm_attribute", "-N", NODE, "-l", "forever", "-n", HOLD, "-D"], timeout=5)
        if self._attrd_remembers():
            self.forget_attrd()


@pytest.fixture
def stage(one_node: OneNode) -> Iterator[RealStage]:
    stage = RealStage(one_node)
    yield stage
    stage.reset()


class TestRealFlags(contract.FlagsContract):
    pass


class TestRealHolds(holds.HoldsContract):
    pass


class TestRealFailures(failures.FailuresContract):
    pass


class TestRealTraces(traces.TracesContract):
    pass
