"""The CIB, as far as these agents write it: permanent node attributes and sets of properties. On disk, and
changed only with quorum, but by whoever restores a backup of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from vmha_ocf.cluster.flag_texts import RECORDS
from vmha_ocf.errors import FlagsUnavailable, ParameterError
from vmha_ocf.model import NodeName
from vmha_ocf.sim.base.core import Core, Wire
from vmha_ocf.sim.base.past import Past

T = TypeVar("T")


class SimCib:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._values: dict[tuple[NodeName, str], str] = {}
        self._sets: dict[tuple[str, str], str] = {}
        self._past = Past(core.timeline, self._values, self._sets)
        self._saved: dict[str, Sequence[Mapping[Any, str]]] = {}
        self.nodes: set[NodeName] = set()
        self.running = True
        self.has_quorum = True
        self.on_change: Callable[[], None] = lambda: None
        self._wire = Wire(core, "cib", {"down": _silent}, {"lost-answer": _silent})

    def node_attributes(self, name: str) -> Mapping[NodeName, str]:
        return self._call("query", lambda: self.truth(name))

    def each_node_attribute(self, names: Sequence[str]) -> Mapping[tuple[NodeName, str], str]:
        return self._call("query", lambda: self.several(names))

    def set_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        self._call("update", lambda: self._set(node, name, value))

    def delete_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        """Compare and delete: another value stays."""
        self._call("update", lambda: self._delete(node, name, value))

    def quorate(self) -> bool:
        return self._call("quorum", self._has_quorum)

    def truth(self, name: str) -> Mapping[NodeName, str]:
        return {node: value for (node, each), value in self._values.items() if each == name}

    def several(self, names: Sequence[str]) -> Mapping[tuple[NodeName, str], str]:
        return {place: value for place, value in self._values.items() if place[1] in names}

    def records(self) -> Sequence[tuple[NodeName, str]]:
        """Of the flags, each with its node."""
        return [(node, text) for (node, _), text in self.several(RECORDS).items()]

    def attributes(self) -> Mapping[NodeName, Mapping[str, str]]:
        """The truth of all nodes."""
        found: dict[NodeName, dict[str, str]] = {}
        for (node, name), value in self._values.items():
            found.setdefault(node, {})[name] = value
        return found

    def remove_node(self, node: NodeName) -> None:
        for each, name in [place for place in self._values if place[0] == node]:
            self._past.change(self._values, (each, name), "")
        self.nodes.discard(node)
        self.on_change()

    def put(self, node: NodeName, name: str, value: str) -> None:
        """Without a word to anybody; "" deletes it."""
        self._past.change(self._values, (node, name), value)
        self.on_change()

    def properties(self, name: str) -> Mapping[str, str]:
        """One set of them, without a call."""
        return {key: value for (each, key), value in self._sets.items() if each == name}

    def put_property(self, name: str, key: str, value: str) -> None:
        self._past.change(self._sets, (name, key), value)

    def save(self, name: str) -> None:
        """``pcs config backup`` at this moment."""
        self._saved[name] = self._past.at(self._core.now)

    def restore(self, what: str) -> None:
        """``pcs config restore``: a moment that was saved, or so many seconds ago."""
        saved = self._saved.get(what)
        self._past.bring_back(saved or self._past.at(self._core.now - float(what)))
        self.on_change()

    def _set(self, node: NodeName, name: str, value: str) -> None:
        if node not in self.nodes:
            hint = "give the node's name as crm_mon shows it"
            raise ParameterError(f"Pacemaker has no node {node!r}", hint=hint)
        self.put(node, name, value)

    def _delete(self, node: NodeName, name: str, value: str) -> None:
        if self._values.get((node, name)) == value:
            self.put(node, name, "")

    def _has_quorum(self) -> bool:
        return self.has_quorum and self._core.strike("cib.quorum", "no-quorum") is None

    def _call(self, method: str, effect: Callable[[], T]) -> T:
        """It may be stopped before the call comes to it."""

        def answer() -> T:
            if not self.running:
                raise _silent(method)
            return effect()

        return self._wire.call(method, answer)


def _silent(_: str) -> FlagsUnavailable:
    return FlagsUnavailable("the CIB does not answer", hint="is the cluster running here?")
