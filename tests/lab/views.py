"""What the cluster says of itself: pure readers of Pacemaker's XML."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class NodeState:
    """A node in the CIB's status; for a remote node, `online` is that its connection is up."""

    name: str
    online: bool
    fenced: bool
    doubtful: bool = False
    """A remote node that is said to be away by a time, and not to be fenced since it connected: since 2.1.7
    its entry is not kept, and `connected` has to be asked."""


@dataclass(frozen=True)
class Fencing:
    """One entry of Pacemaker's fencing history."""

    target: str
    action: str
    succeeded: bool
    pending: bool
    executor: str
    client: str
    completed: datetime | None


def parse_node_states(cib: str) -> dict[str, NodeState]:
    # crm_mon calls a fenced, powered-off remote "online" while a reconnect is pending, so the
    # node_state is read itself.
    states = ET.fromstring(cib).iterfind(".//status/node_state")
    return {state.name: state for state in map(_node_state, states)}


def parse_connected(crm_mon: str) -> Set[str]:
    """The remote nodes whose connection is up, by the XML of crm_mon 3: one that is being made has a
    role of its own there."""
    return {
        one.get("id", "")
        for one in ET.fromstring(crm_mon).iter("resource")
        if (one.get("resource_agent"), one.get("role")) == ("ocf:pacemaker:remote", "Started")
        and one.get("failed") == "false"
        and one.get("pending") in (None, "Monitoring")
    }


def parse_fence_history(history: str) -> list[Fencing]:
    return [_fencing(event) for event in ET.fromstring(history).iter("fence_event")]


def _node_state(element: ET.Element) -> NodeState:
    is_member = _yes(element.get("in_ccm"))
    is_remote = element.get("remote_node") == "true"
    is_online = is_member and (is_remote or _is_joined(element))
    is_fenced = _yes(element.get("node_fenced"))
    is_doubtful = is_remote and element.get("in_ccm") == "0" and not is_fenced
    return NodeState(element.get("uname", ""), is_online, is_fenced, is_doubtful)


def _is_joined(element: ET.Element) -> bool:
    return element.get("join") == "member" and element.get("crmd") not in (None, "offline", "0")


def _yes(value: str | None) -> bool:
    """Pacemaker writes true and false, or the time since when, with 0 for never."""
    return value not in (None, "", "false", "0")


def _fencing(event: ET.Element) -> Fencing:
    completed = event.get("completed")
    return Fencing(
        target=event.get("target", ""),
        action=event.get("action", ""),
        succeeded=event.get("status") == "success",
        pending=event.get("status") == "pending",
        executor=event.get("delegate", ""),
        client=event.get("client", ""),
        completed=datetime.fromisoformat(completed) if completed else None,
    )
