"""Facts of ours about nodes, beside the flag's record: permanent attributes of their own in the CIB.

Written with quorum and read back; over Protocols, so that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmha_ocf.errors import FlagNotWritten
from vmha_ocf.flag_store import Attributes, Records
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock
from vmha_ocf.read_back import insist, told_as_flags_unavailable


class NoteStore:
    """``deadline``: seconds that one write may take, repetitions and read-backs included."""

    def __init__(
        self, attrd: Attributes, cib: Records, clock: Clock, *, deadline: float = 10.0
    ) -> None:
        self._attrd = attrd
        self._cib = cib
        self._clock = clock
        self._deadline = deadline

    def read(self, name: str) -> Mapping[NodeName, str]:
        with told_as_flags_unavailable():
            return self._cib.node_attributes(name)

    def read_passing(self, name: str) -> Mapping[NodeName, str]:
        with told_as_flags_unavailable():
            return {NodeName(node): text for node, text in self._attrd.values(name).items()}

    def write(self, node: NodeName, name: str, text: str) -> None:
        self._insist(
            lambda: self._cib.set_node_attribute(node, name, text),
            lambda: self._cib.node_attributes(name).get(node) == text,
            f"{name} of {node} was not written",
        )

    def remove(self, node: NodeName, name: str, text: str) -> None:
        self._insist(
            lambda: self._cib.delete_node_attribute(node, name, text),
            lambda: self._cib.node_attributes(name).get(node) != text,
            f"{name} of {node} was not removed",
        )

    def _insist(self, act: Callable[[], None], verified: Callable[[], bool], failure: str) -> None:
        def with_quorum() -> None:
            if not self._cib.quorate():
                raise FlagNotWritten(
                    f"{failure}: this partition has no quorum",
                    hint="the controllers that have quorum can do it",
                )
            act()

        until = self._clock.monotonic() + self._deadline
        insist(with_quorum, verified, clock=self._clock, until=until, failure=failure)
