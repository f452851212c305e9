"""Facts of ours about nodes, beside the flag's record: permanent attributes of their own in the CIB.

Written with quorum and read back; over Protocols, so that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmha_ocf.cluster.read_back import told_as_flags_unavailable
from vmha_ocf.cluster.store import Attributes, Records, Store
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock


class NoteStore(Store):
    def __init__(
        self, attrd: Attributes, cib: Records, clock: Clock, *, deadline: float = 10.0
    ) -> None:
        super().__init__(cib, clock, deadline=deadline)
        self._attrd = attrd

    def read(self, name: str) -> Mapping[NodeName, str]:
        with told_as_flags_unavailable():
            return self._cib.node_attributes(name)

    def read_passing(self, name: str) -> Mapping[NodeName, str]:
        with told_as_flags_unavailable():
            return {NodeName(node): text for node, text in self._attrd.values(name).items()}

    def write(self, node: NodeName, name: str, text: str) -> None:
        self._change(
            lambda: self._cib.set_node_attribute(node, name, text),
            lambda: self._cib.node_attributes(name).get(node) == text,
            f"{name} of {node} was not written",
        )

    def write_passing(self, name: str, key: str, text: str) -> None:
        self._insist(
            lambda: self._attrd.update(name, key, text),
            lambda: self._attrd.values(name).get(key, "") == text,
            f"{name} was not written",
        )

    def remove(self, node: NodeName, name: str, text: str) -> None:
        self._change(
            lambda: self._cib.delete_node_attribute(node, name, text),
            lambda: self._cib.node_attributes(name).get(node) != text,
            f"{name} of {node} was not removed",
        )

    def _change(self, act: Callable[[], None], verified: Callable[[], bool], failure: str) -> None:
        def with_quorum() -> None:
            self._need_quorum(failure)
            act()

        self._insist(with_quorum, verified, failure)
