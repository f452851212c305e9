"""Which of several instances comes first. Pure."""

from __future__ import annotations

from vmha_ocf.agent.settings import Settings
from vmha_ocf.model import Instance


def order_key(instance: Instance, settings: Settings) -> tuple[int, int, str]:
    """Highest priority first, then the lowest restart group; the id makes it repeatable."""
    return (
        -_number(instance.metadata.get(settings.priority_key)),
        _number(instance.metadata.get(settings.group_key)),
        instance.id,
    )


def _number(text: str | None) -> int:
    try:
        return max(-(10**9), min(10**9, int(text or 0)))
    except ValueError:
        return 0
