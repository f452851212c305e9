"""The traces in the CIB: written and read back, and only with quorum.

Over Protocols, as the flags are, so that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmha_ocf import trace as text
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.read_back import told_as_flags_unavailable
from vmha_ocf.store import Store
from vmha_ocf.trace import Trace, Traces


class TraceStore(Store):
    def read(self) -> Traces:
        with told_as_flags_unavailable():
            return text.parse(self._values())

    def write(self, trace: Trace, nodes: Sequence[NodeName]) -> None:
        def act() -> None:
            self._need_quorum(f"the trace of {trace.host} is not changed")
            values = self._values()
            kept = [node for node in values if text.mentions(values[node], trace.host)]
            self._set(trace, (*kept[:1], *nodes), values)

        self._insist(
            act,
            lambda: any(text.keeps(value, trace) for value in self._values().values()),
            f"what is about to be changed on {trace.host} was not recorded",
        )

    def remove(self, host: NovaHost) -> None:
        def act() -> None:
            for node, value in self._values().items():
                if text.mentions(value, host):
                    self._need_quorum(f"the trace of {host} is not changed")
                    self._drop(node, value, text.without(value, host))

        self._insist(
            act,
            lambda: not any(text.mentions(value, host) for value in self._values().values()),
            f"the trace of {host} was not removed",
        )

    def _set(
        self, trace: Trace, nodes: Sequence[NodeName], values: Mapping[NodeName, str]
    ) -> None:
        """On the first of the nodes that Pacemaker knows."""
        unknown: ParameterError | None = None
        for node in nodes:
            try:
                value = text.with_trace(values.get(node, ""), trace)
                self._cib.set_node_attribute(node, text.ATTRIBUTE, value)
                return
            except ParameterError as error:
                unknown = error
        raise unknown or ParameterError(f"no node can keep the trace of {trace.host}")

    def _drop(self, node: NodeName, value: str, left: str) -> None:
        if left:
            self._cib.set_node_attribute(node, text.ATTRIBUTE, left)
        else:
            self._cib.delete_node_attribute(node, text.ATTRIBUTE, value)

    def _values(self) -> Mapping[NodeName, str]:
        return self._cib.node_attributes(text.ATTRIBUTE)
