"""What people have said of a node in Pacemaker's configuration: in maintenance, or stopped. Pure."""

from __future__ import annotations

from vmha_ocf.agent.boolean import is_true
from vmha_ocf.cluster.configuration import REMOTE, Configuration
from vmha_ocf.model import NodeName

_MAINTENANCE = ("maintenance", "standby")


def is_in_maintenance(node: NodeName, configuration: Configuration) -> bool:
    """Itself, or the whole cluster."""
    own = configuration.attributes.get(node, {})
    return configuration.has("maintenance-mode", default=False) or any(
        is_true(own.get(name, "")) for name in _MAINTENANCE
    )


def is_stopped(node: NodeName, configuration: Configuration) -> bool:
    """People have stopped its connection: nobody is to watch it."""
    return any(
        one.name == node and one.meta.get("target-role", "").lower() == "stopped"
        for one in configuration.of_kind(REMOTE)
    )
