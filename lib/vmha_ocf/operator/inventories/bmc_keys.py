"""Where a BMC is and how to log in to it, by the many names that files have for that. Pure.

TripleO has ``pm_*``, Ironic ``ipmi_*`` (and a prefix for each other driver), MAAS ``power_*``,
Ansible's hosts ``bmc_*`` and the like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vmha_ocf.agent.endpoint import parse_endpoint, unclear
from vmha_ocf.agent.spelling import one_spelling
from vmha_ocf.fencing.bmc_access import REDFISH_ROOT
from vmha_ocf.operator.inventories.drivers import IPMI, REDFISH
from vmha_ocf.operator.inventories.tree import first, leaf, wrong

_PREFIXES = (
    "pm",
    "ipmi",
    "bmc",
    "power",
    "redfish",
    "drac",
    "idrac",
    "ilo",
    "irmc",
    "cimc",
    "ucs",
    "oob",
)
_ENDS: Mapping[str, tuple[str, ...]] = {
    "ip": ("address", "addr", "ip", "host"),
    "ipport": ("port",),
    "username": ("username", "user"),
    "password": ("password", "pass"),
}
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "cipher": ("ipmi_cipher_suite", "cipher_suite_id", "bmc_cipher"),
    "privlvl": ("ipmi_priv_level", "privilege_level", "bmc_privlvl"),
    "hexadecimal_kg": ("ipmi_hex_kg_key", "k_g", "bmc_hexadecimal_kg"),
    "systems_uri": ("redfish_system_id", "pm_system_id", "systems_uri", "node_id"),
    "redfish_uri": ("redfish_root_prefix",),
}
_ALL = frozenset(
    f"{prefix}_{end}" for prefix in _PREFIXES for ends in _ENDS.values() for end in ends
) | {name for names in _OTHERS.values() for name in names}
_NEEDLESS = re.compile(
    r"ipmi_(bridging|local_address|protocol_version|terminal_port|force_boot_device|"
    r"disable_boot_timeout|disable_timeout|cipher_suite_versions|target_\w+|transit_\w+)|"
    r"power_(type|state|interface|parameters|driver|boot_type|off_mode)|"
    r"pm_(type|system_id|vmediatype|deploy_iso|verify_ca)|redfish_\w+|\w+_(mac|type|interface)"
)
_WRITTEN = "192.0.2.7, 192.0.2.7:6230, [2001:db8::7]:6230, a name, or for Redfish https://NAME"
_VERIFY = "redfish_verify_ca"
_BRIDGES = (
    "ipmi_target_channel", "ipmi_target_address", "ipmi_transit_channel", "ipmi_transit_address",
)  # fmt: skip


def read_bmc(
    found: Mapping[str, object], path: str, where: str, driver: str = ""
) -> dict[str, str]:
    """By the names of fence_compute's parameters, and only what has a value. Where a file knows several
    accounts, that of ``driver`` counts."""

    def is_foreign(prefix: str) -> bool:
        return prefix != "pm" and prefix not in driver.lower()

    prefixes = sorted(_PREFIXES, key=is_foreign)
    _refuse_two_addresses(found, [one for one in prefixes if is_foreign(one)], path, where)
    told = {
        name: first(found, [f"{prefix}_{end}" for prefix in prefixes for end in ends], path, where)
        for name, ends in _ENDS.items()
    }
    told |= {name: first(found, keys, path, where) for name, keys in _OTHERS.items()}
    told["privlvl"] = told["privlvl"].lower()
    told |= _of_tls(leaf(found, _VERIFY, path, where))
    return {name: value for name, value in told.items() if value}


def _refuse_two_addresses(
    found: Mapping[str, object], prefixes: Sequence[str], path: str, where: str
) -> None:
    """Where no driver says which of them is meant, another machine could be switched off."""
    if len(prefixes) < len(_PREFIXES) - 1 or first(found, _keys("pm"), path, where):
        return
    known: dict[str, str] = {}
    for key in (key for prefix in prefixes for key in _keys(prefix)):
        if text := leaf(found, key, path, where):
            place = parse_endpoint(text)
            known.setdefault(one_spelling(place.address if place else text), key)
    if len(known) > 1:
        one, other, *_ = known.values()
        what = f"{where} has two addresses of its BMC, {one} and {other}"
        raise wrong(path, what, "keep one of the two")


def _keys(prefix: str) -> Sequence[str]:
    return [f"{prefix}_{end}" for end in _ENDS["ip"]]


def _of_tls(verify: str) -> dict[str, str]:
    """``redfish_verify_ca``: true, false, or certificates."""
    if verify.lower() in ("", "true", "yes", "1"):
        return {}
    insecure = verify.lower() in ("false", "no", "0")
    return {"ssl_insecure": "1"} if insecure else {"ssl_ca_file": verify}


def located(options: Mapping[str, str], protocol: str, path: str, where: str) -> dict[str, str]:
    """The options with their address taken apart: files have URLs, and a port behind it. ``protocol`` is
    that of the driver. Raises LocalParameterError."""
    text = options.get("ip", "")
    found = parse_endpoint(text)
    of = f"the address of {where}'s BMC"
    if not found or not found.address.isascii():
        # It is not repeated: a URL may have a password in it.
        raise wrong(path, f"{of} is no name and no address", _WRITTEN)
    if why := unclear(found.address):
        raise wrong(path, f"{of}, {found.address}, {why}", _WRITTEN)
    spoken = _protocol_of(found.scheme)
    if found.scheme and not spoken:
        hint = "write its address alone, and which protocol that speaks: --driver NAME=redfish or NAME=ipmi"
        raise wrong(path, f"{of} begins with {found.scheme}://, which is not known", hint)
    web = found.scheme in ("http", "https")
    if not web and spoken not in ("", protocol):
        hint = "say which of the two: protocol in a file for --details, or --driver"
        raise wrong(path, f"{of} is one of {spoken}, and its driver is one of {protocol}", hint)
    told = {"ip": found.address}
    # A port of the web is none of IPMI's.
    if found.port and not options.get("ipport") and not (web and protocol == IPMI):
        told["ipport"] = found.port
    system = protocol == REDFISH and found.path.startswith(f"{REDFISH_ROOT}/Systems/")
    if system and not options.get("systems_uri"):
        told["systems_uri"] = found.path.rstrip("/")
    return {**options, **told}


def scheme_of(options: Mapping[str, str]) -> str:
    """The protocol that the address itself is of; "" where it says none."""
    found = parse_endpoint(options.get("ip", ""))
    web = found is None or found.scheme in ("http", "https")
    return "" if found is None or web else _protocol_of(found.scheme)


def _protocol_of(scheme: str) -> str:
    """Of a scheme as Kubernetes has it for BMCs: redfish+https, idrac-virtualmedia, ilo5-redfish."""
    name = scheme.partition("+")[0]
    if name in ("http", "https", "redfish") or name.endswith(("-redfish", "-virtualmedia")):
        return REDFISH
    return IPMI if name == "ipmi" else ""


def unread(found: Mapping[str, object]) -> list[str]:
    """Names that look like a BMC's and that nobody here knows."""
    of_bmc = re.compile(rf"({'|'.join(_PREFIXES)})_")
    return sorted(
        key
        for key in found
        if of_bmc.match(key) and key not in _ALL and not _NEEDLESS.fullmatch(key)
    )


def undrivable(found: Mapping[str, object], path: str, where: str) -> str:
    """As a clause. A request over a bridge has to name the bridge; without it the one in front, a shelf for
    example, would be switched off with all that is in it."""
    bridging = leaf(found, "ipmi_bridging", path, where)
    if bridging.lower() in ("single", "dual"):
        return f"its BMC is behind another one (ipmi_bridging={bridging.lower()})"
    bridged = next((key for key in _BRIDGES if leaf(found, key, path, where)), "")
    if bridged and bridging.lower() not in ("no", "false"):
        return f"its BMC is behind another one ({bridged} is set)"
    version = leaf(found, "ipmi_protocol_version", path, where)
    return "" if version in ("", "2.0", "2") else f"its BMC speaks IPMI {version} only"
