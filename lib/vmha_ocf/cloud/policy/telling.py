"""A policy's faults, in a sentence. Pure."""

from __future__ import annotations

from vmha_ocf.cloud.policy.read import Understood


def not_understood(understood: Understood, most: int = 2) -> str:
    """The first faults, with their lines."""
    told = "; ".join(str(one) for one in understood.faults[:most])
    more = len(understood.faults) - most
    return f"the policy {understood.path} is not understood: {told}" + (
        f"; and {more} more" if more > 0 else ""
    )
