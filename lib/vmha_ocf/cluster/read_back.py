"""Writing until it is read back: what attrd and the CIB accept, they may still not have. Over ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vmha_ocf.errors import FlagNotWritten, FlagsUnavailable, Unavailable
from vmha_ocf.ports import Clock

_PAUSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds between the read-backs of one write. attrd needs 1 to 5 ms; then it is written again."""


def insist(
    act: Callable[[], None],
    verified: Callable[[], bool],
    *,
    clock: Clock,
    until: float,
    failure: str,
) -> None:
    """Act until it is read back, at the longest ``until`` a monotonic time.

    Raises FlagNotWritten; FlagsUnavailable without an answer."""
    trouble: Unavailable | None = None
    while True:
        try:
            trouble = None
            act()
            if _is_read_back(verified, clock, until):
                return
        except Unavailable as error:
            trouble = error
            clock.sleep(_PAUSES[-1])
        if clock.monotonic() >= until:
            break
    if trouble:
        raise FlagsUnavailable(f"{failure}: {trouble.message}", hint=trouble.hint) from trouble
    raise FlagNotWritten(failure, hint="see pacemaker.log of this node and of the DC")


def _is_read_back(verified: Callable[[], bool], clock: Clock, until: float) -> bool:
    for pause in _PAUSES:
        clock.sleep(pause)
        found = verified()
        if found or clock.monotonic() >= until:
            return found
    return False


@contextmanager
def told_as_flags_unavailable() -> Iterator[None]:
    try:
        yield
    except FlagsUnavailable:
        raise
    except Unavailable as error:
        raise FlagsUnavailable(
            f"the flags cannot be read: {error.message}", hint=error.hint
        ) from error
