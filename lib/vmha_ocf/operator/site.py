"""What the commands reach the outside through: the agents' ports, and what only an operator asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from vmha_ocf.cloud.capacity import HostRoom
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cluster.configuration import Configuration, Resource
from vmha_ocf.cluster.holding_ports import Failures, Holds
from vmha_ocf.cluster.ports import ConfiguredCluster
from vmha_ocf.fencing.inventory import Inventory
from vmha_ocf.incidents.ailments import Ailments
from vmha_ocf.incidents.history import History
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock, Flags, Notes, Nova, Parallel
from vmha_ocf.service.ports import Traces
from vmha_ocf.worker.options import WorkerOptions
from vmha_ocf.worker.ports import WorkerPorts

Values = Mapping[str, str]
"""NovaEvacuate's parameters with their defaults, as its worker gets them."""


@dataclass(frozen=True, slots=True)
class LoginNotes:
    """Sentences about a login that can be used."""

    exposed: Sequence[str] = ()
    """Which of its secrets others can read, with the command that ends it."""
    warnings: Sequence[str] = ()


class HistoryReader(Protocol):
    def read(self) -> History:
        """What NovaEvacuate has kept of hosts. Raises Unavailable."""

    def read_ailments(self) -> Ailments:
        """And of what failed on hosts that live. Raises Unavailable."""


class Machine(Protocol):
    """This controller, and the person who sits at it."""

    def node(self) -> NodeName:
        """Pacemaker's name of it. Raises ClusterUnavailable."""

    def quorate(self) -> bool:
        """Raises ClusterUnavailable."""

    def who(self) -> str:
        """The login name of the person, also behind sudo."""

    def ask(self, question: str) -> str:
        """What the person types; empty where nobody can."""

    def try_device(self, device: Resource) -> str:
        """Run its fence agent's monitor as Pacemaker does. What it complained of; empty if it did
        not. Raises NotInstalled, Unavailable."""

    def read_inventory(self, path: str, domain: str) -> Inventory:
        """Raises LocalParameterError."""

    def read_policy(self, path: str) -> Understood:
        """Without a path there is none. Raises LocalParameterError."""

    def verify_bus(self, path: str) -> None:
        """That events can be sent as that file says; nothing is. Raises LocalParameterError,
        NotInstalled."""

    def clock_is_kept(self) -> bool:
        """Whether the kernel's clock is synchronized. Raises Unavailable."""

    def login(self, values: Values) -> LoginNotes:
        """What a person should know of NovaEvacuate's login; nothing is sent.

        Raises LocalParameterError, NotInstalled."""

    def resumes_guests(self, path: str) -> bool:
        """``resume_guests_state_on_host_boot`` of a nova.conf. Raises LocalParameterError."""


@dataclass(frozen=True, slots=True)
class WorkerResource:
    """What NovaEvacuate's resource says, read as its worker reads it."""

    resource: Resource
    values: Values = field(repr=False)
    """With the secrets."""
    options: WorkerOptions


@dataclass(frozen=True, slots=True)
class Site:
    clock: Clock
    flags: Flags
    holds: Holds
    failures: Failures
    traces: Traces
    notes: Notes
    history: HistoryReader
    cluster: ConfiguredCluster
    parallel: Parallel
    machine: Machine
    configuration: Callable[[], Configuration]
    """Raises CommandUnavailable."""
    worker: Callable[[Configuration, str], WorkerResource]
    """The NovaEvacuate resource of that name, "" for the only one. Raises ParameterError."""
    nova: Callable[[Values], Nova]
    """Raises NotInstalled, LocalParameterError; logs in with the first request."""
    problems: Callable[[str], Sequence[str] | None]
    """What the worker of that resource complains of now; None if it does not run on this node."""
    room: Callable[[Values], Sequence[HostRoom]]
    """What Placement says of each host. Raises NovaUnavailable, NovaDenied."""
    offered: Callable[[Values], frozenset[str]]
    """The types of the services in Keystone's catalog. Raises NovaUnavailable, NovaDenied."""

    def ports(self, values: Values) -> WorkerPorts:
        """For what the commands share with the worker. They have nothing to say in its log."""
        return WorkerPorts(
            clock=self.clock,
            flags=self.flags,
            holds=self.holds,
            failures=self.failures,
            traces=self.traces,
            notes=self.notes,
            cluster=self.cluster,
            nova=self.nova(values),
            parallel=self.parallel,
            read_inventory=self.machine.read_inventory,
            read_policy=partial(self.machine.read_policy, values["policy"]),
            say=_nothing,
            tell=_nothing,
        )


def _nothing(_: object) -> None:
    return
