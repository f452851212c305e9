"""When a device that only records has refused to record a node, for all controllers. Over Protocols.

Pacemaker repeats a failed agent within one fencing, and goes through the devices by the levels that it
had read when that fencing began. So levels that are mended in the middle say nothing of the fencing that
is under way: it may have come to the recorder without anybody's having switched the power.

attrd, private attribute ``evacuate-refused``, key ``nova:<node>`` (Pacemaker forgets what is under a
node's own name), value the time in seconds since the epoch.
"""

from __future__ import annotations

from vmha_ocf.cluster.flag_texts import KEY_PREFIX
from vmha_ocf.cluster.read_back import insist, told_as_flags_unavailable
from vmha_ocf.cluster.store import Attributes
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock

ATTRIBUTE = "evacuate-refused"


class RefusalStore:
    """``deadline``: seconds that one write may take, repetitions and read-backs included."""

    def __init__(self, attrd: Attributes, clock: Clock, *, deadline: float = 5.0) -> None:
        self._attrd = attrd
        self._clock = clock
        self._deadline = deadline

    def last(self, node: NodeName) -> float | None:
        """Seconds since the epoch; None if it never was. What cannot be read was just now: somebody
        typed it. Raises FlagsUnavailable."""
        with told_as_flags_unavailable():
            text = self._attrd.values(ATTRIBUTE).get(_key(node), "")
        if not text:
            return None
        return float(text) if text.isdecimal() and len(text) <= 12 else self._clock.now()

    def note(self, node: NodeName, at: float) -> None:
        """Raises FlagsUnavailable, FlagNotWritten."""
        text = str(int(at))
        insist(
            lambda: self._attrd.update(ATTRIBUTE, _key(node), text),
            lambda: self._attrd.values(ATTRIBUTE).get(_key(node)) == text,
            clock=self._clock,
            until=self._clock.monotonic() + self._deadline,
            failure=f"that {node} was not recorded was not noted",
        )


def _key(node: NodeName) -> str:
    return KEY_PREFIX + node.casefold()
