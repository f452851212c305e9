"""The files that TLS takes, looked at before anybody needs them.

requests opens them with each connection: what is missing, or is no certificate, would else be
noticed in the middle of a failure.
"""

from __future__ import annotations

import os
import pwd
import ssl
from dataclasses import dataclass

from vmha_ocf.errors import LocalParameterError

EVERYWHERE = "it has to be on every controller that may run NovaEvacuate"


@dataclass(frozen=True, slots=True)
class Trust:
    """As requests takes them."""

    verify: bool | str = True
    """A file or a directory of authorities; True: the system's; False: whoever answers is believed."""
    cert: str | tuple[str, str] | None = None
    """Our certificate, and its key where that is in a file of its own."""


def at_home(path: str) -> str:
    """``~`` is the home that the system's list of users has: HOME is not the same for Pacemaker's
    worker and for who types ``vmha``."""
    if path == "~" or path.startswith("~/"):
        return pwd.getpwuid(os.geteuid()).pw_dir + path[1:]
    return os.path.expanduser(path)


def authorities(name: str, path: str, where: str = "") -> str:
    """The file or directory, if it can be used. ``name`` and ``where`` are for the message.

    Raises LocalParameterError."""
    said = f"{name}={path}{where}"
    path = _absolute(said, path)
    try:
        if os.path.isdir(path):
            os.listdir(path)
        else:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise LocalParameterError(
            f"{said} holds no certificate that can be read",
            hint="it takes PEM, as from openssl x509",
        ) from None
    except OSError as error:
        raise _unreadable(said, error) from None
    return path


def identity(cert: str, key: str, where: str) -> str | tuple[str, str] | None:
    """Our own certificate of a clouds.yaml, as requests takes it. Raises LocalParameterError."""
    if not cert:
        if key:
            raise LocalParameterError(
                f"key={key}{where} has no certificate", hint="give cert beside it, or neither"
            )
        return None
    said = f"cert={cert}{where}" + (f" with key={key}" if key else "")
    files = [_absolute(said, each) for each in (cert, key) if each]
    for each in files:
        _readable(said if each == files[0] else f"key={key}{where}", each)
    _verify_pair(said, files[0], files[-1])
    return (files[0], files[1]) if key else files[0]


def _verify_pair(said: str, cert: str, key: str) -> None:
    asked = []

    def passphrase() -> str:
        asked.append(True)
        return ""

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key, passphrase)
    except (ssl.SSLError, ValueError) as error:
        if asked:
            why, hint = (
                "its key is encrypted",
                "nobody is there to type a passphrase: openssl pkey",
            )
        elif getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            why, hint = "the key is another certificate's", "give the two that belong together"
        else:
            why, hint = "no certificate and key can be read there", "both have to be PEM"
        raise LocalParameterError(f"{said} cannot be used: {why}", hint=hint) from None
    except OSError as error:
        raise _unreadable(said, error) from None


def _absolute(said: str, path: str) -> str:
    path = at_home(path)
    if not os.path.isabs(path):
        raise LocalParameterError(
            f"{said} is not an absolute path",
            hint="Pacemaker starts agents in no particular directory; begin it with /",
        )
    return path


def _readable(said: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise _unreadable(said, error) from None


def _unreadable(said: str, error: OSError) -> LocalParameterError:
    why = (error.strerror or type(error).__name__).lower()
    return LocalParameterError(f"{said} cannot be read on this node: {why}", hint=EVERYWHERE)
