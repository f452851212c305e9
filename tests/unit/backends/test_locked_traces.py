"""Several threads that write the traces of one node's hosts lose none of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from vmha_ocf.backends.pacemaker.locked_traces import LockedTraces
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.backends.process.threads import Threads
from vmha_ocf.model import Epoch, NodeName, NovaHost
from vmha_ocf.service.marker import Ours
from vmha_ocf.service.trace import Trace
from vmha_ocf.service.traces import TraceStore

NODES = (NodeName("compute-1"), NodeName("compute-2"))


class SlowCib:
    """Whoever reads here has time to be overtaken."""

    def __init__(self) -> None:
        self.values: dict[NodeName, str] = {}

    def node_attributes(self, name: str) -> Mapping[NodeName, str]:
        found = dict(self.values)
        time.sleep(0.005)
        return found

    def each_node_attribute(self, names: Sequence[str]) -> Mapping[tuple[NodeName, str], str]:
        raise NotImplementedError

    def set_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        self.values[node] = value

    def delete_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        if self.values.get(node) == value:
            del self.values[node]

    def quorate(self) -> bool:
        return True


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def values(self, _: str) -> Mapping[str, str]:
        return dict(self.kept)

    def answer(self, name: str) -> str:
        raise NotImplementedError

    def update(self, _: str, key: str, value: str) -> None:
        self.kept[key] = value


def test_none_is_lost() -> None:
    traces = LockedTraces(TraceStore(Memory(), SlowCib(), SystemClock()))
    every = [
        Trace(NovaHost(f"host-{number}"), "id", Epoch(1.0), Ours(True, True))
        for number in range(12)
    ]

    def write(number: int) -> None:
        traces.write(every[number], (NODES[number % 2],))

    Threads(8)(write, range(12))
    assert traces.read().of == {one.host: one for one in every}
    for one in every:
        traces.remove(one.host)
    assert traces.read().of == {}
