"""A cloud of a clouds.yaml, read by openstacksdk: imported only where a cloud is asked for.

What a clouds.yaml means is openstacksdk's to say: profiles, secure.yaml, each login that keystoneauth
has, values of a region, ``compute_endpoint_override`` and its like. Here is what it would do silently
and a worker that forces hosts down must not: take the first of several regions, leave out a file that
it cannot read, ask a web server for a profile, look where the person stands who typed ``vmha``.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmha_ocf.backends.openstack.catalog import Place
from vmha_ocf.backends.openstack.certificates import EVERYWHERE
from vmha_ocf.backends.openstack.clouds_typed import verify_typed
from vmha_ocf.backends.openstack.credentials import INTERFACES, Credentials, parse_auth_url
from vmha_ocf.errors import LocalParameterError, NotInstalled, ParameterError, VmhaError

if TYPE_CHECKING:
    from openstack.config import OpenStackConfig
    from openstack.config.cloud_region import CloudRegion

SYSTEM_WIDE = "/etc/openstack"
INTERFACE = "internal"
"""Where neither the parameters nor clouds.yaml say one. openstacksdk's own default is public."""
_GIVEN = "give it in clouds.yaml or secure.yaml; a profile that is not known has none"
_SUFFIXES = (".yaml", ".yml", ".json")
_ONCE = frozenset(
    {
        "token",
        "v2token",
        "v3token",
        "v3totp",
        "v3oidcaccesstoken",
        "v3oidcauthcode",
        "v3oidcdeviceauthz",
    }
)
"""Logins that cannot be repeated when their token ends."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """One region of one cloud. ``region``: openstacksdk's CloudRegion; it holds the secrets."""

    where: str
    """For messages: `` of cloud NAME in FILE``."""
    region: CloudRegion
    files: Sequence[str]
    """With secrets: clouds.yaml, secure.yaml."""
    warnings: Sequence[str]

    def value(self, name: str) -> Any:
        return self.region.config.get(name)

    def place(self, service_type: str) -> Place:
        of = self.region
        interfaces = of.get_interface(service_type) or INTERFACE
        if isinstance(interfaces, str):
            interfaces = [interfaces]
        return Place(
            service_type=str(of.get_service_type(service_type)),
            # As Keystone v2 called them, too.
            interfaces=[str(one).removesuffix("URL") for one in interfaces],
            region=str(of.get_region_name(service_type) or ""),
            service_name=str(of.get_service_name(service_type) or ""),
            override=str(of.get_endpoint(service_type) or ""),
        )


def read_cloud(credentials: Credentials, system_wide: str = SYSTEM_WIDE) -> Cloud:
    """Raises LocalParameterError, NotInstalled. It looks at no variable of the environment, sends
    nothing, and never repeats an error's own words where they may quote the file."""
    try:
        from openstack.config import OpenStackConfig
    except ImportError:
        raise NotInstalled(
            "cloud= takes openstacksdk, which is not installed on this node",
            hint="install python3-openstacksdk, or give auth_url and the rest",
        ) from None
    name = credentials.cloud
    path = _clouds_file(credentials, system_wide)
    where = f" of cloud {name} in {path}"
    secure = [each for each in _beside(path, "secure") if os.path.lexists(each)]
    for each in (path, *secure):
        _verify_readable(each)
    with warnings.catch_warnings(record=True) as told, _errors(name, path):
        warnings.simplefilter("always")
        config = OpenStackConfig(
            config_files=[path],
            secure_files=secure[:1],
            vendor_files=[*_beside(path, "clouds-public"), *_in(system_wide, "clouds-public")],
            override_defaults={"interface": INTERFACE},
            load_envvars=False,
        )
        verify_typed(name, _entry(config, name, path), (path, *secure[:1]), where)
        region = _region(config, credentials, path)
        _verify_login(region, where)
        cloud = Cloud(where, region, (path, *secure[:1]), _warnings(told, region, where))
        _verify_agreement(cloud, credentials)
    return cloud


def _region(config: OpenStackConfig, credentials: Credentials, path: str) -> CloudRegion:
    """The one region that is meant, with its own values."""
    name = credentials.cloud
    entry = _entry(config, name, path)
    _verify_profile(entry, f" of cloud {name} in {path}")
    config.cloud_config["clouds"] = {name: entry}
    found = _regions(config)
    wanted = credentials.region_name
    if wanted and wanted not in found and len(found) == 1 and "regions" not in entry:
        # The parameter takes the place of the file's region_name, or of none.
        entry.pop("region-name", None)
        entry["region_name"] = wanted
        found = _regions(config)
    if wanted and wanted not in found:
        raise LocalParameterError(
            f"region_name={wanted} is not a region of cloud {name} in {path}",
            hint=f"it has: {', '.join(found)}",
        )
    if not wanted and len(found) > 1:
        raise LocalParameterError(
            f"which region? cloud {name} in {path} has {', '.join(found)}",
            hint=f"for example region_name={next(iter(found))}; hosts of another are not ours",
        )
    chosen = found[wanted] if wanted else next(iter(found.values()))
    if credentials.interface:
        chosen.config["interface"] = credentials.interface
    return chosen


def _entry(config: OpenStackConfig, name: str, path: str) -> dict[str, Any]:
    clouds = config.cloud_config["clouds"]
    entry = clouds.get(name)
    if isinstance(entry, dict):
        return entry
    # What it holds without any is openstacksdk's own word.
    known = ", ".join(sorted(map(str, set(clouds) - {"defaults"}))) or "none, under clouds:"
    raise LocalParameterError(
        f"cloud={name} cannot be used from {path}: it is not there", hint=f"it has: {known}"
    )


