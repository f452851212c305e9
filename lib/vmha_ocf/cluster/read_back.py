"""Writing until it is read back: what attrd and the CIB accept, they may still not have. Over ports."""

from __future__ import annotations

from collections.abc import Callable

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


class _ToldAsFlagsUnavailable:
    """A class, and no generator: an idle worker comes by here twice a second."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Unavailable) and not isinstance(error, FlagsUnavailable):
            told = f"the flags cannot be read: {error.message}"
            raise FlagsUnavailable(told, hint=error.hint) from error


_TOLD = _ToldAsFlagsUnavailable()


def told_as_flags_unavailable() -> _ToldAsFlagsUnavailable:
    return _TOLD
