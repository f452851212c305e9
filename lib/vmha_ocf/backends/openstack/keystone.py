"""One login at Keystone, shared by all threads, and where the services are.

keystoneauth renews a token two minutes before its end. Its lock lets one thread at a time ask
Keystone; the others wait for as long as that takes, which is why no session here is without a
timeout. The timeout is for each wait, connecting and then for the next bytes, not for the whole
exchange.

The environment says nothing about the way. Pacemaker's worker has not the one of the person who types
``vmha check``: a proxy, REQUESTS_CA_BUNDLE or ~/.netrc (which requests would send to Nova as a
password) would make "ready" mean another way than the worker's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from vmha_ocf.backends.openstack.catalog import Place, find_endpoint
from vmha_ocf.backends.openstack.certificates import Trust
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.backends.openstack.errors import causes, unreachable
from vmha_ocf.backends.openstack.way import password, way_of
from vmha_ocf.errors import NovaBusy, NovaDenied, NovaUnavailable, VmhaError

_STRANGE = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What keystoneauth trips over in an answer that is not Keystone's."""


class Login:
    """Logs in at the first request, not before: Keystone may be down when the worker starts."""

    def __init__(self, credentials: Credentials, timeout: float) -> None:
        """``timeout`` in seconds. Raises LocalParameterError, NotInstalled."""
        self.timeout = timeout
        self._credentials = credentials
        way = way_of(credentials)
        self._auth: Any = way.auth
        self._url = credentials.auth_url or str(getattr(way.auth, "auth_url", ""))
        self._place = way.place
        self.session = open_session(way.auth, way.trust, timeout)
        self._lock = threading.Lock()
        self._access: object = None
        self._endpoints: dict[str, str] = {}
        self._asked_why = False

    def endpoint(self, service_type: str) -> str:
        """The service's address, with a token at hand. Raises NovaUnavailable, NovaDenied."""
        place = self._place(service_type)
        if not hasattr(self._auth, "get_access"):
            return self._without_catalog(place)
        with self._errors():
            access = self._auth.get_access(self.session)
            access.will_expire_soon()  # A token that names no end would only break the next request.
        with self._lock, self._errors():
            if access is not self._access:
                # A new token brings a new catalog.
                self._access, self._endpoints = access, {}
            if service_type not in self._endpoints:
                self._endpoints[service_type] = (
                    _filled(place.override, access)
                    if place.override
                    else find_endpoint(access.service_catalog, place)
                )
            return self._endpoints[service_type]

    @property
    def user(self) -> str:
        """The id of who we are, by the token at hand; "" before one, and where it says nothing of that."""
        try:
            return str(getattr(self._access, "user_id", None) or "")
        except _STRANGE:
            return ""

    def offered(self) -> frozenset[str]:
        """The types of all services in the catalog; none where there is no Keystone. Raises
        NovaUnavailable, NovaDenied."""
        if not hasattr(self._auth, "get_access"):
            return frozenset()
        with self._errors():
            access = self._auth.get_access(self.session)
            return frozenset(map(str, access.service_catalog.get_endpoints_data()))

    def _without_catalog(self, place: Place) -> str:
        """Logins without Keystone (none, http_basic, admin_token) know one address for all."""
        with self._errors():
            url = place.override or self._auth.get_endpoint(self.session)
        if not url:
            raise NovaDenied(
                f"without Keystone nobody says where {place.service_type} is",
                hint=f"give {place.service_type}_endpoint_override in clouds.yaml",
            )
        return str(url).rstrip("/")

    def renew(self) -> None:
        """Forget the token: a service does not accept it any more."""
        self._auth.invalidate()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Ours for all that keystoneauth raises while it asks Keystone for a token."""
        try:
            yield
        except exceptions.Unauthorized as error:
            raise self._unauthorized() from error
        except exceptions.HttpError as error:
            raise _answered(error, self._url) from error
        except (exceptions.ConnectionError, OSError) as error:
            raise unreachable(error, "Keystone", self._url, self.timeout) from error
        except (exceptions.ClientException, *_STRANGE) as error:
            raise self._no_token(error) from error

    def _no_token(self, error: Exception) -> NovaUnavailable:
        """Anything but a token: HTML, JSON of another make, a redirect, or, of a cloud whose
        Keystone has to be discovered first, a failed discovery."""
        for cause in causes(error):
            if isinstance(cause, exceptions.ConnectionError):
                return unreachable(cause, "Keystone", self._url, self.timeout)
        return NovaUnavailable(
            f"what answers at {self._url} is not a Keystone v3",
            hint="check auth_url; a proxy or a web server may be in its place",
        )

    def _unauthorized(self) -> NovaDenied:
        credentials = self._credentials
        if not credentials.username or not credentials.password:
            login = f"cloud {credentials.cloud}" if credentials.cloud else "application credential"
            return NovaDenied(
                f"Keystone at {self._url} does not accept the {login}",
                hint="is it expired, revoked, or of another Keystone?",
            )
        if self._project_is_wrong():
            return NovaDenied(
                f"Keystone accepts user {credentials.username}, but not for project "
                f"{credentials.project_name}",
                hint="check project_name and project_domain, and the user's roles in it",
            )
        return NovaDenied(
            f"Keystone at {self._url} does not accept user {credentials.username} of domain "
            f"{credentials.user_domain} with this password",
            hint="check username, password and user_domain",
        )

    def _project_is_wrong(self) -> bool:
        """Keystone gives one answer for both, so ask it without the project. Only once: where
        failed logins lock an account, a second one per attempt would lock it sooner."""
        if self._asked_why:
            return False
        self._asked_why = True
        try:
            password(self._credentials, unscoped=True).get_access(self.session)
        except (exceptions.ClientException, OSError, *_STRANGE):
            return False
        return True


def open_session(auth: BaseAuthPlugin, trust: Trust, timeout: float) -> Session:
    """``timeout`` in seconds, for each wait. Sends nothing yet.

    Neither a redirect nor a retry ever repeats a request that changes something. A followed
    redirect would also carry password or token to wherever it points.
    """
    session = Session(
        auth=auth,
        verify=trust.verify,
        cert=trust.cert,
        timeout=timeout,
        redirect=False,
        connect_retries=0,
        app_name="vmha-ocf",
    )
    session.session.trust_env = False
    return session


def _filled(override: str, access: Any) -> str:
    """keystoneauth fills in the project, with which the addresses of some services ended."""
    project = access.project_id or ""
    return (
        override.replace("%(project_id)s", project).replace("%(tenant_id)s", project).rstrip("/")
    )


def _answered(error: exceptions.HttpError, url: str) -> VmhaError:
    code = error.http_status
    if code in (413, 429):
        return NovaBusy(f"Keystone at {url} asks us to slow down ({code})")
    if code == 403:
        return NovaDenied(f"Keystone at {url} forbids this login (403)")
    if code == 404:
        return NovaUnavailable(f"there is no Keystone v3 at {url} (404)", hint="check auth_url")
    return NovaUnavailable(f"Keystone at {url} answered {code}")
