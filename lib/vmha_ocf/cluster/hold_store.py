"""The operator's hold in the CIB, and the release of a storm in attrd: written and read back.

Over Protocols, as the flags are, so that the simulator runs this very code.
"""

from __future__ import annotations

from vmha_ocf.cluster import hold
from vmha_ocf.cluster.flag_texts import STORM_ATTRIBUTE, STORM_KEY, STORM_RELEASE
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.cluster.read_back import told_as_flags_unavailable
from vmha_ocf.cluster.store import Attributes, Records, Store
from vmha_ocf.ports import Clock


class HoldStore(Store):
    def __init__(
        self, attrd: Attributes, cib: Records, clock: Clock, *, deadline: float = 10.0
    ) -> None:
        super().__init__(cib, clock, deadline=deadline)
        self._attrd = attrd

    def read(self) -> Hold | None:
        with told_as_flags_unavailable():
            return hold.first(self._cib.node_attributes(hold.ATTRIBUTE))

    def write(self, wanted: Hold) -> None:
        text = hold.format_hold(wanted)

        def act() -> None:
            self._need_quorum("the hold is not changed")
            self._cib.set_node_attribute(wanted.node, hold.ATTRIBUTE, text)

        self._insist(
            act,
            lambda: self._cib.node_attributes(hold.ATTRIBUTE).get(wanted.node) == text,
            "the hold was not written",
        )

    def end(self) -> None:
        def act() -> None:
            for node, text in self._cib.node_attributes(hold.ATTRIBUTE).items():
                self._need_quorum("the hold is not changed")
                self._cib.delete_node_attribute(node, hold.ATTRIBUTE, text)

        self._insist(
            act,
            lambda: not self._cib.node_attributes(hold.ATTRIBUTE),
            "the hold was not ended",
        )

    def release_storm(self) -> None:
        def released() -> bool:
            values = self._attrd.values(STORM_ATTRIBUTE)
            return values.get(STORM_KEY) == STORM_RELEASE

        self._insist(
            lambda: self._attrd.update(STORM_ATTRIBUTE, STORM_KEY, STORM_RELEASE),
            released,
            "the storm was not released",
        )
