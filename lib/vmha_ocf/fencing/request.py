"""fence_compute's parameters -> what is asked of it. Pure: text in, values or a sentence out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from math import nan

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.endpoint import Endpoint, ambiguous, parse_endpoint
from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing.bmc_access import (
    REDFISH_ROOT,
    BmcAccess,
    Protocol,
    parse_kg,
    parse_port,
    parse_privilege,
    parse_protocol,
    parse_suite,
    parse_uri,
)
from vmha_ocf.fencing.power_agents import read_agents
from vmha_ocf.model import NodeName, NovaHost

LONGEST = 86400.0
"""Seconds, or repetitions: no fencing lasts a day."""


class Mode(Enum):
    POWER = "power"
    """Switch the power, read it back, record."""
    RECORD = "record"
    """Record only: another device of the fencing level has switched the power."""
    DISABLED = "disabled"
    """Neither, as upstream's ``record_only=2``."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often to look for a power state. Times in seconds."""

    power: float = 30.0
    """For the wanted state to be read back; 0 is without end."""
    settle: float = 0.0
    """Between the request and the first look."""
    between: float = 1.0
    """The longest time between two looks."""
    retries: int = 1
    """How often ``on`` is requested again."""


@dataclass(frozen=True, slots=True)
class FenceRequest:
    action: str
    mode: Mode
    patience: Patience
    plug: str = ""
    node: NodeName | None = None
    """As Pacemaker passed it, in ``nodename``."""
    domain: str = ""
    access: BmcAccess | None = None
    """POWER: of the one BMC, or else ``inventory`` is set."""
    inventory: str = ""
    separator: str = ","
    delay: float = 0.0
    """Seconds to wait before an off or a reboot."""
    kdump_wait: float = 0.0
    """Seconds that an off or a reboot may wait while the host says that it dumps; 0: nobody listens."""
    kdump_address: tuple[str, ...] = ()
    """Of the one host, as of a Target."""
    power_agents: frozenset[str] = frozenset()
    """Fence agents that switch power by an operator's word. RECORD."""


@dataclass(frozen=True, slots=True)
class Target:
    """The host that one action is about. ``access`` is None where no BMC is to be asked."""

    host: NovaHost
    node: NodeName
    access: BmcAccess | None
    others: tuple[NovaHost, ...] = ()
    """Further hosts of Nova on the same machine: they go down with it."""
    kdump_address: tuple[str, ...] = ()
    """Whence its kdump kernel sends, names or addresses."""

    @property
    def hosts(self) -> tuple[NovaHost, ...]:
        return (self.host, *self.others)

    @property
    def kdump_senders(self) -> tuple[str, ...]:
        """As told, else by its names."""
        return self.kdump_address or tuple(dict.fromkeys((self.node, self.host)))


def read_request(options: Mapping[str, str]) -> FenceRequest:
    """``options`` are named with ``_``. Raises ParameterError."""
    mode = decide_mode(options)
    return FenceRequest(
        action=options["action"],
        mode=mode,
        patience=_patience(options),
        plug=_one_plug(options),
        node=NodeName(options["nodename"]) if options.get("nodename") else None,
        domain=_domain(options),
        access=read_access(options) if mode is Mode.POWER and options.get("ip") else None,
        inventory=options.get("inventory", "") if mode is Mode.POWER else "",
        separator=options.get("separator", ","),
        delay=_number(options, "delay", 0),
        kdump_wait=_kdump_wait(options, mode),
        kdump_address=read_addresses(options),
        power_agents=read_agents(options.get("power_agents", "")),
    )


def decide_mode(options: Mapping[str, str]) -> Mode:
    """A device that says neither which BMC nor that it only records is refused: with a BMC
    forgotten, "recorded" would let instances be evacuated from a host that still runs.

    ``auth_url`` alone says the latter, because upstream's fence_compute has no BMC and needs it.
    """
    bmc = [name for name in ("ip", "inventory") if options.get(name)]
    recording = _record_only(options.get("record_only", ""))
    if recording is Mode.DISABLED:
        return Mode.DISABLED
    if len(bmc) == 2:
        raise ParameterError(
            "both ip and inventory are set", hint="ip is for one host, inventory for all: keep one"
        )
    if bmc == ["inventory"] and options.get("protocol"):
        raise ParameterError(
            "both protocol and inventory are set",
            hint="say it in the file: a host's own, or for all hosts under [DEFAULT]",
        )
    if recording is Mode.RECORD and bmc:
        raise ParameterError(
            f"record_only is set, and {bmc[0]} too",
            hint="to switch the power here, remove record_only; to record what another device "
            f"of the fencing level did, remove {bmc[0]}",
        )
    if bmc:
        return Mode.POWER
    if recording is Mode.RECORD or (recording is None and options.get("auth_url")):
        return Mode.RECORD
    raise ParameterError(
        "no BMC to ask: neither ip nor inventory is set",
        hint="set ip, username and password for one host, or inventory=FILE for all, or "
        "record_only=1 on a device that follows another one in the same fencing level",
    )


