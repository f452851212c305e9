"""Flags that do not end by themselves, and what a person does about each. Pure.

Nodes are removed, services deleted and names mistyped, also under a hold: advice that cannot be followed
("fence it", of a node that is gone) leaves somebody alone with a shut gate.
"""

from __future__ import annotations

from collections.abc import Collection

from vmha_ocf.fencing.names import Names, short
from vmha_ocf.model import Flag, NodeName, NovaHost
from vmha_ocf.proof import presence
from vmha_ocf.proof.presence import Nodes


def unproved(flag: Flag, nodes: Nodes, names: Names, listed: Collection[NovaHost] | None) -> str:
    """What a flag waits for that is pending, and that nobody has proved. ``listed``: all hosts of Nova;
    None is not known."""
    known = not nodes or _is_known(flag, nodes, names)
    if listed is not None and flag.host not in listed:
        near = sorted(host for host in listed if short(host) == short(flag.host))
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        who = "Nova has no" if known else "neither Pacemaker nor Nova has a"
        return f"{flag.host} is flagged, and {who} host of that name{meant}: drop the flag"
    if not known:
        return (
            f"{flag.host} is flagged, but nobody has proved that it is off, and no node of Pacemaker is "
            "known to be it: add its node again and fence it, or evacuate it by hand and drop the flag"
        )
    return (
        f"{flag.host} is flagged, but nobody has proved that it is off: fence it, "
        f"for example with pcs stonith fence {_node(flag, names)}, or drop the flag if it is in service"
    )


def over(flag: Flag, nodes: Nodes, names: Names) -> str:
    """What the flag of a finished evacuation waits for; "" for its host, as it should."""
    if not nodes or _is_known(flag, nodes, names):
        return ""
    return (
        f"{flag.host}: its evacuation is over, and no node of Pacemaker is known to be it any more: "
        f"add its node again; or if it is gone for good, delete its "
        f"service in Nova, or: vmha forget {flag.host}"
    )


def _is_known(flag: Flag, nodes: Nodes, names: Names) -> bool:
    return presence.state_of(flag, nodes, names) is not None or _node(flag, names) in nodes


def _node(flag: Flag, names: Names) -> NodeName:
    return flag.node or names.node_of(flag.host) or NodeName(str(flag.host))
