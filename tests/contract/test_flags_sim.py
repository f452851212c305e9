"""The contracts of Flags, Holds, Failures and Traces on the simulator."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contract.failures import FailuresContract
from tests.contract.flags import FlagsContract
from tests.contract.holds import HoldsContract
from tests.contract.traces import TracesContract
from vmha_ocf.cluster.flag_texts import ATTRIBUTE, RECORD
from vmha_ocf.cluster.hold import ATTRIBUTE as HOLD
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Flags
from vmha_ocf.service.trace import ATTRIBUTE as TRACE
from vmha_ocf.sim import World


class SimStage:
    def __init__(self, world: World, flags: Flags) -> None:
        self.world = world
        self.flags = flags
        self.holds = world.holds()
        self.failures = world.failures()
        self.traces = world.traces()

    def values(self) -> Mapping[str, str]:
        return self.world.attrd.truth(ATTRIBUTE)

    def set_value(self, key: str, value: str, *, name: str = ATTRIBUTE) -> None:
        self.world.attrd.put(name, key, value)

    def records(self) -> Mapping[NodeName, str]:
        return self.world.cib.truth(RECORD)

    def set_record(self, node: NodeName, text: str) -> None:
        self.world.cib.put(node, RECORD, text)

    def set_attribute(self, node: NodeName, text: str) -> None:
        self.world.cib.put(node, TRACE, text)

    def trace_attributes(self) -> Mapping[NodeName, str]:
        return self.world.cib.truth(TRACE)

    def attributes(self) -> Mapping[NodeName, str]:
        return self.world.cib.truth(HOLD)

    def forget_attrd(self) -> None:
        self.world.stop_cluster()
        self.world.start_cluster()

    def lose_quorum(self) -> None:
        self.world.fault("cib", "no-quorum")

    def lose_cluster(self) -> None:
        self.world.stop_cluster()


@pytest.fixture
def stage() -> SimStage:
    world = World.with_hosts("compute-1", "compute-2")
    return SimStage(world, world.flags())


class TestSimFlags(FlagsContract):
    pass


class TestSimHolds(HoldsContract):
    pass


class TestSimFailures(FailuresContract):
    pass


class TestSimTraces(TracesContract):
    pass
