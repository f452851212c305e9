"""The traces in the CIB, and a copy of each in attrd: written and read back, and only with quorum.

The CIB is changed first: who dies between the two has not told anybody that it is done.
Over Protocols, as the flags are, so that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vmha_ocf.cluster.flag_texts import same
from vmha_ocf.cluster.read_back import told_as_flags_unavailable
from vmha_ocf.cluster.store import Attributes, Records, Store
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import NodeName, NovaHost
from vmha_ocf.ports import Clock
from vmha_ocf.service import trace as text
from vmha_ocf.service import trace_copy
from vmha_ocf.service.trace import Trace, Traces
from vmha_ocf.service.trace_copy import Copy


class TraceStore(Store):
    def __init__(
        self, attrd: Attributes, cib: Records, clock: Clock, *, deadline: float = 10.0
    ) -> None:
        super().__init__(cib, clock, deadline=deadline)
        self._attrd = attrd

    def read(self) -> Traces:
        with told_as_flags_unavailable():
            written = text.parse(self._values())
            return trace_copy.corrected(written, self._attrd.values(trace_copy.ATTRIBUTE))

    def write(self, trace: Trace, nodes: Sequence[NodeName]) -> None:
        copy = ""

        def act() -> None:
            nonlocal copy
            self._need_quorum(f"the trace of {trace.host} is not changed")
            values = self._values()
            kept = [node for node in values if text.mentions(values[node], trace.host)]
            where = (*kept[:1], *nodes) or self._nodes_of(trace.host)
            self._set(trace, where, values)
            copy = trace_copy.format_copy(trace, where)
            self._attrd.update(trace_copy.ATTRIBUTE, trace_copy.key(trace.host), copy)

        self._insist(
            act,
            lambda: (
                any(text.keeps(value, trace) for value in self._values().values())
                and self._is_copied(trace.host, copy)
            ),
            f"what is about to be changed on {trace.host} was not recorded",
        )

    def remove(self, host: NovaHost) -> None:
        gone = ""

        def act() -> None:
            nonlocal gone
            copy = self._copy_of(host)
            gone = self._gone(host, trace_copy.parse_copy(copy))
            for node, value in self._values().items():
                if text.mentions(value, host):
                    self._need_quorum(f"the trace of {host} is not changed")
                    self._drop(node, value, text.without(value, host))
            if not same(copy, gone):
                self._attrd.update(trace_copy.ATTRIBUTE, trace_copy.key(host), gone)

        self._insist(
            act,
            lambda: (
                not any(text.mentions(value, host) for value in self._values().values())
                and self._is_copied(host, gone)
            ),
            f"the trace of {host} was not removed",
        )

    def _gone(self, host: NovaHost, copy: Copy | None) -> str:
        """What is to be in the place of its copy."""
        return trace_copy.format_gone([text.parse(self._values()).of.get(host), copy])

    def _nodes_of(self, host: NovaHost) -> Sequence[NodeName]:
        copy = trace_copy.parse_copy(self._copy_of(host))
        return copy.nodes if copy is not None else ()

    def _copy_of(self, host: NovaHost) -> str:
        values = self._attrd.values(trace_copy.ATTRIBUTE)
        found = (value for each, value in values.items() if same(each, trace_copy.key(host)))
        return next(found, "")

    def _is_copied(self, host: NovaHost, copy: str) -> bool:
        """attrd does not change a value whose letters differ in case alone."""
        return same(self._copy_of(host), copy)

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
