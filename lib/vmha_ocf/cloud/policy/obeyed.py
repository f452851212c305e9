"""What a policy may say and nothing of this version does: refused, never silently accepted. Pure.

A row of networks is listed here until it has been run end to end with real guests and real agents.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.cloud.policy.table import Table

_MOVES = "this version moves nobody off a host that lives"
_PROCESSES = "this version restarts a nova-compute that hangs, and does nothing else to its host"
_LIBVIRT = "Pacemaker restarts libvirt by itself, where ocf:openstack:Libvirtd runs"
_NETWORKS = "no row of the networks has been run end to end yet"

NOT_YET: Mapping[str, str] = {
    "class.guest.move": _MOVES,
    "class.process.nova-compute.disable": _PROCESSES,
    "class.process.nova-compute.fence": _PROCESSES,
    "class.process.libvirt": _LIBVIRT,
    "class.network": _NETWORKS,
    "gates": "this version does nothing that would wait at a gate",
    "measured": _NETWORKS,
    "never_fence": "this version fences no host by policy",
    "from.move": _MOVES,
}


def refuse(table: Table, key: str, what: str, not_yet: Mapping[str, str]) -> None:
    """``what``: the name of it in ``not_yet``."""
    if table.has(key) and what in not_yet:
        table.fault(key, f"it is understood, and not obeyed: {not_yet[what]}", "take it out")
