"""Pacemaker's view of the nodes: online, fenced, and what a full stop makes it forget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from vmha_ocf.cluster import flag_texts
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.errors import ClusterUnavailable
from vmha_ocf.model import Epoch, NodeName, NodeState, NovaHost
from vmha_ocf.proof.fenced_elsewhere import BY_HAND
from vmha_ocf.sim.base.core import Core, Wire
from vmha_ocf.sim.base.journal import FlagErased, NodeJoined, NodeLost, ProvenOff
from vmha_ocf.sim.cluster.attrd import SimAttrd
from vmha_ocf.sim.cluster.cib import SimCib
from vmha_ocf.sim.cluster.hosts import Host

T = TypeVar("T")


class Pacemaker:
    """``purges_on_fencing``: Pacemaker 3.0.2 and later."""

    def __init__(self, core: Core, attrd: SimAttrd, cib: SimCib) -> None:
        self._core = core
        self._attrd = attrd
        self._cib = cib
        self._online: dict[NodeName, bool] = {}
        self._fenced: set[NodeName] = set()
        self._history: dict[NodeName, tuple[Epoch, str]] = {}
        self.removed: set[NodeName] = set()
        self.fences_unseen = True
        """startup-fencing: who is not there when the cluster starts is fenced."""
        self.at_peace: set[NodeName] = set()
        """Away, and not missed: shut down by a person, or not seen since the cluster has started."""
        self._connected_at: dict[NodeName, Epoch] = {}
        self.purges_on_fencing = False
        self.running = True
        self.evacuators: frozenset[NodeName] = frozenset({NodeName("ctl1")})
        """Where NovaEvacuate is active; whoever puts a resource manager above it says so."""
        self.may_connect: Callable[[Host], bool] = lambda _: True
        self.on_lost: Callable[[Host], None] = lambda _: None
        """A connection ended that nobody had ended."""
        self.on_joined: Callable[[Host], None] = lambda _: None
        self.on_fence: Callable[[NodeName], None] = lambda _: None
        """Somebody asks for a node to be fenced; whoever puts a resource manager above it says so."""
        self.on_change: Callable[[], None] = lambda: None
        """Of a node."""
        self.unrecorded: set[NovaHost] = set()
        """Flagged hosts whose record somebody has taken away: attrd alone knows of them."""

    def online(self, node: NodeName) -> bool:
        return self._online[node]

    def add(self, node: NodeName) -> None:
        self._online[node] = True
        self._connected_at[node] = self._core.clock().now()
        self._cib.nodes.add(node)

    def connect(self, host: Host) -> None:
        """A remote connection starts: its attributes are purged."""
        if not self.running or not host.reachable or self._online[host.node]:
            return
        if host.node in self.removed:
            return
        if not self.may_connect(host):
            return
        self._attrd.purge(host.node)
        self._online[host.node] = True
        self._connected_at[host.node] = self._core.clock().now()
        self._fenced.discard(host.node)
        self.at_peace.discard(host.node)
        self._core.journal.note(NodeJoined(self._core.now, host.name))
        self._core.journal.say("pacemaker", f"{host.node} is online")
        self.on_change()
        self.on_joined(host)

    def lose(self, host: Host) -> None:
        """A remote connection is found dead."""
        was_online = self._online[host.node]
        self.disconnect(host.node)
        if was_online:
            self._core.journal.note(NodeLost(self._core.now, host.name))
            self.on_lost(host)

    def remove(self, node: NodeName) -> None:
        """pcs cluster node remove-remote: nobody watches it any more, and the CIB has nothing of it."""
        self.disconnect(node)
        self.removed.add(node)
        self._fenced.discard(node)
        self._history.pop(node, None)
        self._cib.remove_node(node)
        self._core.journal.say("pacemaker", f"{node} is removed")

    def is_fenced(self, node: NodeName) -> bool:
        return node in self._fenced

    def disconnect(self, node: NodeName) -> None:
        """A remote connection stops, or fails to start: its attributes are purged."""
        self._attrd.purge(node)
        if self._online[node]:
            self._online[node] = False
            self._core.journal.say("pacemaker", f"{node} is offline")
            self.on_change()

    def fenced(self, host: Host, by: str) -> None:
        now = self._core.now
        self._fenced.add(host.node)
        self.at_peace.discard(host.node)
        self._history[host.node] = (self._core.clock().now(), by)
        if self.purges_on_fencing:
            self._attrd.purge(host.node)
        if not host.booted or by == BY_HAND:
            # Of a level that switches nothing Pacemaker says the same.
            self._core.journal.note(ProvenOff(now, host.name, f"pacemaker ({by})"))
        self._core.journal.say("pacemaker", f"{host.node} is fenced by {by}")
        self.on_change()

    def shut_down(self, host: Host) -> None:
        """In peace: pacemaker_remote says goodbye, and nobody is fenced for that."""
        self.disconnect(host.node)
        self.at_peace.add(host.node)

    def leave(self, controller: NodeName, by: str) -> None:
        """A controller is gone: fenced by the others."""
        self._online[controller] = False
        self._fenced.add(controller)
        self._history[controller] = (self._core.clock().now(), by)
        self._core.journal.say("pacemaker", f"{controller} is fenced by {by}")
        self.on_change()

    def join(self, controller: NodeName) -> None:
        self._online[controller] = True
        self._fenced.discard(controller)
        self._core.journal.say("pacemaker", f"{controller} is online")
        self.on_change()

    def stop(self) -> None:
        """All controllers at once: what lives in memory is gone."""
        self.running = self._attrd.running = self._cib.running = False
        self._attrd.forget_all()
        recorded = {flag_texts.parse_record(*record).host for record in self._cib.records()}
        for host in sorted(self.unrecorded - recorded):
            self._core.journal.note(FlagErased(self._core.now, host))
        self.unrecorded.clear()
        self._fenced.clear()
        self._history.clear()
        self.at_peace.clear()
        self._core.journal.say("pacemaker", "the cluster is stopped")

    def start(self, hosts: Mapping[NovaHost, Host]) -> None:
        self.running = self._attrd.running = self._cib.running = True
        for host in hosts.values():
            self._online[host.node] = host.reachable
            self._connected_at[host.node] = self._core.clock().now()
            if host.reachable:
                self.on_joined(host)
            elif not self.fences_unseen:
                self.at_peace.add(host.node)
        self._core.journal.say("pacemaker", "the cluster is started")

    @property
    def quorate(self) -> bool:
        return self._cib.has_quorum and self._core.strike("cib.quorum", "no-quorum") is None

    def nodes(self) -> Mapping[NodeName, NodeState]:
        return {node: self._state(node) for node in sorted(self._online.keys() - self.removed)}

    def _state(self, node: NodeName) -> NodeState:
        at, by = self._history.get(node, (None, ""))
        online = self._online[node]
        connected_at = self._connected_at.get(node) if online else None
        return NodeState(node, online, node in self._fenced, at, by, connected_at)


class SimCluster:
    """The Cluster port. ``configured`` is what people have configured by now."""

    def __init__(
        self, core: Core, pacemaker: Pacemaker, configured: Callable[[], Configuration]
    ) -> None:
        self._pacemaker = pacemaker
        self._configured = configured
        self._wire = Wire(core, "cluster", {"down": _silent}, {})

    def nodes(self) -> Mapping[NodeName, NodeState]:
        return self._wire.call("nodes", lambda: self._answer(self._pacemaker.nodes))

    def configuration(self) -> Configuration:
        return self._wire.call("configuration", lambda: self._answer(self._configured))

    def evacuators(self) -> frozenset[NodeName]:
        return self._wire.call(
            "evacuators", lambda: self._answer(lambda: self._pacemaker.evacuators)
        )

    def quorate(self) -> bool:
        return self._wire.call("quorate", lambda: self._answer(lambda: self._pacemaker.quorate))

    def fence(self, node: NodeName) -> None:
        """It is not waited for: who asks does so aside."""
        self._wire.call("fence", lambda: self._answer(lambda: self._pacemaker.on_fence(node)))

    def _answer(self, read: Callable[[], T]) -> T:
        if not self._pacemaker.running:
            raise _silent("any")
        return read()


def _silent(_: str) -> ClusterUnavailable:
    return ClusterUnavailable("Pacemaker does not answer", hint="is the cluster running here?")
