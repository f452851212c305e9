"""Who may ask what of the worker's API: nobody's web page for another's browser, and names of instances
only with the token. It gives an answer for people where it says no.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass

from vmha_ocf.errors import VmhaError

No = tuple[int, str]
"""A status of HTTP, and why."""
Head = Callable[[str], str | None]
"""What a request has in its header of this name."""

_TOKEN = "X-Vmha-Token"  # noqa: S105 (the name of a header)
"""A header of its own: a proxy in front may have a login of its own, which comes in Authorization."""
_ELSEWHERE = ("cross-site", "same-site")


@dataclass(frozen=True, slots=True)
class Door:
    """``address``: what the API listens on, as it was configured; ``token`` reads it anew, "" is none.
    Raises VmhaError."""

    address: str
    token: Callable[[], str]

    def refused(self, path: str, head: Head) -> No | None:
        """Metrics are for any name, as before: they name no instance, and scrapers have names of their own
        for controllers."""
        if path == "/metrics":
            return None
        host = head("Host") or ""
        if host and not self._is_ours(_bare(host)):
            return 421, (
                f"this is not {_bare(host)[:100]}: ask by the controller's address or its own name; a "
                "proxy in front has to send that as Host"
            )
        # Other sites' pages cannot read an answer, but they could open streams until there is no room.
        if path.startswith("/v1/") and head("Sec-Fetch-Site") in _ELSEWHERE:
            return 403, "another site's page asks for this"
        return None

    def names(self, head: Head) -> bool | No:
        """Whether whoever asks may see names of instances; or that the token is wrong."""
        shown = head(_TOKEN) or ""
        if not shown:
            return False
        try:
            token = self.token()
        except VmhaError as error:
            return 503, str(error)
        if not token:
            return 403, "no token is set: token_file of NovaEvacuate names its file"
        if not hmac.compare_digest(shown.strip().encode(), token.encode()):
            return 403, "this is not the token of this controller: token_file names its file"
        return True

    def _is_ours(self, host: str) -> bool:
        """An address cannot be rebound to another; of names only those that are certainly ours."""
        known = {"localhost", self.address.casefold(), socket.gethostname().casefold()}
        return host.casefold().removesuffix(".") in known or _is_address(host)


def _bare(host: str) -> str:
    """Without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
