"""One login at Keystone, shared by all threads, and where the services are.

keystoneauth renews a token two minutes before its end. Its lock lets one thread at a time ask
Keystone; the others wait for as long as that takes, which is why no session here is without a
timeout. The timeout is for each wait, connecting and then for the next bytes, not for the whole
exchange.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from vmha_ocf.backends.openstack.catalog import find_endpoint
from vmha_ocf.backends.openstack.clouds_file import Cloud, read_cloud
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.backends.openstack.errors import causes, unreachable
from vmha_ocf.errors import LocalParameterError, NovaBusy, NovaDenied, NovaUnavailable, VmhaError

_STRANGE = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What keystoneauth trips over in an answer that is not Keystone's."""


class Login:
    """Logs in at the first request, not before: Keystone may be down when the worker starts."""

    def __init__(self, credentials: Credentials, timeout: float) -> None:
        """``timeout`` in seconds. Raises LocalParameterError, NotInstalled."""
        self.timeout = timeout
        self._credentials = credentials
        cloud = read_cloud(credentials) if credentials.cloud else _plain_cloud(credentials)
        self._auth: Any = cloud.auth
        self._url = credentials.auth_url or str(getattr(cloud.auth, "auth_url", ""))
        self._region = credentials.region_name or cloud.region_name
        self._interface = credentials.interface or cloud.interface or "internal"
        # Neither a redirect nor a retry ever repeats a request that changes something. A
        # followed redirect would also carry password or token to wherever it points.
        self.session = Session(
            auth=cloud.auth,
            verify=_verify(credentials, cloud),
            cert=cloud.cert,
            timeout=timeout,
            redirect=False,
            connect_retries=0,
            app_name="vmha-ocf",
        )
        self._lock = threading.Lock()
        self._access: object = None
        self._endpoints: dict[str, str] = {}
        self._asked_why = False

    def endpoint(self, service_type: str) -> str:
        """The service's address, with a token at hand. Raises NovaUnavailable, NovaDenied."""
        with self._errors():
            access = self._auth.get_access(self.session)
            access.will_expire_soon()  # A token that names no end would only break the next request.
        with self._lock, self._errors():
            if access is not self._access:
                # A new token brings a new catalog.
                self._access, self._endpoints = access, {}
            if service_type not in self._endpoints:
                self._endpoints[service_type] = find_endpoint(
                    access.service_catalog.normalize_catalog(),
                    service_type,
                    self._region,
                    self._interface,
                )
            return self._endpoints[service_type]

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
            _password(self._credentials, unscoped=True).get_access(self.session)
        except (exceptions.ClientException, OSError, *_STRANGE):
            return False
        return True


def _plain_cloud(credentials: Credentials) -> Cloud:
    if credentials.application_credential_secret:
        return Cloud(_application_credential(credentials), "", "", True, None)
    scope = {
        "project_name": credentials.project_name,
        "project_domain_name": credentials.project_domain,
    }
    return Cloud(_password(credentials, **scope), "", "", True, None)


def _password(credentials: Credentials, **scope: Any) -> v3.Password:
    return v3.Password(
        auth_url=credentials.auth_url,
        username=credentials.username,
        password=credentials.password,
        user_domain_name=credentials.user_domain,
        **scope,
    )


def _application_credential(credentials: Credentials) -> v3.ApplicationCredential:
    who: Mapping[str, str] = {
        "application_credential_id": credentials.application_credential_id,
    }
    if not credentials.application_credential_id:
        who = {
            "application_credential_name": credentials.application_credential_name,
            "username": credentials.username,
            "user_domain_name": credentials.user_domain,
        }
    return v3.ApplicationCredential(
        auth_url=credentials.auth_url,
        application_credential_secret=credentials.application_credential_secret,
        **who,
    )


def _verify(credentials: Credentials, cloud: Cloud) -> bool | str:
    """What requests calls verify: True, False or a file. Checked here, because requests would
    only notice a missing file in the middle of a failure."""
    if credentials.insecure or not cloud.verify:
        # It was asked for; a warning with each connection would bury the log.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        return False
    if credentials.ca_file and not os.access(credentials.ca_file, os.R_OK):
        raise LocalParameterError(
            f"ca_file={credentials.ca_file} cannot be read on this node",
            hint="it has to be on every controller that may run NovaEvacuate",
        )
    return credentials.ca_file or cloud.verify


def _answered(error: exceptions.HttpError, url: str) -> VmhaError:
    code = error.http_status
    if code in (413, 429):
        return NovaBusy(f"Keystone at {url} asks us to slow down ({code})")
    if code == 403:
        return NovaDenied(f"Keystone at {url} forbids this login (403)")
    if code == 404:
        return NovaUnavailable(f"there is no Keystone v3 at {url} (404)", hint="check auth_url")
    return NovaUnavailable(f"Keystone at {url} answered {code}")
