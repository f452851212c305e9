"""The nouns: frozen values, enums and NewTypes. Imports nothing of the outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType, overload

NodeName = NewType("NodeName", str)
"""What Pacemaker calls it."""
NovaHost = NewType("NovaHost", str)
"""What Nova calls it: the ``host`` of a compute service, often a FQDN. Case matters."""
InstanceId = NewType("InstanceId", str)
ImageId = NewType("ImageId", str)
Epoch = NewType("Epoch", float)
"""Seconds since 1970, by the clock of who says so: what nodes tell each other."""
NEVER = Epoch(0.0)
"""A time that nobody tells."""
Monotonic = NewType("Monotonic", float)
"""Seconds of this process that never jump: what it waits by."""


class Power(Enum):
    ON = "on"
    OFF = "off"


class FlagState(Enum):
    """Where the evacuation of one host stands. No flag at all is ``None``, never a member."""

    NEEDED = "needed"
    CLAIMED = "claimed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why the host is known to be off.

    ``by`` is the controller that read the proof, ``at`` seconds since the epoch, ``proof`` one
    short sentence ("BMC 192.0.2.7 answered off").
    """

    by: str
    at: Epoch
    proof: str


@dataclass(frozen=True, slots=True)
class Flag:
    """The evacuation flag of one host, merged from its two records (attrd and CIB)."""

    host: NovaHost
    state: FlagState
    node: NodeName | None = None
    owner: str = ""
    """CLAIMED: the controller that evacuates."""
    since: Epoch = NEVER
    """CLAIMED: seconds since the epoch at which it was claimed."""
    evidence: Evidence | None = None
    """None for flags that upstream's agents or a person wrote."""

    @property
    def proved_at(self) -> Epoch:
        """When its host was proved to be off; NEVER where nobody gave a proof."""
        return self.evidence.at if self.evidence else NEVER

    @property
    def pending(self) -> bool:
        return self.state is not FlagState.DONE


@dataclass(frozen=True, slots=True)
class NodeState:
    """Pacemaker's word on one node."""

    name: NodeName
    online: bool
    """Its controller or remote connection is up."""
    fenced: bool
    """It was fenced and has not come back since."""
    fenced_at: Epoch | None = None
    """Seconds since the epoch of its last successful fencing (off or reboot), if remembered."""
    fenced_by: str = ""
    connected_at: Epoch | None = None
    """Seconds since the epoch at which its connection was made that stands now; None is not known."""


@dataclass(frozen=True, slots=True)
class ComputeService:
    """One nova-compute service as os-services shows it (microversion 2.53 and later)."""

    id: str
    host: NovaHost
    up: bool
    enabled: bool
    forced_down: bool
    disabled_reason: str = ""
    updated_at: str = ""
    """Nova's own text; only ever compared for equality (it moves with each heartbeat)."""

    @property
    def schedulable(self) -> bool:
        """Nova's scheduler may choose it as a destination (a service that is forced down is not up)."""
        return self.up and self.enabled


@dataclass(frozen=True, slots=True)
class Services(Sequence[ComputeService]):
    """The compute services that Nova told about, and the hosts about which it could not: their cell is
    down. Those are there, in whatever state; its scheduler chooses none of them."""

    known: Sequence[ComputeService] = ()
    unknown: frozenset[NovaHost] = frozenset()

    @property
    def hosts(self) -> frozenset[NovaHost]:
        """All that Nova has, whether it can tell about them or not."""
        return self.unknown | {one.host for one in self.known}

    @overload
    def __getitem__(self, place: int) -> ComputeService: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ComputeService]: ...
    def __getitem__(self, place: int | slice) -> ComputeService | Sequence[ComputeService]:
        return self.known[place]

    def __len__(self) -> int:
        return len(self.known)


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """One atomic PUT of os-services. ``None`` leaves a field as it is."""

    forced_down: bool | None = None
    enabled: bool | None = None
    reason: str | None = None
    """The disabled reason (1 to 255 characters); only with ``enabled=False``."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A Nova server, as far as evacuating it needs to know."""

    id: InstanceId
    host: NovaHost
    name: str = ""
    vm_state: str = "active"
    """Nova's vm_state: active, stopped, error, paused, suspended, rescued, resized, building, ..."""
    task_state: str | None = None
    powered_off: bool = False
    """The last power state that Nova saw was SHUTDOWN (4)."""
    tags: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra_specs: Mapping[str, str] | None = field(default_factory=dict)
    """Of its flavor. None: Nova's policy hides them, so whether they mark it is not known."""
    image: ImageId | None = None
    """None: booted from a volume."""
    project: str = ""
    """Its id in Keystone; "" if Nova did not say."""
    fault: str = ""
    """Of one in error: Nova's reason."""


