"""Traces for threads: a node keeps those of all its hosts in one value, changed by one at a time."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable, Sequence

from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.service.ports import Traces
from vmha_ocf.service.trace import Trace
from vmha_ocf.service.trace import Traces as Found


class LockedTraces:
    """Over another one. Hosts of different nodes do not wait for each other."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._lock = threading.Lock()
        self._of_node: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def read(self) -> Found:
        return self._traces.read()

    def write(self, trace: Trace, nodes: Sequence[NodeName]) -> None:
        with self._of(nodes[0] if nodes else trace.host):
            self._traces.write(trace, nodes)

    def remove(self, host: NovaHost) -> None:
        self._traces.remove(host)

    def _of(self, node: Hashable) -> threading.Lock:
        with self._lock:
            return self._of_node[node]
