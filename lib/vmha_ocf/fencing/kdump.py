"""A host that crashed may be writing its memory to disk: its off waits for that, and no longer than told.

The kdump kernel of a host sends fence_kdump's messages while it dumps (``fence_kdump_send``, UDP 7410):
eight bytes that anybody can send. So they prove nothing, least of all that the host is off; they only
delay what would be sent anyway. Over ports only.
"""

from __future__ import annotations

import logging
from typing import Protocol

from vmha_ocf.ports import Clock

log = logging.getLogger(__name__)

PORT = 7410
FIRST = 2.0
"""Seconds for a first message: without one off is sent."""
STOPPED = 5.0
"""Seconds without a message after which the dump is over."""
_MESSAGES = frozenset(bytes.fromhex(text) for text in ("402a301b01000000", "1b302a4000000001"))
"""Magic 1B302A40h and version 1, in the sender's byte order (fence-agents, kdump/message.h)."""


class Messages(Protocol):
    """Those of one host, from when it was opened on."""

    def heard(self, seconds: float) -> bool:
        """Waits for the next one; False when none came for so long. Never raises."""

    def close(self) -> None: ...


def is_message(data: bytes) -> bool:
    return data in _MESSAGES


def await_dump(messages: Messages, clock: Clock, limit: float) -> str:
    """Return when off may be sent, after ``limit`` seconds at the latest: what there is to tell of it."""
    begun = clock.monotonic()
    if not messages.heard(min(FIRST, limit)):
        return ""
    log.info("the host says that it dumps its memory: off waits for that, for %g s at most", limit)
    while (left := begun + limit - clock.monotonic()) > 0:
        if not messages.heard(min(STOPPED, left)) and left >= STOPPED:
            return f"dumped for {clock.monotonic() - begun - STOPPED:.0f} s"
    return f"still dumping after {limit:g} s"
