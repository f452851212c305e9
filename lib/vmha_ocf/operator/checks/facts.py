"""The facts that the checks judge, and what they find. Values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cluster.configuration import Configuration
from vmha_ocf.cluster.hold import Hold
from vmha_ocf.fencing.names import Names, Words
from vmha_ocf.fencing.topology import ComputeHost
from vmha_ocf.model import ComputeService, Flag, NodeName, NodeState, NovaHost
from vmha_ocf.operator.answer import Level
from vmha_ocf.operator.look import Look
from vmha_ocf.operator.site import LoginNotes, WorkerResource


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class Facts:
    """None of a fact: it could not be read, and ``gaps`` says why."""

    configuration: Configuration
    hosts: Sequence[ComputeHost] = ()
    names: Names = Names()
    words: Words = Words()
    worker: WorkerResource | None = None
    controller: NodeName | None = None
    """The one that looked."""
    now: float = 0.0
    """Seconds since the epoch, by this controller's clock."""
    nodes: Mapping[NodeName, NodeState] | None = None
    flags: Mapping[NovaHost, Flag] | None = None
    hold: Hold | None = None
    quorate: bool | None = None
    clock_is_kept: bool | None = None
    complaints: Mapping[str, str] = field(default_factory=dict)
    """What each fence agent's monitor said; "" if it was content."""
    services: Sequence[ComputeService] | None = None
    hidden: frozenset[NovaHost] = frozenset()
    """Hosts of cells that are down: Nova has them, and cannot tell about them."""
    rooms: Sequence[HostRoom] | None = None
    offered: frozenset[str] | None = None
    """The types of the services in Keystone's catalog."""
    looks: Mapping[NovaHost, Look] = field(default_factory=dict)
    """What would become of each host's instances if it were fenced now."""
    policy: Understood | None = None
    policies: Mapping[NodeName, str] | None = None
    """What each controller has said of its own."""
    measured: Mapping[str, Mapping[NodeName, str]] | None = None
    """What the nodes have of each attribute that the policy takes for a network."""
    login: LoginNotes | None = None
    exposed: Sequence[str] = ()
    """Which inventories others can read, with the command that ends it."""
    resumes: Mapping[str, bool] = field(default_factory=dict)
    """By nova.conf, whether guests resume at boot."""
    gaps: Sequence[Finding] = ()


Check = Callable[[Facts], Iterator[Finding]]


def error(what: str, hint: str) -> Finding:
    return Finding(Level.ERROR, what, hint)


def warning(what: str, hint: str) -> Finding:
    return Finding(Level.WARNING, what, hint)
