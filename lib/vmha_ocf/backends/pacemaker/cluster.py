"""Cluster over the CIB's node states and the fencer's history.

Not crm_mon: it calls a remote node that is off online as long as a reconnect is pending. But since 2.1.7,
which writes times there, Pacemaker may take a remote node that is connected out of the node states: its
controller reads a time as no. Where that may be so, and there only, crm_mon decides.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from vmha_ocf.backends.pacemaker.cib import Cib, quote
from vmha_ocf.backends.pacemaker.configuration import read_configuration
from vmha_ocf.backends.pacemaker.tools import ask, no_answer, parse_xml
from vmha_ocf.backends.process.command import Run, run
from vmha_ocf.cluster.configuration import EVACUATOR, Configuration
from vmha_ocf.errors import ClusterUnavailable, CommandUnavailable, NotInstalled
from vmha_ocf.model import NEVER, Epoch, NodeName, NodeState

_STATES = "/cib/status/node_state"
_NODES = "/cib/configuration/nodes/node"
_POWERED_OFF = ("off", "reboot")
FENCING = 300.0
"""Seconds for all levels of a node, and what is in the fencer's queue before it."""


@dataclass(frozen=True, slots=True)
class Fencing:
    at: Epoch
    by: str


class PacemakerCluster:
    """``timeout``: seconds for one call. ``hostname`` is this machine's, with or without its domain."""

    def __init__(
        self, cib: Cib, run: Run = run, *, timeout: float = 5.0, hostname: str = ""
    ) -> None:
        self._cib = cib
        self._run = run
        self._timeout = timeout
        self._hostname = hostname or socket.gethostname()

    def nodes(self) -> Mapping[NodeName, NodeState]:
        try:
            states = self._cib.query(_STATES, children=False)
            history = self._history()
            connected = self._connected() if any(map(_is_doubtful, states)) else frozenset()
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error
        if not states:
            raise ClusterUnavailable(
                "Pacemaker has no state of any node yet", hint="wait until it has elected a DC"
            )
        nodes = [_node_state(element, history, connected) for element in states]
        return {node.name: node for node in nodes}

    def configuration(self) -> Configuration:
        """Raises ClusterUnavailable."""
        try:
            return read_configuration(self._cib)
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error

    def local_node(self) -> NodeName:
        """What Pacemaker calls this node. Raises ClusterUnavailable."""
        try:
            result = ask(self._run, ["crm_node", "--name"], self._timeout)
            if result.rc != 0 or not result.stdout.strip():
                raise no_answer("crm_node", result)
        except NotInstalled:
            return self._named_as_this_machine()
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error
        return NodeName(result.stdout.strip())

    def _named_as_this_machine(self) -> NodeName:
        """Debian has crm_node in the package pacemaker, which a remote node cannot have."""
        names = sorted({self._hostname, self._hostname.partition(".")[0]})
        wanted = " or ".join(f"@uname={quote(name)}" for name in names)
        try:
            found = self._cib.query(f"{_NODES}[{wanted}]", children=False)
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error
        if len(found) != 1:
            raise ClusterUnavailable(
                f"Pacemaker has no node, or several, with this machine's name {self._hostname}",
                hint="say what Pacemaker calls it: --node=NAME",
            )
        return NodeName(found[0].get("uname", ""))

    def quorate(self) -> bool:
        """Whether this node's partition has quorum. Raises ClusterUnavailable."""
        try:
            return self._cib.quorate()
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error

    def fence(self, node: NodeName) -> None:
        """As ``pcs stonith fence``. The fencer goes on with it if we die."""
        limit = f"--timeout={FENCING:.0f}"
        try:
            result = ask(self._run, ["stonith_admin", "--reboot", node, limit], FENCING + 10.0)
            if result.rc != 0:
                raise no_answer("stonith_admin", result)
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error

    def evacuators(self) -> frozenset[NodeName]:
        """By crm_mon. One whose start has not been reported yet is none: Pacemaker calls it active
        once its start has succeeded."""
        try:
            found = self._status().iterfind("resources//resource")
        except CommandUnavailable as error:
            raise _cluster_unavailable(error) from error
        return frozenset(
            NodeName(node.get("name", ""))
            for one in found
            if one.get("resource_agent") == EVACUATOR and one.get("active") == "true"
            for node in one.iterfind("node")
        )

    def _status(self) -> Element:
        result = ask(self._run, ["crm_mon", "--one-shot", "--output-as=xml"], self._timeout)
        if result.rc != 0:
            raise no_answer("crm_mon", result)
        return parse_xml("crm_mon", result.stdout)

    def _connected(self) -> frozenset[str]:
        """The nodes that crm_mon calls online, without those whose connection is just being made."""
        root = self._status()
        online = {
            node.get("name", "")
            for node in root.iterfind("nodes/node")
            if (node.get("online"), node.get("unclean")) == ("true", "false")
        }
        resources = root.iterfind("resources//resource")
        return frozenset(online - {one.get("id") for one in resources if not _runs(one)})

    def _history(self) -> Mapping[str, Fencing]:
        """The last successful power-off of each node that the fencers remember."""
        # Without --verbose 2.1.5 shows one entry for the whole cluster, the oldest.
        argv = ["stonith_admin", "--history=*", "--verbose", "--output-as=xml"]
        result = ask(self._run, argv, self._timeout)
        if result.rc != 0:
            raise no_answer("stonith_admin", result)
        root = parse_xml("stonith_admin", result.stdout)
        history: dict[str, Fencing] = {}
        for event in root.iter("fence_event"):
            at = _completed(event)
            target = event.get("target", "")
            if at is not None and (target not in history or at > history[target].at):
                history[target] = Fencing(at, event.get("delegate", ""))
        return history


