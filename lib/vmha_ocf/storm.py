"""The storm limit: too many hosts down at once are a mistake until a person says no. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from vmha_ocf import flag as flags
from vmha_ocf import hold
from vmha_ocf.model import Flag

RELEASE_COMMAND = (
    f"attrd_updater -p -n {flags.STORM_ATTRIBUTE} -N {flags.STORM_KEY} -U {flags.STORM_RELEASE}"
)
"""What ``vmha release`` does, for who has only Pacemaker's own tools."""


def is_storm(known: Iterable[Flag], limit: int, before: bool) -> bool:
    """Whether evacuation waits for an operator. ``before``: it was a storm already.

    Hosts whose evacuation is over do not count, only what is pending at the same time. But a storm
    lasts until nothing is pending: that some hosts were finished meanwhile does not end it.
    """
    pending = sum(flag.pending for flag in known)
    return 0 < limit < pending or (before and pending > 0)


def hold_reason(known: Iterable[Flag], limit: int) -> str:
    pending = sorted(flag.host for flag in known if flag.pending)
    shown = ", ".join(pending[:5]) + (", ..." if len(pending) > 5 else "")
    return (
        f"more than storm_limit={limit} hosts were down at once: evacuation is held, "
        f"{len(pending)} hosts wait ({shown}); to release it run: {hold.RELEASE_COMMAND}"
    )
