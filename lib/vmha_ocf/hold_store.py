"""The operator's hold in the CIB, and the release of a storm in attrd: written and read back.

Over Protocols, as the flags are, so that the simulator runs this very code.
"""

from __future__ import annotations

from vmha_ocf import flag, hold
from vmha_ocf.errors import FlagNotWritten
from vmha_ocf.flag_store import Attributes, Records
from vmha_ocf.hold import Hold
from vmha_ocf.ports import Clock
from vmha_ocf.read_back import insist, told_as_flags_unavailable


class HoldStore:
    """``deadline``: seconds that one write may take, repetitions and read-backs included."""

    def __init__(
        self, attrd: Attributes, cib: Records, clock: Clock, *, deadline: float = 10.0
    ) -> None:
        self._attrd = attrd
        self._cib = cib
        self._clock = clock
        self._deadline = deadline

    def read(self) -> Hold | None:
        with told_as_flags_unavailable():
            return hold.first(self._cib.node_attributes(hold.ATTRIBUTE))

    def write(self, wanted: Hold) -> None:
        text = hold.format_hold(wanted)

        def act() -> None:
            self._need_quorum()
            self._cib.set_node_attribute(wanted.node, hold.ATTRIBUTE, text)

        insist(
            act,
            lambda: self._cib.node_attributes(hold.ATTRIBUTE).get(wanted.node) == text,
            clock=self._clock,
            until=self._clock.monotonic() + self._deadline,
            failure="the hold was not written",
        )

    def end(self) -> None:
        def act() -> None:
            for node, text in self._cib.node_attributes(hold.ATTRIBUTE).items():
                self._need_quorum()
                self._cib.delete_node_attribute(node, hold.ATTRIBUTE, text)

        insist(
            act,
            lambda: not self._cib.node_attributes(hold.ATTRIBUTE),
            clock=self._clock,
            until=self._clock.monotonic() + self._deadline,
            failure="the hold was not ended",
        )

    def release_storm(self) -> None:
        def released() -> bool:
            values = self._attrd.values(flag.STORM_ATTRIBUTE)
            return values.get(flag.STORM_KEY) == flag.STORM_RELEASE

        insist(
            lambda: self._attrd.update(flag.STORM_ATTRIBUTE, flag.STORM_KEY, flag.STORM_RELEASE),
            released,
            clock=self._clock,
            until=self._clock.monotonic() + self._deadline,
            failure="the storm was not released",
        )

    def _need_quorum(self) -> None:
        """Without it the change would be lost, or win over the majority's, when partitions meet."""
        if not self._cib.quorate():
            raise FlagNotWritten(
                "the hold is not changed: this partition has no quorum",
                hint="run it on a controller that has quorum",
            )