def _completed(event: Element) -> Epoch | None:
    """When a fencing succeeded, in seconds since the epoch; None for anything else."""
    if event.get("status") != "success" or event.get("action") not in _POWERED_OFF:
        return None
    text = event.get("completed", "").replace(" +", "+").replace(" -", "-")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Epoch((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


def _is_doubtful(element: Element) -> bool:
    """A remote node that is said to be away by a time, and has not been fenced since it connected."""
    remote = element.get("remote_node") == "true"
    return remote and element.get("in_ccm") == "0" and _since(element.get("node_fenced")) <= 0


def _runs(resource: Element) -> bool:
    """A remote node's connection, and not one that is being made: that is a role of its own since 3.0,
    and something pending before."""
    is_made = resource.get("pending") in (None, "Monitoring")
    return is_made and (resource.get("role"), resource.get("failed")) == ("Started", "false")


def _node_state(
    element: Element, history: Mapping[str, Fencing], connected: Collection[str]
) -> NodeState:
    name = NodeName(element.get("uname", ""))
    remote = element.get("remote_node") == "true"
    member = _since(element.get("in_ccm")) > 0 or (_is_doubtful(element) and name in connected)
    online = member and (remote or _since(element.get("crmd")) > 0)
    # Kept for remote nodes only. A cluster node that is offline may have been fenced, come back
    # and been stopped in peace: the history does not tell, so it never counts as fenced.
    fenced_at = _since(element.get("node_fenced"))
    remembered = history.get(name)
    joined = _since(element.get("in_ccm"))  # a time since 2.1.7
    times = [time for time in (fenced_at, remembered.at if remembered else NEVER) if time > 1]
    return NodeState(
        name=name,
        online=online,
        fenced=fenced_at > 0 and not online,
        fenced_at=max(times, default=None),
        fenced_by=remembered.by if remembered else "",
        connected_at=joined if online and joined > 1 else None,
    )


def _since(text: str | None) -> Epoch:
    """Seconds since the epoch, 1 for a bare yes, 0 for no.

    Up to 2.1.6 Pacemaker writes true, false, online, offline; since 2.1.7 times.
    """
    if text is None or text in ("false", "offline"):
        return NEVER
    return Epoch(float(text)) if text.isdecimal() else Epoch(1.0)


def _cluster_unavailable(error: CommandUnavailable) -> ClusterUnavailable:
    return ClusterUnavailable(f"Pacemaker does not say: {error.message}", hint=error.hint)
