"""What the stores of durable facts have in common: attrd and the CIB, and how they are written.

A write is repeated until it is read back. The CIB is changed only with quorum: Pacemaker accepts a change
without it too, but when partitions meet, the CIB with more changes wins, and ours could undo what the
majority had recorded. Over Protocols, so that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Protocol

from vmha_ocf.cluster.read_back import insist
from vmha_ocf.errors import FlagNotWritten
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock


class Attributes(Protocol):
    """attrd. All raise Unavailable; an update may be accepted and still not be applied."""

    def values(self, name: str) -> Mapping[str, str]:
        """The non-empty values of an attribute by key."""

    def answer(self, name: str) -> Hashable:
        """Differs if the values do."""

    def update(self, name: str, key: str, value: str) -> None: ...


class Records(Protocol):
    """The CIB. All raise Unavailable."""

    def node_attributes(self, name: str) -> Mapping[NodeName, str]: ...

    def each_node_attribute(self, names: Sequence[str]) -> Mapping[tuple[NodeName, str], str]:
        """The permanent values of several attributes, by node and name. One question."""

    def set_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        """Raises ParameterError if Pacemaker has no such node."""

    def delete_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        """Only this value; another one stays."""

    def quorate(self) -> bool: ...


class Store:
    """``deadline``: seconds that one write may take, repetitions and read-backs included."""

    def __init__(self, cib: Records, clock: Clock, *, deadline: float = 10.0) -> None:
        self._cib = cib
        self._clock = clock
        self._deadline = deadline

    def _until(self) -> float:
        """When a write that begins now has to be over, in monotonic seconds."""
        return self._clock.monotonic() + self._deadline

    def _insist(
        self,
        act: Callable[[], None],
        verified: Callable[[], bool],
        failure: str,
        until: float | None = None,
    ) -> None:
        """``failure`` is the sentence of the error. Raises FlagNotWritten; FlagsUnavailable."""
        end = self._until() if until is None else until
        insist(act, verified, clock=self._clock, until=end, failure=failure)

    def _need_quorum(self, not_done: str) -> None:
        """``not_done``: what is left as it is, in words. Raises FlagNotWritten; Unavailable."""
        if not self._cib.quorate():
            raise FlagNotWritten(
                f"{not_done}: this partition has no quorum",
                hint="the controllers that have quorum can do it",
            )
