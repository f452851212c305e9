"""Where a BMC is and how to log in to it, by the many names that files have for that. Pure.

TripleO has ``pm_*``, Ironic ``ipmi_*`` (and a prefix for each other driver), MAAS ``power_*``,
Ansible's hosts ``bmc_*`` and the like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vmha_ocf.operator.inventories.tree import first, leaf

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
_VERIFY = "redfish_verify_ca"
_BRIDGES = (
    "ipmi_target_channel", "ipmi_target_address", "ipmi_transit_channel", "ipmi_transit_address",
)  # fmt: skip


def read_bmc(
    found: Mapping[str, object], path: str, where: str, driver: str = ""
) -> dict[str, str]:
    """By the names of fence_compute's parameters, and only what has a value. Where a file knows several
    accounts, that of ``driver`` counts."""
    prefixes = sorted(_PREFIXES, key=lambda one: one != "pm" and one not in driver.lower())
    told = {
        name: first(found, [f"{prefix}_{end}" for prefix in prefixes for end in ends], path, where)
        for name, ends in _ENDS.items()
    }
    told |= {name: first(found, keys, path, where) for name, keys in _OTHERS.items()}
    told["privlvl"] = told["privlvl"].lower()
    told |= _of_url(told["ip"], told["ipport"]) | _of_tls(leaf(found, _VERIFY, path, where))
    return {name: value for name, value in told.items() if value}


def _of_url(address: str, port: str) -> dict[str, str]:
    """Redfish has a URL where others have an address."""
    match = re.fullmatch(r"https?://(\[[^\]/]+\]|[^:/]+)(?::(\d+))?(?:/.*)?", address)
    return {"ip": match[1].strip("[]"), "ipport": port or match[2] or ""} if match else {}


def _of_tls(verify: str) -> dict[str, str]:
    """``redfish_verify_ca``: true, false, or certificates."""
    if verify.lower() in ("", "true", "yes", "1"):
        return {}
    insecure = verify.lower() in ("false", "no", "0")
    return {"ssl_insecure": "1"} if insecure else {"ssl_ca_file": verify}


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
