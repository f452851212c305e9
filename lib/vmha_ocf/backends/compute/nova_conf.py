"""The name by which Nova knows this host, out of nova-compute's own configuration."""

from __future__ import annotations

import configparser
import glob
import os
import socket
from collections.abc import Sequence

from vmha_ocf.errors import LocalParameterError
from vmha_ocf.model import NovaHost

_LONGEST = 255
"""Characters that Nova keeps of a host's name."""
_HINT = "repair it, or give the name as nova_host"


def read_nova_host(path: str) -> NovaHost:
    """``host`` of [DEFAULT], else this host's name, as Nova does. Raises LocalParameterError.

    Read as nova-compute does: ``path``, nova-compute.conf beside it, then the files of the ``.d``
    folders of both; the last one wins, and absent ones are fine."""
    parser = _parsed(path)
    found = (parser.defaults().get("host") or "").strip()
    if found[:1] in ("'", '"') and found[:1] == found[-1:]:
        found = found[1:-1]
    if "$" in found or not _is_name(found):
        raise LocalParameterError(f"{path}: host = {found!r:.80} is not a plain name", hint=_HINT)
    return NovaHost(found or socket.gethostname())


def resumes_guests(path: str) -> bool:
    """resume_guests_state_on_host_boot. Raises LocalParameterError."""
    try:
        found = _parsed(path).getboolean(
            "DEFAULT", "resume_guests_state_on_host_boot", fallback=False
        )
    except (ValueError, AttributeError) as error:
        raise LocalParameterError(
            f"{path}: resume_guests_state_on_host_boot: {error}", hint=_HINT
        ) from None
    return bool(found)


def _parsed(path: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    for name in _files(path):
        _read(parser, name)
    return parser


def _is_name(text: str) -> bool:
    return text.isprintable() and " " not in text and len(text) <= _LONGEST


def _files(path: str) -> Sequence[str]:
    both = [path, os.path.join(os.path.dirname(path), "nova-compute.conf")]
    folders = [os.path.join(glob.escape(f"{name}.d"), "*.conf") for name in both]
    return [*both, *(name for folder in folders for name in sorted(glob.glob(folder)))]


def _read(parser: configparser.RawConfigParser, name: str) -> None:
    try:
        with open(name, encoding="utf-8") as file:
            parser.read_file(file)
    except (FileNotFoundError, NotADirectoryError):
        pass
    # AttributeError is configparser's own, for a line that goes on where no value began.
    except (configparser.Error, AttributeError, ValueError, OSError) as error:
        raise LocalParameterError(
            f"{name} cannot be read: {type(error).__name__}", hint=_HINT
        ) from None
