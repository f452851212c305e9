"""Standard output that nobody reads any more, that is full, or that was never open.

``vmha status | head -1`` ends as ``cat`` would: without a word, and not with 0. A disk that is full is
told: who writes an answer to a file must not take half of it for the whole.

Imported by every monitor: nothing heavy here.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CLOSED = 141
"""As a shell tells of a program that SIGPIPE has ended."""
NOT_WRITTEN = 74
"""sysexits.h, EX_IOERR."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class NotWritten(Exception):
    """Of standard output. Whoever catches every error lets this one pass, for ``exit_code``."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def put(text: str) -> None:
    """Write it, all of it, now. Raises NotWritten."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise NotWritten(error) from None


def exit_code(program: str, run: Callable[[], int]) -> int:
    """What ``run`` answers, if all that it wrote has arrived. The outermost of a program."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good
    try:
        code = _ended(run)
        sys.stdout.flush()
    except NotWritten as lost:
        return _lost(program, lost.error)
    except OSError as error:
        if not is_output(error):
            raise
        return _lost(program, error)
    return code


def _ended(run: Callable[[], int]) -> int:
    """argparse ends the process itself after --help, with what it said still in the buffer."""
    try:
        return run()
    except SystemExit as stop:
        if isinstance(stop.code, int) or stop.code is None:
            return stop.code or 0
        raise


def is_output(error: OSError) -> bool:
    """Whether an error that came up from anywhere is, as far as can be seen, of standard output."""
    if error.filename is not None:
        return False
    return error.errno in _FULL or (isinstance(error, BrokenPipeError) and _nobody_reads())


def _nobody_reads() -> bool:
    import select

    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _lost(program: str, error: OSError) -> int:
    _let_go()
    if isinstance(error, BrokenPipeError):
        return CLOSED
    why = (error.strerror or str(error)).lower()
    sys.stderr.write(f"{program}: what it has to say cannot be written: {why}\n")
    return NOT_WRITTEN


def _let_go() -> None:
    """What is still in the buffer must not be tried again when the interpreter ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass
