"""Where a BMC is and how to log in to it, and the text forms of these values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from vmha_ocf.errors import ParameterError


class Protocol(Enum):
    IPMI = "ipmi"
    REDFISH = "redfish"

    @property
    def port(self) -> int:
        return IPMI_PORT if self is Protocol.IPMI else REDFISH_PORT


IPMI_PORT, REDFISH_PORT = 623, 443
REDFISH_ROOT = "/redfish/v1"
"""Where DSP0266 has the service root."""
PRIVILEGES = {"callback": 1, "user": 2, "operator": 3, "administrator": 4}
SUITES = (3, 17)
_BREAKS = ("\n", "\r", "\0")


@dataclass(frozen=True, slots=True)
class BmcAccess:
    """One BMC, over IPMI 2.0 or Redfish. Its secrets are kept out of ``repr``."""

    address: str
    port: int = IPMI_PORT
    username: str = ""
    password: str = field(default="", repr=False)
    suite: int | None = None
    """RMCP+ cipher suite. None: 17, or 3 where the BMC does not speak 17."""
    privilege: int | None = None
    """None: administrator, or operator where the BMC grants no more."""
    kg: str | None = field(default=None, repr=False)
    """K_g, the BMC's own key, in hexadecimal. None: the BMC has none."""
    protocol: Protocol = Protocol.IPMI
    systems_uri: str = ""
    """Redfish: the path of the host's ComputerSystem. Empty: the BMC has one only."""
    redfish_uri: str = REDFISH_ROOT
    insecure: bool = False
    """Redfish: whoever answers is taken for the BMC."""
    ca_file: str = ""
    """Redfish: certificates (PEM) that may vouch for the BMC. Empty: the system's."""

    def __post_init__(self) -> None:
        if self.protocol is Protocol.IPMI:
            _limit("username", self.username, 16)
            _limit("password", self.password, 20)

    def __str__(self) -> str:
        port = "" if self.port == self.protocol.port else f" port {self.port}"
        return self.address + port + (f" {self.systems_uri}" if self.systems_uri else "")


def parse_protocol(text: str) -> Protocol:
    word = text.strip().lower()
    try:
        return Protocol(word or "ipmi")
    except ValueError:
        raise ParameterError(
            f"protocol={text} is not possible", hint="allowed are ipmi and redfish"
        ) from None


def parse_uri(name: str, text: str) -> str:
    """The path of a resource of Redfish, without a slash at its end."""
    path = text.strip()
    if path and not re.fullmatch(r"/[\x21-\x7e]+", path):
        raise ParameterError(
            f"{name}={text} is not the path of a resource",
            hint="without https:// and the address, for example /redfish/v1/Systems/1",
        )
    return path.rstrip("/")


def parse_suite(text: str) -> int | None:
    if text.strip().lower() in ("", "auto"):
        return None
    if text.strip() in map(str, SUITES):
        return int(text)
    raise ParameterError(
        f"cipher={text} is not possible",
        hint="allowed are 3 and 17; left out, the best that the BMC speaks is taken",
    )


def parse_privilege(text: str) -> int | None:
    word = text.strip().lower()
    if not word:
        return None
    if word in PRIVILEGES:
        return PRIVILEGES[word]
    raise ParameterError(
        f"privlvl={text} is not a privilege level",
        hint=f"allowed are {', '.join(PRIVILEGES)}; switching power takes at least operator",
    )


def parse_port(text: str, protocol: Protocol = Protocol.IPMI) -> int:
    if not text.strip():
        return protocol.port
    digits = text.strip()
    if digits.isdecimal() and len(digits) <= 5 and 0 < int(digits) < 65536:
        return int(digits)
    kind = "UDP" if protocol is Protocol.IPMI else "TCP"
    raise ParameterError(
        f"ipport={text} is not a {kind} port", hint=f"1 to 65535; BMCs listen on {protocol.port}"
    )


def parse_kg(text: str) -> str | None:
    """Checked, not converted. The value is a secret: the error does not repeat it."""
    digits = text.strip().lower().removeprefix("0x")
    try:
        length = len(bytes.fromhex(digits))
    except ValueError:
        length = 99
    if length > 20 or " " in digits:
        raise ParameterError(
            "hexadecimal_kg is not a K_g",
            hint="up to 40 hexadecimal digits, two for each byte of the key",
        )
    return digits or None


def _limit(name: str, value: str, most: int) -> None:
    if any(one in value for one in _BREAKS):
        raise ParameterError(
            f"the {name} has a line break or a NUL in it",
            hint=f"a {name} is one line: look at where it comes from (the parameter, password_script, the "
            "inventory)",
        )
    length = len(value.encode(errors="surrogateescape"))
    if length > most:
        raise ParameterError(
            f"the {name} has {length} bytes, IPMI 2.0 has room for {most}",
            hint="set the one that the BMC really stores",
        )
