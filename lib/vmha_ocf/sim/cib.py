"""The permanent node attributes of the CIB: on disk, and changed only with quorum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from vmha_ocf.errors import FlagsUnavailable, ParameterError
from vmha_ocf.model import NodeName
from vmha_ocf.sim.core import Core, Wire

T = TypeVar("T")


class SimCib:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._values: dict[tuple[NodeName, str], str] = {}
        self.nodes: set[NodeName] = set()
        self.running = True
        self.has_quorum = True
        self.on_change: Callable[[], None] = lambda: None
        self._wire = Wire(core, "cib", {"down": _silent}, {"lost-answer": _silent})

    def node_attributes(self, name: str) -> Mapping[NodeName, str]:
        return self._call("query", lambda: self.truth(name))

    def set_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        self._call("update", lambda: self._set(node, name, value))

    def delete_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        """Compare and delete: another value stays."""
        self._call("update", lambda: self._delete(node, name, value))

    def quorate(self) -> bool:
        return self._call("quorum", self._has_quorum)

    def truth(self, name: str) -> Mapping[NodeName, str]:
        return {node: value for (node, each), value in self._values.items() if each == name}

    def attributes(self) -> Mapping[NodeName, Mapping[str, str]]:
        """The truth of all nodes."""
        found: dict[NodeName, dict[str, str]] = {}
        for (node, name), value in self._values.items():
            found.setdefault(node, {})[name] = value
        return found

    def put(self, node: NodeName, name: str, value: str) -> None:
        self._values[node, name] = value
        self.on_change()

    def _set(self, node: NodeName, name: str, value: str) -> None:
        if node not in self.nodes:
            hint = "give the node's name as crm_mon shows it"
            raise ParameterError(f"Pacemaker has no node {node!r}", hint=hint)
        self.put(node, name, value)

    def _delete(self, node: NodeName, name: str, value: str) -> None:
        if self._values.get((node, name)) == value:
            del self._values[node, name]
            self.on_change()

    def _has_quorum(self) -> bool:
        return self.has_quorum and self._core.strike("cib.quorum", "no-quorum") is None

    def _call(self, method: str, effect: Callable[[], T]) -> T:
        if not self.running:
            raise _silent(method)
        return self._wire.call(method, effect)


def _silent(_: str) -> FlagsUnavailable:
    return FlagsUnavailable("the CIB does not answer", hint="is the cluster running here?")
