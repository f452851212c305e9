"""Pacemaker's configuration and its last results, as far as the operator's command looks. Values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import NodeName

EVACUATOR = "ocf:openstack:NovaEvacuate"
COMPUTE = "ocf:openstack:NovaCompute"
INSTANCES = "ocf:openstack:NovaInstances"
LIBVIRT = "ocf:openstack:Libvirtd"
REMOTE = "ocf:pacemaker:remote"
OUR_FENCING = "stonith:fence_compute"
ROLE, COMPUTE_ROLE = "osprole", "compute"
"""The node attribute by which the recipes tell compute hosts from controllers."""
RUNNING = frozenset({0, 8, 190})
"""OCF exit codes of a monitor, or of a start, after which a resource runs."""
INFINITY = 1_000_000
"""Pacemaker's."""
_NOT_RUNNING = 7


@dataclass(frozen=True, slots=True)
class Resource:
    """A primitive. ``kind`` is ``class:provider:type``, for example ``stonith:fence_compute``."""

    name: str
    kind: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    """They may hold secrets."""
    meta: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The attributes of each, by its name; of several monitors the last."""
    clone: str = ""
    """The clone's id, if it is one."""

    @property
    def is_fencing(self) -> bool:
        return self.kind.startswith("stonith:")


@dataclass(frozen=True, slots=True)
class Location:
    """A rule of a location constraint: ``expressions`` are attribute, operation, value."""

    resource: str
    score: str
    expressions: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Order:
    first: str
    then: str
    kind: str = "Mandatory"


@dataclass(frozen=True, slots=True)
class Result:
    """The last action of a resource on one node."""

    node: NodeName
    action: str
    code: int
    reason: str = ""

    @property
    def runs(self) -> bool:
        return self.action in ("start", "monitor") and self.code in RUNNING

    @property
    def failed(self) -> bool:
        """It does not run, and neither does it rest: OCF_NOT_RUNNING is no failure."""
        return self.action in ("start", "monitor") and self.code not in (*RUNNING, _NOT_RUNNING)


RENAMED = {
    "fencing-enabled": "stonith-enabled",
    "fencing-action": "stonith-action",
    "fencing-timeout": "stonith-timeout",
    "fencing-max-attempts": "stonith-max-attempts",
    "fencing-watchdog-timeout": "stonith-watchdog-timeout",
    "fencing-reaction": "fence-reaction",
}
"""Properties by their names of Pacemaker 3.0.2 (lib/common/options.c), and what they were called before."""


@dataclass(frozen=True, slots=True)
class Configuration:
    resources: Sequence[Resource] = ()
    locations: Sequence[Location] = ()
    orders: Sequence[Order] = ()
    levels: Sequence[Mapping[str, str]] = ()
    """The attributes of each fencing level."""
    alerts: Sequence[str] = ()
    """Their paths."""
    properties: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[NodeName, Mapping[str, str]] = field(default_factory=dict)
    """The permanent attributes of each node."""
    results: Mapping[str, Sequence[Result]] = field(default_factory=dict)
    """By resource, without the numbers of a clone's instances."""
    failures: Mapping[tuple[str, NodeName], int] = field(default_factory=dict)
    """How often each resource has failed on each node, by Pacemaker's count, without the numbers of a
    clone's instances."""
    under_way: frozenset[str] = frozenset()
    """Resources of which some node has an action to do now: where they run may be another node then."""

    def of_kind(self, kind: str) -> Sequence[Resource]:
        return [one for one in self.resources if one.kind == kind]

    @property
    def devices(self) -> Sequence[Resource]:
        """The fencing devices."""
        return [one for one in self.resources if one.is_fencing]

    def runs_on(self, resource: str) -> Sequence[Result]:
        return [one for one in self.results.get(resource, ()) if one.runs]

    def named(self, name: str) -> str:
        """What a property of the cluster is called here: by its new name, if that has a value (so does
        Pacemaker, from 3.0.2 on), else by its older one where that is set."""
        older = RENAMED.get(name, "")
        return older if older in self.properties and not self.properties.get(name) else name

    def said(self, name: str) -> str:
        """The value of a property, by its new name; empty if it is not set."""
        return self.properties.get(self.named(name), "")

    def has(self, name: str, default: bool) -> bool:
        """A boolean property of the cluster. What Pacemaker could not read either is its default."""
        said = self.said(name)
        try:
            return parse_boolean(said) if said else default
        except ParameterError:
            return default


def find_evacuator(configuration: Configuration, name: str = "") -> Resource:
    """The NovaEvacuate resource, whose parameters say where Nova is. Raises ParameterError."""
    found = configuration.of_kind(EVACUATOR)
    named = [one for one in found if name in ("", one.name)]
    if len(named) == 1:
        return named[0]
    if not found:
        raise ParameterError(
            f"this cluster has no resource of the type {EVACUATOR}",
            hint="create it as pcs-examples/evacuate.sh does",
        )
    raise ParameterError(
        f"which {EVACUATOR}? There are {', '.join(one.name for one in found)}",
        hint="say which with --resource, and remove the others: two would evacuate twice",
    )
