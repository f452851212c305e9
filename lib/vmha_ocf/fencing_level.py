"""Pacemaker's fencing levels, as far as a device that only records needs to know. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vmha_ocf.errors import ParameterError
from vmha_ocf.model import NodeName


def verify_company(node: NodeName, levels: Iterable[Mapping[str, str]]) -> None:
    """Raises ParameterError unless some level of the node has another device beside ours.

    Without one Pacemaker runs our device alone: the host would count as fenced, and its instances
    would be evacuated, while it runs. ``levels`` are the attributes of the CIB's elements.
    """
    if any(_is_of(node, level) and level.get("devices", "").count(",") for level in levels):
        return
    raise ParameterError(
        f"nothing switches {node} off: no fencing level of it has another device beside this one, "
        "which only records",
        hint=f"pcs stonith level add 1 {node} POWER-DEVICE THIS-DEVICE, in this order",
    )


def _is_of(node: NodeName, level: Mapping[str, str]) -> bool:
    if "target-pattern" in level:
        return _matches(level["target-pattern"], node)
    if "target-attribute" in level:
        return True
    return level.get("target", "").casefold() == node.casefold()


def _matches(pattern: str, node: NodeName) -> bool:
    """Pacemaker's patterns are POSIX's: one that Python reads otherwise is taken to match."""
    try:
        return "[:" in pattern or re.search(pattern, node) is not None
    except re.error:
        return True