@dataclass(frozen=True, slots=True)
class Evacuation:
    """Nova's record (os-migrations, type evacuation) of one instance's move off a host."""

    id: int
    instance: InstanceId
    source: NovaHost
    dest: NovaHost | None
    status: str
    """accepted, pre-migrating, done, completed, error, failed, ..."""
    created_at: str = ""
    updated_at: str = ""
    """When its status last changed; empty if Nova did not say."""


@dataclass(frozen=True, slots=True)
class Move:
    """Nova's record (os-migrations) of one move of an instance that is no evacuation."""

    id: int
    instance: InstanceId
    kind: str
    """live-migration, migration or resize."""
    source: NovaHost
    dest: NovaHost | None
    status: str
    """queued, preparing, running, post-migrating, finished, ..., as far as Nova wrote it."""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Nova's record (os-instance-actions) of something that was asked of an instance."""

    name: str
    """stop, start, reboot, evacuate, live-migration, ..."""
    at: str
    """When it was asked, in Nova's own text of a time, of whole seconds."""
    user: str = ""
    """The id of who asked; "" is Nova itself."""
    is_ours: bool = True
    """It is the id that we have, as far as that is known."""


@dataclass(frozen=True, slots=True)
class ServerGroup:
    id: str
    policy: str
    members: frozenset[InstanceId]


class Step(Enum):
    """In the order of an incident that goes well."""

    FENCED = "fenced"
    HELD = "held"
    """Evacuation waits for an operator."""
    CLAIMED = "claimed"
    FORCED_DOWN = "forced-down"
    REQUESTED = "requested"
    MOVED = "moved"
    """Instances run elsewhere."""
    GIVEN_UP = "given-up"
    """An instance is not evacuated as things are."""
    LEFT_ALONE = "left-alone"
    """Instances are left to whoever is told: the policy wants them not evacuated, and their host is off."""
    OVER = "over"
    RETURNED = "returned"
    """nova-compute runs on the host again and is un-forced."""
    IN_SERVICE = "in-service"


@dataclass(frozen=True, slots=True)
class Event:
    """One step, as the worker tells it."""

    step: Step
    host: NovaHost
    at: Epoch
    by: str = ""
    """FENCED: who read the proof; CLAIMED: the controller that evacuates."""
    detail: str = ""
    """The proof, the reason, how it ended."""
    instances: Mapping[InstanceId, str] = field(default_factory=dict)
    """The instances that it is about, and their names. OVER: those that stay on the host."""
    done: tuple[Epoch, ...] = ()
    """MOVED: when each evacuation off this host that has succeeded was asked for, by Nova's clock:
    counted by Nova's records, a worker that takes over counts nothing twice."""
    asked: tuple[Epoch, ...] = ()
    """REQUESTED: when each evacuation off this host was asked for, likewise: what a worker had asked
    for and did not come to tell is counted by the next one."""
    project: str = ""
    stack: str = ""
    """LEFT_ALONE: the ids of the project and of the stack that ``instances`` are of; "" is not known."""


LOST = "lost"
"""The kind of what ails a network."""


class Turn(Enum):
    """In the order of an ailment that goes well."""

    FAILED = "failed"
    ASKED = "asked"
    """Its restart was asked for."""
    MOVING = "moving"
    """It is on its way to another host."""
    TOLD = "told"
    """A person has to look."""
    HEALED = "healed"
    ENDED = "ended"
    """In some other way."""


@dataclass(frozen=True, slots=True)
class Patient:
    """An instance on a host that lives, a process of that host's own, or a network that it has lost."""

    host: NovaHost
    name: str
    instance: InstanceId | None = None
    project: str = ""


@dataclass(frozen=True, slots=True)
class Ailing:
    """One turn of what ails a patient, as the worker tells it."""

    turn: Turn
    patient: Patient
    kind: str
    since: Epoch
    """By the clock of its host: with the patient and the kind it names the ailment of an instance."""
    at: Epoch
    detail: str = ""
    attempt: int = 0
    """ASKED: the how manieth restart it is, of those that count."""
