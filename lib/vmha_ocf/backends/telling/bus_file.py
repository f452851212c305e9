"""The file that says which bus is told: oslo.messaging's own options. Its URL holds a password, so it is a
file that root alone may read, and no parameter; no error has a word of it.
"""

from __future__ import annotations

import configparser
import os
import stat
from importlib.util import find_spec
from urllib.parse import urlsplit

from vmha_ocf.backends.process.owned_file import refuse_of_others, without_waiting
from vmha_ocf.errors import LocalParameterError, NotInstalled, VmhaError

LIBRARY = "oslo_messaging"
SECTION, URL = "oslo_messaging_notifications", "transport_url"
LONGEST = 64 * 1024
"""Characters."""


def verify(path: str) -> None:
    """That the bus can be told, as far as that shows here. Without a path there is none. Raises
    LocalParameterError, NotInstalled."""
    if not path:
        return
    verify_file(path)
    if not is_installed():
        raise NotInstalled(
            "bus needs oslo.messaging, which is missing",
            hint="apt-get install python3-oslo.messaging, on each controller",
        )


def is_installed() -> bool:
    return find_spec(LIBRARY) is not None


def problem(path: str) -> str:
    """Why the bus is not told; "" if nothing is wrong."""
    try:
        verify(path)
    except VmhaError as error:
        return str(error)
    return ""


def verify_file(path: str) -> None:
    """Raises LocalParameterError."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(path))
    except configparser.Error as error:
        # Its own words have the line in them, which may be the one with the password.
        lines = [number for number, _ in getattr(error, "errors", ())]
        line = getattr(error, "lineno", None) or next(iter(lines), None)
        where = f", line {line}" if line else ""
        raise LocalParameterError(
            f"the bus file {path} is not understood{where}",
            hint=f"it wants [{SECTION}] and {URL} = rabbit://USER:PASSWORD@HOST:5672/",
        ) from None
    url = parser.get(SECTION, URL, fallback="") or parser.defaults().get(URL) or ""
    if not _is_url(url.strip()):
        raise LocalParameterError(
            f"the bus file {path} has no {URL} that names a host",
            hint=f"[{SECTION}], then {URL} = rabbit://USER:PASSWORD@HOST:5672/",
        )


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", opener=without_waiting) as file:
            status = os.fstat(file.fileno())
            refuse_of_others("the bus file", path, "600", status)
            if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
                raise LocalParameterError(
                    f"the bus file {path} can be read by others (mode {status.st_mode & 0o777:o})",
                    hint=f"chmod 600 {path}",
                )
            return file.read(LONGEST)
    except OSError as error:
        raise LocalParameterError(
            f"the bus file {path} cannot be read: {error.strerror}",
            hint="it has to be on every controller, and the same",
        ) from None
    except UnicodeDecodeError:
        raise LocalParameterError(
            f"the bus file {path} is not UTF-8 text", hint="name the right file"
        ) from None


def _is_url(text: str) -> bool:
    """As oslo.messaging has them: a list of hosts with commas is one, too."""
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    return bool(url.scheme and url.netloc)
