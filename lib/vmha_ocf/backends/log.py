"""The worker's log: syslog, and a file where one is wanted. One line for each thing that happens."""

from __future__ import annotations

import logging
import logging.handlers
import os
import time

from vmha_ocf.printable import one_line

SYSLOG = "/dev/log"


def open_log(name: str, path: str = "") -> logging.Logger:
    """``path`` may be rotated away at any time. It is made readable by root only."""
    log = logging.getLogger(name)
    log.setLevel(logging.INFO)
    log.propagate = False
    if os.path.exists(SYSLOG):
        handler = logging.handlers.SysLogHandler(
            SYSLOG, facility=logging.handlers.SysLogHandler.LOG_DAEMON
        )
        handler.setFormatter(logging.Formatter(f"{name}[%(process)d]: %(message)s"))
        log.addHandler(handler)
    if path:
        log.addHandler(_file(path))
    log.addFilter(as_one_line)
    return log


def as_one_line(record: logging.LogRecord) -> bool:
    """Names of instances and what Nova answers are other people's words."""
    record.msg, record.args = one_line(record.getMessage()), ()
    return True


def _file(path: str) -> logging.Handler:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640))
    handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    return handler
