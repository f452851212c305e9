"""What a policy may say and nothing of this version does: refused, never silently accepted. Pure.

An action on hosts that live is listed here until its rows have been run end to end, on the lab.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.cloud.policy.table import Table

_LIBVIRT = "Pacemaker restarts libvirt by itself, where ocf:openstack:Libvirtd runs"
_UNTRIED = "it has not been run yet, with real guests, against each false alarm that it may meet"

PLAYED: Mapping[str, str] = {
    "class.network.migrate": _UNTRIED,
    "class.network.fence": _UNTRIED,
    "class.process.nova-compute.fence": _UNTRIED,
    "never_fence": "this version fences no host by policy",
}
"""What is done, in the simulator alone so far."""

NOT_YET: Mapping[str, str] = {
    "class.process.libvirt": _LIBVIRT,
    **PLAYED,
}


def refuse(table: Table, key: str, what: str, not_yet: Mapping[str, str]) -> None:
    """``what``: the name of it in ``not_yet``."""
    if table.has(key) and what in not_yet:
        table.fault(key, f"it is understood, and not obeyed: {not_yet[what]}", "take it out")
