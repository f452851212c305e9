"""What goes wrong on the way to an OpenStack service -> our errors, in an operator's words.

Messages name the service, its address and the reason; never a header, a body or a secret.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

from keystoneauth1 import exceptions
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from vmha_ocf.backends.openstack.tls_errors import tls_problem
from vmha_ocf.errors import NovaUnavailable, NovaUnreached


def unreachable(error: BaseException, service: str, url: str, timeout: float) -> NovaUnavailable:
    """For an exchange that did not end with an answer. ``timeout`` in seconds."""
    where = f"{service} at {url}"
    kind = NovaUnreached if _never_connected(error) else NovaUnavailable
    if isinstance(error, exceptions.SSLError):
        return tls_problem(causes(error), where)
    if isinstance(error, exceptions.ConnectTimeout):
        return kind(
            f"{where} did not answer within {timeout:g} s",
            hint="slow or not reachable from here; request_timeout says how long to wait",
        )
    for cause in causes(error):
        if isinstance(cause, socket.gaierror):
            return kind(
                f"{where} is not found: its name does not resolve here",
                hint="check the name in the address, and DNS on this node",
            )
        if isinstance(cause, OSError) and cause.strerror:
            return kind(f"{where} is not reached: {cause.strerror.lower()}")
    return NovaUnavailable(f"{where} broke off the connection")


def _never_connected(error: BaseException) -> bool:
    """keystoneauth gives one error for a connection that failed and for an answer that never came."""
    return any(isinstance(one, NewConnectionError | ConnectTimeoutError) for one in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, innermost last, however the libraries chained it."""
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        yield error
        following = error.__cause__ or error.__context__
        if following is None:
            return
        error = following