def host_of(plug: str, domain: str) -> NovaHost:
    """The Nova host name of a plug: as it is if it has a dot, else with the domain."""
    if not domain or "." in plug:
        return NovaHost(plug)
    return NovaHost(f"{plug}.{domain.lstrip('.')}")


def read_access(options: Mapping[str, str]) -> BmcAccess:
    """Of a device's parameters or of one section of an inventory: the names are the same."""
    protocol = parse_protocol(options.get("protocol", ""))
    common = BmcAccess(
        address=_address(options["ip"]),
        port=parse_port(options.get("ipport", ""), protocol),
        username=options.get("username", ""),
        password=options.get("password", ""),
        protocol=protocol,
    )
    if protocol is Protocol.REDFISH:
        return _with_redfish(common, options)
    if options.get("systems_uri"):
        raise ParameterError(
            "systems_uri is set, and protocol=ipmi",
            hint="set protocol=redfish, or remove systems_uri",
        )
    return replace(
        common,
        suite=parse_suite(options.get("cipher", "")),
        privilege=parse_privilege(options.get("privlvl", "")),
        kg=parse_kg(options.get("hexadecimal_kg", "")),
    )


def _address(text: str) -> str:
    """As a socket takes it. What could be another machine's is refused rather than switched off."""
    found = parse_endpoint(text)
    why = ambiguous(found.address) if found else ""
    if not found or why or found != Endpoint(found.address):
        # What comes before an @ may be a password.
        raise ParameterError(
            f"ip={text.rpartition('@')[2]} {why or 'is no name or address'}",
            hint="without quotes, brackets, https:// and path; the port is ipport, the path systems_uri",
        )
    return found.address


def _with_redfish(access: BmcAccess, options: Mapping[str, str]) -> BmcAccess:
    """What is IPMI's alone is not looked at: an inventory may say it for all its hosts."""
    insecure = options.get("ssl_insecure", "")
    try:
        believed = parse_boolean(insecure) if insecure else False
    except ParameterError as error:
        raise ParameterError(f"ssl_insecure: {error.message}", hint=error.hint) from error
    return replace(
        access,
        systems_uri=parse_uri("systems_uri", options.get("systems_uri", "")),
        redfish_uri=parse_uri("redfish_uri", options.get("redfish_uri", "")) or REDFISH_ROOT,
        insecure=believed,
        ca_file=_ca_file(options.get("ssl_ca_file", ""), believed),
    )


def _ca_file(path: str, insecure: bool) -> str:
    if path and insecure:
        raise ParameterError(
            "both ssl_insecure and ssl_ca_file are set",
            hint="keep ssl_ca_file, or nothing is verified",
        )
    if path and not path.startswith("/"):
        raise ParameterError(
            f"ssl_ca_file={path} is not a path from the root", hint="begin it with /"
        )
    return path


def read_addresses(options: Mapping[str, str]) -> tuple[str, ...]:
    """Whence a host's kdump kernel sends: of a device's parameters or of a section of an inventory."""
    return tuple(filter(None, re.split(r"[,\s]+", options.get("kdump_address", ""))))


def _kdump_wait(options: Mapping[str, str], mode: Mode) -> float:
    wait = _number(options, "kdump_wait", 0)
    if wait and mode is not Mode.POWER:
        raise ParameterError(
            "kdump_wait is set, and nothing is switched off here",
            hint="set it on the device that switches the power, if that is fence_compute: only its own "
            "off waits for a dump",
        )
    return wait


def _record_only(text: str) -> Mode | None:
    """Upstream's words. None: not said; POWER: said to be no."""
    if not text.strip():
        return None
    if text.strip().lower() in ("2", "disabled"):
        return Mode.DISABLED
    try:
        return Mode.RECORD if parse_boolean(text) else Mode.POWER
    except ParameterError as error:
        raise ParameterError(f"record_only: {error.message}", hint=error.hint) from error


def _domain(options: Mapping[str, str]) -> str:
    return options.get("domain") or options.get("compute_domain") or ""


def _one_plug(options: Mapping[str, str]) -> str:
    plug = options.get("plug") or options.get("nodename") or ""
    if options.get("plug_separator", ",") in plug:
        raise ParameterError(
            f"plug={plug} names several hosts", hint="one host for each call; Pacemaker does so"
        )
    return plug


def _patience(options: Mapping[str, str]) -> Patience:
    default = Patience()
    for name in ("login_timeout", "shell_timeout"):
        _number(options, name, 0)
    return Patience(
        power=_number(options, "power_timeout", default.power),
        settle=_number(options, "power_wait", default.settle),
        between=max(0.1, _number(options, "stonith_status_sleep", default.between)),
        retries=int(_number(options, "retry_on", default.retries)),
    )


def _number(options: Mapping[str, str], name: str, default: float) -> float:
    """Bounded: past some weeks a wait is an error of the system's own clock functions."""
    text = str(options.get(name, default))
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not 0 <= number <= LONGEST:
        raise ParameterError(f"{name}={text} is not possible", hint=f"0 to {LONGEST:g}")
    return number
