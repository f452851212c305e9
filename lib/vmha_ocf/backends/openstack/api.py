"""Requests to one OpenStack service: what it answered as plain data, or one of our errors.

A GET may be sent twice when its answer does not come. Anything else is sent exactly once: Nova
accepts a second evacuate of the same instance, and keystoneauth's retries repeat a POST after a
read timeout (trap retried-post). Redirects are not followed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.adapter import LegacyJsonAdapter

from vmha_ocf.backends.openstack.errors import unreachable
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.errors import (
    NovaBusy,
    NovaDenied,
    NovaFailed,
    NovaRefused,
    NovaUnavailable,
    NovaUnreached,
    VmhaError,
)

PAGE = 1000
"""Asked for; services give less if their own limit is lower."""
_LONGEST = 300
"""Characters of a service's own message that we repeat."""


class Meter:
    """Counts what is really sent: keystoneauth enters it around each exchange, retries too."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        return


class Api:
    """One service. Safe to use from several threads."""

    def __init__(
        self, service: str, service_type: str, login: Login, adapter: LegacyJsonAdapter
    ) -> None:
        self.service = service
        self.meter = Meter()
        self._type = service_type
        self._login = login
        self._adapter = adapter

    def get(self, path: str, doing: str, **query: object) -> Mapping[str, Any]:
        """``doing`` completes "Nova does not let us ...". Raises NovaUnavailable, NovaDenied."""
        answer, body = self._exchange("GET", path, params=query, connect_retries=1)
        return self._read(answer, body, path, doing)

    def find(self, path: str, doing: str, *, name: str) -> Mapping[str, Any] | None:
        """As get, and None if the service says that there is no such thing as ``name``.

        A 404 that does not name it is of a proxy, or of a service that is starting."""
        answer, body = self._exchange("GET", path, connect_retries=1)
        if answer.status_code == 404 and name in answer.text:
            return None
        return self._read(answer, body, path, doing)

    def send(self, method: str, path: str, doing: str, body: object) -> Mapping[str, Any]:
        """One request that changes something, sent once. {} for an empty answer.

        Raises NovaUnavailable, NovaBusy, NovaDenied, NovaRefused."""
        answer, found = self._exchange(method, path, body=body, connect_retries=0)
        if not 200 <= answer.status_code < 300:
            raise _classify(self.service, doing, answer, found)
        return found if isinstance(found, dict) else {}

    def pages(
        self, path: str, items: str, doing: str, *, marker: str = "id", **query: str
    ) -> Iterator[list[Mapping[str, Any]]]:
        """All pages, until the service names no next one."""
        last: object = None
        while True:
            more = {} if last is None else {"marker": last}
            answer = self.get(path, doing, limit=PAGE, **query, **more)
            page = answer.get(items)
            if not isinstance(page, list):
                raise self._strange(path)
            yield page
            if not page or not _has_next(answer, items):
                return
            following = page[-1].get(marker)
            if following is None or following == last:
                raise self._strange(path)
            last = following

    def _exchange(self, method: str, path: str, **how: Any) -> tuple[Any, object]:
        """The answer, whatever its status, and its JSON (None if it is none)."""
        answer, body = self._send(method, path, **how)
        if answer.status_code == 401:
            # The token ended before its time.
            self._login.renew()
            if method != "GET" and not _not_looked_at(answer):
                raise NovaUnavailable(
                    f"{self.service} answered 401, and not as Keystone's middleware does: the request "
                    "may have had its effect",
                    hint="is a proxy with a password of its own before it?",
                )
            answer, body = self._send(method, path, **how)
        return answer, body

    def _send(self, method: str, path: str, **how: Any) -> tuple[Any, object]:
        url = self._endpoint()
        try:
            answer, body = self._adapter.request(
                _versioned(url, self._type) + path,
                method,
                raise_exc=False,
                allow_reauth=False,
                redirect=False,
                status_code_retries=0,
                rate_semaphore=self.meter,
                **how,
            )
        except (exceptions.ClientException, OSError) as error:
            raise unreachable(error, self.service, url, self._login.timeout) from error
        except RecursionError as error:  # JSON too deep for the parser
            raise self._strange(path) from error
        except ValueError as error:  # urllib3 and idna, of a name that cannot be one
            raise NovaUnreached(
                f"the address of {self.service} is none: {url}", hint="openstack endpoint list"
            ) from error
        return answer, body

    def _endpoint(self) -> str:
        """What fails here has kept the request from being sent."""
        try:
            return self._login.endpoint(self._type)
        except NovaBusy:
            raise
        except NovaUnavailable as error:
            raise NovaUnreached(error.message, hint=error.hint) from error

    def _read(self, answer: Any, body: object, path: str, doing: str) -> Mapping[str, Any]:
        if answer.status_code != 200:
            error = _classify(self.service, doing, answer, body)
            raise _unknown(error) if isinstance(error, NovaRefused) else error
        if isinstance(body, dict):
            return body
        raise self._strange(path)

    def _strange(self, path: str) -> NovaUnavailable:
        return NovaUnavailable(
            f"what answers {path} is not a {self.service}: its answer makes no sense",
            hint="is a proxy in its place, or broken off in the middle?",
        )


def _not_looked_at(answer: Any) -> bool:
    """A 401 of keystonemiddleware, which stands before the service: the one answer after which a
    request that changes something may be sent again."""
    return str(answer.headers.get("WWW-Authenticate", "")).lower().startswith("keystone")


def _versioned(url: str, service_type: str) -> str:
    """Catalogs name a service with or without its version; Nova's once had the project too."""
    if service_type == "image":
        return re.sub(r"/v[12](\.\d+)?$", "", url) + "/v2"
    if service_type == "placement":
        return url  # It has one version, and no name for it.
    return re.sub(r"/v2(\.[01])?(/[^/]+)?$", "", url) + "/v2.1"


def _has_next(answer: Mapping[str, Any], items: str) -> bool:
    """Nova lists links, Glance has one word."""
    links = answer.get(f"{items}_links", ())
    return "next" in answer or any(link.get("rel") == "next" for link in links)


def _classify(service: str, doing: str, answer: Any, body: object) -> VmhaError:
    code, said = answer.status_code, _message(body)
    why = f": {said}" if said else ""
    if code in (401, 403):
        return NovaDenied(
            f"{service} does not let us {doing} ({code}){why}",
            hint="the user needs the admin role in its project",
        )
    if code in (413, 429):
        after = str(answer.headers.get("Retry-After", ""))
        return NovaBusy(
            f"{service} asks us to slow down ({code})",
            retry_after=float(after) if after.isdecimal() else 0.0,
        )
    if 400 <= code < 500 and code != 408 and said:
        return NovaRefused(code, f"{service} refused to {doing}{why}")
    if 300 <= code < 400:
        return NovaUnavailable(
            f"{service} sends us elsewhere instead of answering ({code})",
            hint="the catalog's endpoint is not where it really is: http rather than https?",
        )
    # Also a 4xx without the service's own words: a proxy's, so it says nothing about ours.
    kind = NovaFailed if code == 500 and said else NovaUnavailable
    return kind(f"{service} answered {code} when asked to {doing}")


def _message(body: object) -> str:
    """The service's own sentence: ``{"badRequest": {"code": 400, "message": ...}}``, or flat."""
    if not isinstance(body, dict):
        return ""
    inner = next((one for one in body.values() if isinstance(one, dict)), body)
    text = " ".join(str(inner.get("message") or "").split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _unknown(error: NovaRefused) -> NovaUnavailable:
    """Of a read: nothing was refused to be done, and nothing was learned."""
    return NovaUnavailable(error.message, hint=error.hint)
