"""Nova's API at one microversion, agreed on once: the highest that Nova, novaclient and we speak.

We speak 2.68 to 2.94. From 2.68 an evacuation cannot be forced past the scheduler; from 2.95 Nova
leaves evacuated instances stopped (trap shutoff-after).

Through novaclient's session client, not its managers: they write completion caches below HOME at
each listing, keep an object per server, and have no single call that updates a service.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import novaclient
from novaclient.api_versions import APIVersion
from novaclient.client import SessionClient

from vmha_ocf.backends.openstack.api import Api
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.errors import NovaUnavailable

Version = tuple[int, int]
OLDEST: Version = (2, 68)
NEWEST: Version = (2, 94)


class NovaApi(Api):
    def __init__(self, login: Login) -> None:
        self._client = SessionClient(session=login.session, service_type="compute")
        super().__init__("Nova", "compute", login, self._client)
        self._pinned: Version | None = None
        self._pinning = threading.Lock()

    @property
    def microversion(self) -> Version | None:
        """None until the first request."""
        return self._pinned

    def _exchange(self, method: str, path: str, **how: Any) -> tuple[Any, object]:
        with self._pinning:
            if self._pinned is None:
                self._pin()
        answer, body = super()._exchange(method, path, **how)
        if answer.status_code == 406:
            # Another Nova than the one that was asked: an upgrade or a downgrade meanwhile.
            self._pinned = None
            raise NovaUnavailable("Nova no longer speaks the microversion that was agreed on")
        return answer, body

    def _pin(self) -> None:
        # At no particular microversion: this Nova may not know the one of before.
        self._client.api_version = APIVersion()
        answer, body = super()._exchange("GET", "/", connect_retries=1)
        if answer.status_code != 200:
            raise NovaUnavailable(
                f"Nova answered {answer.status_code} when asked which versions it speaks",
                hint="is Nova starting, or the catalog's compute endpoint not Nova's?",
            )
        self._pinned = choose_microversion(
            _spoken(body), _version(novaclient.API_MAX_VERSION.get_string())
        )
        self._client.api_version = APIVersion("{}.{}".format(*self._pinned))


def choose_microversion(server: tuple[Version, Version], client: Version) -> Version:
    """``server`` is its oldest and newest, ``client`` the newest of novaclient."""
    oldest, newest = server
    chosen = min(newest, client, NEWEST)
    if chosen < max(oldest, OLDEST):
        raise NovaUnavailable(
            f"Nova speaks microversions {_text(oldest)} to {_text(newest)}, novaclient on this "
            f"node up to {_text(client)}: {_text(OLDEST)} to {_text(NEWEST)} are needed",
            hint="Nova of Train and later has them",
        )
    return chosen


def _spoken(body: object) -> tuple[Version, Version]:
    version = body.get("version") if isinstance(body, dict) else None
    if not isinstance(version, Mapping):
        raise NovaUnavailable(
            "the catalog's compute endpoint does not answer as Nova does",
            hint="check it with: openstack endpoint list --service compute",
        )
    # A Nova without microversions has "" here.
    return _version(version.get("min_version")), _version(version.get("version"))


def _version(value: object) -> Version:
    major, _, minor = str(value).partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (2, 0)


def _text(version: Version) -> str:
    return "{}.{}".format(*version)
