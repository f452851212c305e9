"""Credentials -> how to log in, whom to trust, and where each service is. It sends nothing.

Every file that it takes is looked at here: a node that lacks one says so at its start.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keystoneauth1.identity import v3
from keystoneauth1.plugin import BaseAuthPlugin

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.backends.openstack.catalog import Place
from vmha_ocf.backends.openstack.certificates import Trust, at_home, authorities, identity
from vmha_ocf.backends.openstack.clouds_file import INTERFACE, Cloud, read_cloud
from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Way:
    """The secrets of the login stay inside ``auth``."""

    auth: BaseAuthPlugin
    trust: Trust
    place: Callable[[str], Place]
    """By the type of the service."""
    warnings: Sequence[str] = ()
    """For a person: what works, and is not as it should be."""
    exposed: Sequence[str] = ()
    """For a person: which secret others can read, with the command that ends it."""


def way_of(credentials: Credentials) -> Way:
    """Raises LocalParameterError, NotInstalled."""
    way = _of_cloud(credentials) if credentials.cloud else _plain(credentials)
    if way.trust.verify is False:
        # It was asked for; a warning with each connection would bury the log.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    return way


def _plain(credentials: Credentials) -> Way:
    def place(service_type: str) -> Place:
        return Place(service_type, [credentials.interface or INTERFACE], credentials.region_name)

    if credentials.application_credential_secret:
        auth: BaseAuthPlugin = _application_credential(credentials)
    else:
        auth = password(
            credentials,
            project_name=credentials.project_name,
            project_domain_name=credentials.project_domain,
        )
    return Way(auth, Trust(_verify(credentials, True)), place)


def _of_cloud(credentials: Credentials) -> Way:
    cloud = read_cloud(credentials)
    key = _text(cloud.value("key"))
    trust = Trust(
        _verify(credentials, _verify_of(cloud)),
        identity(_text(cloud.value("cert")), key, cloud.where),
    )
    files = [*cloud.files, *([at_home(key)] if key else [])]
    exposed = [
        f"{path} can be read by every user of this node: chmod o-r {path}"
        for path in files
        if os.stat(path).st_mode & stat.S_IROTH
    ]
    return Way(cloud.region.get_auth(), trust, cloud.place, cloud.warnings, exposed)


def _verify(credentials: Credentials, otherwise: bool | str) -> bool | str:
    """The parameters are stronger than what clouds.yaml says."""
    if credentials.insecure:
        return False
    if credentials.ca_file:
        return authorities("ca_file", credentials.ca_file)
    return otherwise


def _verify_of(cloud: Cloud) -> bool | str:
    """As openstacksdk: insecure is stronger than verify, and verify than cacert. Both may be words;
    as with requests, another word of ``verify`` is a file."""
    verify = cloud.value("verify")
    named = ""
    if isinstance(verify, str):
        try:
            verify = parse_boolean(verify)
        except ParameterError:
            named = verify
    if cloud.value("insecure") or verify is False:
        return False
    for name, path in (("cacert", _text(cloud.value("cacert"))), ("verify", named)):
        if path:
            return authorities(name, path, cloud.where)
    return True


def password(credentials: Credentials, **scope: Any) -> v3.Password:
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


def _text(value: object) -> str:
    return "" if value is None else str(value)
