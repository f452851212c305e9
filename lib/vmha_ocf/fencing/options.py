"""fence_compute's own parameters, as a table, and the reading of stdin. Pure.

Those that every fence agent has (ip, username, plug, delay, ...) are the fence-agents library's.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.errors import ParameterError


@dataclass(frozen=True, slots=True)
class FenceOption:
    name: str
    meaning: str
    boolean: bool = False
    default: str | None = None
    letter: str = ""
    """Its short form on the command line: upstream's, where the library has not taken it."""

    @property
    def long(self) -> str:
        return self.name.replace("_", "-")


OPTIONS = (
    FenceOption(
        "nodename",
        "Pacemaker's name of the host, which Pacemaker passes by itself (default: plug)",
    ),
    FenceOption(
        "domain", "DNS domain that makes a plug without a dot a Nova host name", letter="d"
    ),
    FenceOption(
        "inventory",
        "File of all hosts and their BMCs, for one device that fences them all, instead of ip",
    ),
    FenceOption(
        "record_only",
        "1: only record that the host was fenced, behind another device of the same fencing "
        "level (default: 0, but 1 with auth_url and without ip and inventory). 2: do nothing",
        letter="r",
    ),
    FenceOption(
        "power_agents",
        "With record_only: fence agents that switch power and that this one does not know, for "
        "example fence_new,external/ipmi",
    ),
    FenceOption(
        "protocol",
        "How the BMC at ip is spoken to: ipmi or redfish (default: ipmi). With an inventory it is said "
        "there, host by host or for all",
    ),
    FenceOption(
        "systems_uri",
        "Redfish: the host's resource, for example /redfish/v1/Systems/System.Embedded.1 (default: "
        "the only one that the BMC has)",
    ),
    FenceOption("redfish_uri", "Redfish: the path of the service root (default: /redfish/v1)"),
    FenceOption(
        "ssl_insecure",
        "Redfish: do not verify the BMC's certificate (default: it is verified)",
        boolean=True,
    ),
    FenceOption(
        "ssl_ca_file",
        "Redfish: file of certificates (PEM) that vouch for the BMC, on every controller (default: "
        "the system's)",
    ),
    FenceOption(
        "kdump_wait",
        "Seconds that off waits at most while the host says, by fence_kdump's messages to UDP port 7410, "
        "that it writes its memory to disk (default: 0, nobody listens)",
    ),
    FenceOption(
        "kdump_address",
        "With kdump_wait: names or addresses, by commas, from which the host sends then (default: its "
        "names, as nodename and plug have them)",
    ),
    FenceOption("cipher", "RMCP+ cipher suite, 3 or 17 (default: the best that the BMC speaks)"),
    FenceOption(
        "privlvl",
        "Privilege level to ask the BMC for: callback, user, operator or administrator "
        "(default: administrator, or operator where no more is granted)",
        letter="L",
    ),
    FenceOption("hexadecimal_kg", "The BMC's own key K_g, in hexadecimal"),
    FenceOption("lanplus", "Ignored: it is always IPMI 2.0", boolean=True),
    FenceOption("auth_url", "Ignored, as all of OpenStack's: see record_only", letter="k"),
    FenceOption("tenant_name", "Ignored: OpenStack is not asked", letter="t"),
    FenceOption("user_domain", "Ignored: OpenStack is not asked"),
    FenceOption("project_domain", "Ignored: OpenStack is not asked", letter="P"),
    FenceOption("region_name", "Ignored: OpenStack is not asked"),
    FenceOption("endpoint_type", "Ignored: OpenStack is not asked", letter="e"),
    FenceOption("insecure", "Ignored: OpenStack is not asked", boolean=True),
    FenceOption("compute_domain", "Former name of domain"),
    FenceOption("no_shared_storage", "Ignored: a parameter of NovaEvacuate", boolean=True),
    FenceOption("instance_filtering", "Ignored: a parameter of NovaEvacuate", boolean=True),
)

FROM_PACEMAKER = frozenset({"nodeid", "agent"})
"""Passed to every agent, of no use to ours."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Input:
    lines: str
    """What the library may see: known options only, booleans as 1 or 0."""
    ignored: tuple[str, ...]
    """What was left out, in words that repeat no value: it may be a mistyped password."""


def read_stdin(text: str, known: Collection[str], booleans: Collection[str]) -> Input:
    """``name=value`` lines, names with ``-`` or ``_``."""
    lines, ignored = [], []
    # Not splitlines(): a password may hold what that takes for the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        name, equals, value = line.strip().partition("=")
        name = name.replace("-", "_")
        if not name or name.startswith("#") or name in FROM_PACEMAKER:
            continue
        if name not in known:
            shown = (
                f"unknown option {name}" if equals and _NAME.fullmatch(name) else "unknown text"
            )
            ignored.append(f"{shown} in line {number} of the input")
        elif name not in booleans:
            lines.append(f"{name}={value}")
        elif _is_boolean(value):
            lines.append(f"{name}={int(parse_boolean(value))}")
        else:
            ignored.append(f"option {name} that is neither yes nor no")
    return Input("".join(f"{line}\n" for line in lines), tuple(ignored))


def _is_boolean(value: str) -> bool:
    try:
        parse_boolean(value)
    except ParameterError:
        return False
    return True