def _verify_login(region: CloudRegion, where: str) -> None:
    """What keystoneauth would send as it is, and a person at a terminal would be asked for."""
    auth = region.config.get("auth") or {}
    if url := auth.get("auth_url"):
        try:
            parse_auth_url(str(url))
        except ParameterError as error:
            raise LocalParameterError(f"{error.message},{where}", hint=error.hint) from None
    kind = str(region.config.get("auth_type"))
    if kind not in ("password", "v3password", "v2password"):
        return
    user = auth.get("username") or auth.get("user_id")
    for key, value in (("username", user), ("password", auth.get("password"))):
        if not value:
            raise LocalParameterError(f"auth.{key}{where} is missing or empty", hint=_GIVEN)


def _regions(config: OpenStackConfig) -> Mapping[str, CloudRegion]:
    return {str(one.get_region_name() or ""): one for one in config.get_all()}


def _verify_agreement(cloud: Cloud, credentials: Credentials) -> None:
    """A value of the service's own, as compute_region_name, is stronger than the whole cloud's."""
    place = cloud.place("compute")
    wrong = ""
    strange = [one for one in place.interfaces if one not in INTERFACES]
    if strange:
        raise LocalParameterError(
            f"interface {strange[0]}{cloud.where} is not one of Keystone's",
            hint=f"they are {', '.join(INTERFACES)}",
        )
    if credentials.region_name and credentials.region_name != place.region:
        wrong = f"region_name={credentials.region_name}, but compute_region_name is {place.region}"
    elif credentials.interface and [credentials.interface] != list(place.interfaces):
        told = ", ".join(place.interfaces)
        wrong = f"endpoint_type={credentials.interface}, but compute_interface is {told}"
    if wrong:
        raise LocalParameterError(f"{wrong}{cloud.where}", hint="leave out one of the two")


def _verify_profile(entry: Mapping[str, Any], where: str) -> None:
    from openstack.config import vendors

    profile = entry.get("profile") or entry.get("cloud")
    if isinstance(profile, str) and "://" not in profile:
        # openstacksdk knows some by the address alone of whoever knows them.
        profile = (vendors.get_profile(profile) or {}).get("profile")
    if isinstance(profile, str) and "://" in profile:
        raise LocalParameterError(
            f"profile={profile.rpartition('@')[2]}{where} would be asked from a web server at each start",
            hint="write what it says, auth_url as a rule, into the file",
        )


def _warnings(
    told: Sequence[warnings.WarningMessage], region: CloudRegion, where: str
) -> Sequence[str]:
    """openstacksdk's own words about the file, and ours."""
    found = [f"openstacksdk: {one.message}" for one in told if _about_file(one)]
    kind = str(region.config.get("auth_type"))
    if kind in _ONCE:
        found.append(
            f"auth_type={kind}{where} logs in once: when its token ends, nothing is evacuated any more"
        )
    return list(dict.fromkeys(found))


def _about_file(one: warnings.WarningMessage) -> bool:
    return issubclass(one.category, UserWarning)


@contextmanager
def _errors(name: str, path: str) -> Iterator[None]:
    """Ours for whatever openstacksdk, YAML and keystoneauth raise: the kind, not the words."""
    try:
        yield
    except VmhaError:
        raise
    except Exception as error:  # noqa: BLE001 their number is not known
        why, hint = _why(error)
        raise LocalParameterError(
            f"cloud={name} cannot be used from {path}: {why}",
            hint=hint or f"openstack --os-cloud {name} token issue shows more",
        ) from None


def _why(error: Exception) -> tuple[str, str]:
    """What went wrong, and what to do about it if that is known."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1} of it, or of secure.yaml, is no YAML", "mend that line"
    from keystoneauth1.exceptions import MissingRequiredOptions, NoMatchingPlugin, OptionError

    if isinstance(error, NoMatchingPlugin):
        return f"auth_type {error.name} is not known here", "keystoneauth1 lists them in its docs"
    if isinstance(error, MissingRequiredOptions):
        names = ", ".join(f"auth.{one.dest}" for one in error.options)
        return f"{names} is missing", _GIVEN
    if isinstance(error, OptionError):
        # keystoneauth's fixed sentences: which option another one needs.
        return str(error), _GIVEN
    if strange := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
        return (
            f"auth.{strange[1]} does not belong to its auth_type",
            "set auth_type, for example v3applicationcredential, or remove it",
        )
    if isinstance(error, AttributeError | TypeError | ValueError):
        return (
            "something else stands where a mapping has to be",
            "look at clouds, the cloud and auth",
        )
    return type(error).__name__, ""


def _clouds_file(credentials: Credentials, system_wide: str) -> str:
    if credentials.clouds_file:
        return credentials.clouds_file
    for path in _in(system_wide, "clouds"):
        if os.path.lexists(path):
            return path
    raise LocalParameterError(
        f"cloud={credentials.cloud} is given, but there is no {system_wide}/clouds.yaml on this node",
        hint=f"{EVERYWHERE}; clouds_file says where else it is",
    )


def _beside(path: str, name: str) -> Iterator[str]:
    return _in(os.path.dirname(path), name)


def _in(directory: str, name: str) -> Iterator[str]:
    return (os.path.join(directory, name + suffix) for suffix in _SUFFIXES)


def _verify_readable(path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise LocalParameterError(
            f"clouds_file={path} cannot be read: {(error.strerror or '').lower()}", hint=EVERYWHERE
        ) from None
