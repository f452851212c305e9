"""Notifications by HTTP. Its URL may hold a token, so no word of it goes into an error."""

from __future__ import annotations

import json

import requests

from vmha_ocf.backends.telling.outbox import Message, NotDelivered

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and between two bytes of the answer's head; its body is not read."""
_AGAIN = frozenset({408, 425, 429})
"""Refused for now."""


class Webhook:
    """``ca_file``: the authorities to trust; empty for the system's own."""

    def __init__(self, url: str, ca_file: str = "") -> None:
        self._url = url
        self._session = requests.Session()
        # No proxy, no netrc: the worker's environment says nothing about this.
        self._session.trust_env = False
        self._session.verify = ca_file or True

    def deliver(self, message: Message) -> None:
        """Raises NotDelivered."""
        try:
            with self._session.post(
                self._url,
                data=json.dumps(message).encode(),
                headers={"Content-Type": "application/json", "User-Agent": "vmha-ocf"},
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                code = answer.status_code
        except (requests.RequestException, ValueError) as error:
            # ValueError: urllib3's and idna's, of a host that can be none.
            raise NotDelivered(_trouble(error)) from None
        if not 200 <= code < 300:
            lasting = code < 500 and code not in _AGAIN
            raise NotDelivered(f"the receiver answered {code}", lasting=lasting)


def _trouble(error: Exception) -> str:
    """The library's own words have the URL in them."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the receiver's certificate is not trusted: see ca_file"
    if isinstance(error, requests.Timeout):
        return "the receiver does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "the receiver cannot be reached"
    return f"the request failed: {type(error).__name__}"
