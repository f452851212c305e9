"""A cloud of a clouds.yaml, read by openstacksdk: imported only where a cloud is asked for."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmha_ocf.backends.openstack.credentials import Credentials
from vmha_ocf.errors import LocalParameterError, NotInstalled

if TYPE_CHECKING:
    from keystoneauth1.plugin import BaseAuthPlugin

SYSTEM_WIDE = "/etc/openstack/clouds.yaml"


@dataclass(frozen=True, slots=True)
class Cloud:
    """What one entry says. The login's secrets stay inside ``auth``."""

    auth: BaseAuthPlugin
    region_name: str
    interface: str
    verify: bool | str
    cert: str | tuple[str, str] | None


def read_cloud(credentials: Credentials) -> Cloud:
    """Raises LocalParameterError, NotInstalled. Never looks at OS_* variables."""
    try:
        from openstack.config import OpenStackConfig
    except ImportError:
        raise NotInstalled(
            "cloud= takes openstacksdk, which is not installed on this node",
            hint="install python3-openstacksdk, or give auth_url and the rest",
        ) from None
    path = credentials.clouds_file
    _verify_readable(path)
    try:
        found = OpenStackConfig(
            config_files=[path] if path else None,
            secure_files=[os.path.join(os.path.dirname(path), "secure.yaml")] if path else None,
            load_envvars=False,
        ).get_one(cloud=credentials.cloud)
        verify, cert = found.get_requests_verify_args()
        return Cloud(
            found.get_auth(),
            str(found.config.get("region_name") or ""),
            _first(found.config.get("interface")),
            verify,
            cert,
        )
    except Exception as error:  # noqa: BLE001 its own, YAML's, keystoneauth's and any other
        # Not the error's own words: they may quote the file.
        raise LocalParameterError(
            f"cloud={credentials.cloud} cannot be used from {path or 'any clouds.yaml'}: "
            f"{type(error).__name__}",
            hint=f"openstack --os-cloud {credentials.cloud} token issue shows more",
        ) from None


def exposed_clouds_file(credentials: Credentials) -> str:
    """A warning if others than its owner and group can read the secrets in it, else ""."""
    if not credentials.cloud:
        return ""
    path = credentials.clouds_file or SYSTEM_WIDE
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ""
    if mode & stat.S_IROTH:
        return f"{path} can be read by every user of this node: chmod o-r {path}"
    return ""


def _verify_readable(path: str) -> None:
    if not path:
        return
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise LocalParameterError(
            f"clouds_file={path} cannot be read: {(error.strerror or '').lower()}",
            hint="it has to be on every controller that may run NovaEvacuate",
        ) from None


def _first(interface: object) -> str:
    """clouds.yaml may list interfaces in the order of preference."""
    if isinstance(interface, list):
        interface = interface[0] if interface else ""
    return str(interface or "")
