"""How to log in to OpenStack: NovaEvacuate's parameters -> one value. Pure.

Either a cloud of a clouds.yaml, or ``auth_url`` with a password or an application credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vmha_ocf.agent.address import is_name
from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.errors import ParameterError

DOMAIN = "Default"
"""The one that every Keystone has."""
INTERFACES = ("internal", "public", "admin")
_LOGIN = (
    "auth_url",
    "username",
    "password",
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login at Keystone v3. Its secrets are kept out of ``repr``. "" is: not given."""

    auth_url: str = ""
    """Always the one of version 3."""
    username: str = ""
    password: str = field(default="", repr=False)
    project_name: str = ""
    user_domain: str = DOMAIN
    project_domain: str = DOMAIN
    application_credential_id: str = ""
    application_credential_name: str = ""
    """Names are the user's own: it takes username and user_domain too."""
    application_credential_secret: str = field(default="", repr=False)
    cloud: str = ""
    clouds_file: str = ""
    """"": where openstacksdk looks for it (/etc/openstack/clouds.yaml and others)."""
    region_name: str = ""
    interface: str = ""
    """One of INTERFACES. "": what clouds.yaml says, else internal."""
    insecure: bool = False
    ca_file: str = ""


def credentials_from(parameters: Mapping[str, str]) -> Credentials:
    """Raises ParameterError: what is wrong, what is allowed. It never repeats a secret."""
    given = {name: text.strip() for name, text in parameters.items() if text.strip()}
    credentials = Credentials(
        auth_url=parse_auth_url(given["auth_url"]) if "auth_url" in given else "",
        username=given.get("username", ""),
        # A secret may begin or end with a blank.
        password=parameters.get("password", ""),
        project_name=_project(given),
        user_domain=given.get("user_domain", DOMAIN),
        project_domain=given.get("project_domain", DOMAIN),
        application_credential_id=given.get("application_credential_id", ""),
        application_credential_name=given.get("application_credential_name", ""),
        application_credential_secret=parameters.get("application_credential_secret", ""),
        cloud=given.get("cloud", ""),
        clouds_file=_path(given, "clouds_file"),
        region_name=given.get("region_name", ""),
        interface=parse_interface(given.get("endpoint_type", "")),
        insecure=_insecure(given),
        ca_file=_path(given, "ca_file"),
    )
    _verify_complete(credentials, given)
    return credentials


def parse_auth_url(text: str) -> str:
    """Keystone's address with its version: v2.0 ended in 2017, so v3 whatever was written."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not _is_host(host) or parts.scheme not in ("http", "https"):
        raise ParameterError(
            f"auth_url={_without_login(text)} is not the address of a Keystone",
            hint="http or https, a host, a port; for example auth_url=https://keystone:5000/v3",
        )
    if "@" in parts.netloc:
        raise ParameterError(
            f"auth_url={_without_login(text)} holds a user name or a password",
            hint="give them as username and password",
        )
    path = parts.path.rstrip("/").removesuffix("/auth/tokens")
    for version in ("/v2.0", "/v2", "/v3"):
        path = path.removesuffix(version)
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/v3"


def _is_host(host: str) -> bool:
    """``host`` is without the brackets of an IPv6 address."""
    return ":" in host or is_name(host)


def parse_interface(text: str) -> str:
    """``internalURL``, as upstream calls it, and ``internal`` are the same."""
    word = text.strip().lower().removesuffix("url")
    if not word or word in INTERFACES:
        return word
    raise ParameterError(
        f"endpoint_type={text} is not one of Keystone's interfaces",
        hint="allowed are internalURL, publicURL, adminURL; for example endpoint_type=internalURL",
    )


def _without_login(url: str) -> str:
    """For a message: what comes before an @ may be a password."""
    return url.rpartition("@")[2]


def _project(given: Mapping[str, str]) -> str:
    """``tenant_name`` is what Keystone v2 called it, and upstream's agent still does."""
    project, tenant = given.get("project_name", ""), given.get("tenant_name", "")
    if project and tenant and project != tenant:
        raise ParameterError(
            f"project_name={project} and tenant_name={tenant} are two names for one thing",
            hint="give project_name only",
        )
    return project or tenant


def _path(given: Mapping[str, str], name: str) -> str:
    path = given.get(name, "")
    if path and not path.startswith("/"):
        raise ParameterError(
            f"{name}={path} is not an absolute path",
            hint="Pacemaker starts agents in no particular directory; "
            f"for example {name}=/etc/openstack/{name}",
        )
    return path


def _insecure(given: Mapping[str, str]) -> bool:
    if "insecure" not in given:
        return False
    try:
        insecure = parse_boolean(given["insecure"])
    except ParameterError as error:
        raise ParameterError(f"insecure={error.message}", hint=error.hint) from None
    if insecure and "ca_file" in given:
        raise ParameterError(
            "insecure=true verifies no certificate, ca_file says which to trust",
            hint="leave out insecure",
        )
    return insecure


def _verify_complete(credentials: Credentials, given: Mapping[str, str]) -> None:
    if credentials.cloud:
        _verify_cloud_alone(given)
    elif credentials.clouds_file:
        raise ParameterError(
            "clouds_file is given, but not which of its clouds", hint="for example cloud=admin"
        )
    elif not credentials.auth_url:
        raise ParameterError(
            "neither auth_url nor cloud is given: where is Keystone?",
            hint="for example auth_url=https://keystone:5000/v3, "
            "or cloud=admin for a cloud of /etc/openstack/clouds.yaml",
        )
    elif any(name.startswith("application_credential_") for name in given):
        _verify_application_credential(credentials)
    else:
        _verify_password(credentials)


def _verify_cloud_alone(given: Mapping[str, str]) -> None:
    both = [name for name in _LOGIN if name in given]
    if both:
        raise ParameterError(
            f"cloud={given['cloud']} and {', '.join(both)} are two ways to log in",
            hint="give either a cloud of clouds.yaml or auth_url and the rest",
        )


def _verify_password(credentials: Credentials) -> None:
    wanted = {
        "username": credentials.username,
        "password": credentials.password,
        "project_name": credentials.project_name,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise ParameterError(
            f"{' and '.join(missing)} not given: they belong to auth_url",
            hint="for example username=nova password=... project_name=service",
        )


def _verify_application_credential(credentials: Credentials) -> None:
    if not credentials.application_credential_secret:
        raise ParameterError(
            "application_credential_secret is not given",
            hint="openstack application credential create showed it once",
        )
    by_name = credentials.application_credential_name and credentials.username
    if not credentials.application_credential_id and not by_name:
        raise ParameterError(
            "which application credential is not clear",
            hint="give application_credential_id, or application_credential_name with username",
        )
