"""The worker's log: syslog, and a file where one is wanted. One line for each thing that happens."""

from __future__ import annotations

import logging
import logging.handlers
import os
import time
from contextlib import suppress

from vmha_ocf.agent.printable import one_line

SYSLOG = "/dev/log"


def open_log(name: str, path: str = "") -> logging.Logger:
    """``path`` may be rotated away at any time. It is made readable by root only. Where it cannot be
    made, syslog has to do: nobody's recovery waits for a log."""
    log = logging.getLogger(name)
    log.setLevel(logging.INFO)
    log.propagate = False
    if os.path.exists(SYSLOG):
        handler = logging.handlers.SysLogHandler(
            SYSLOG, facility=logging.handlers.SysLogHandler.LOG_DAEMON
        )
        handler.setFormatter(logging.Formatter(f"{name}[%(process)d]: %(message)s"))
        log.addHandler(handler)
    log.addFilter(as_one_line)
    if path:
        try:
            log.addHandler(_file(path))
        except OSError as error:
            log.info("log_file=%s cannot be written: %s", path, (error.strerror or "").lower())
    return log


def as_one_line(record: logging.LogRecord) -> bool:
    """Names of instances and what Nova answers are other people's words."""
    record.msg, record.args = one_line(record.getMessage()), ()
    return True


def _file(path: str) -> logging.Handler:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640))
    handler = _File(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    return handler


class _File(logging.handlers.WatchedFileHandler):
    """A full disk, or a folder that is gone, costs lines of the log and nothing else: the library's own
    raises in the middle of a recovery, or writes a traceback for each line."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """The next line opens the file anew, without what could not be written."""
        del record
        stream, self.stream = self.stream, None
        with suppress(OSError):
            if stream:
                stream.close()
