"""When nodes failed, as permanent node attributes of the CIB: there it survives every process of ours, the
flags and the stop of all controllers. Over a Protocol, as the flags are.
"""

from __future__ import annotations

from vmha_ocf import storm
from vmha_ocf.errors import FlagNotWritten
from vmha_ocf.flag_store import Records
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock
from vmha_ocf.read_back import insist, told_as_flags_unavailable


class FailureStore:
    """``deadline``: seconds that one write may take, repetitions and read-backs included."""

    def __init__(self, cib: Records, clock: Clock, *, deadline: float = 10.0) -> None:
        self._cib = cib
        self._clock = clock
        self._deadline = deadline

    def read(self) -> storm.Failures:
        with told_as_flags_unavailable():
            found = self._cib.node_attributes(storm.ATTRIBUTE)
        return {node: storm.parse_times(text) for node, text in found.items()}

    def note(self, node: NodeName, at: float) -> None:
        before = self.read().get(node, ())
        every = storm.noted(before, float(int(at)))
        if every is before:
            return
        text = storm.format_times(every)

        def act() -> None:
            if not self._cib.quorate():
                raise FlagNotWritten(
                    f"the failure of {node} is not noted: this partition has no quorum",
                    hint="the controllers that have quorum can do it",
                )
            self._cib.set_node_attribute(node, storm.ATTRIBUTE, text)

        insist(
            act,
            lambda: self._cib.node_attributes(storm.ATTRIBUTE).get(node) == text,
            clock=self._clock,
            until=self._clock.monotonic() + self._deadline,
            failure=f"the failure of {node} was not noted",
        )
