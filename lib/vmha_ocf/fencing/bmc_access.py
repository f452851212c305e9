"""Where a BMC is and how to log in to it, and the text forms of these values. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from vmha_ocf.errors import ParameterError

IPMI_PORT = 623
PRIVILEGES = {"callback": 1, "user": 2, "operator": 3, "administrator": 4}
SUITES = (3, 17)
_BREAKS = ("\n", "\r", "\0")


@dataclass(frozen=True, slots=True)
class BmcAccess:
    """One BMC, over IPMI 2.0. Its secrets are kept out of ``repr``."""

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

    def __post_init__(self) -> None:
        _limit("username", self.username, 16)
        _limit("password", self.password, 20)

    def __str__(self) -> str:
        return self.address if self.port == IPMI_PORT else f"{self.address} port {self.port}"


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


def parse_port(text: str) -> int:
    digits = text.strip()
    if digits.isdecimal() and len(digits) <= 5 and 0 < int(digits) < 65536:
        return int(digits)
    raise ParameterError(f"ipport={text} is not a UDP port", hint="1 to 65535; BMCs listen on 623")


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
